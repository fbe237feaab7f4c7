//! The swap on the server: a shell script that is fed with data files, writes a journal and needs no laptop.
//!
//! Owns: what the script is told, how it is started and followed, what its journal means.
//! Must never know: plans, builds, registries, or how the outcome is shown.

mod bundle;
mod control;
mod error;
mod follow;
pub mod journal;
mod order;
mod outcome;
mod record;
mod script;

pub use control::{Started, State, cancel, failed_log, is_committed, resume, start, state};
pub use error::RunnerError;
pub use follow::follow;
pub use journal::{JournalEvent, JournalKind, Step};
pub use order::{Change, Order, RemovedService, ServiceOrder, Way, files};
pub use outcome::Outcome;
pub use record::{Recorded, records};
