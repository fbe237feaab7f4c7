//! Carrying deployments out: the nine stages, what they tell, cancel, recovery.
//!
//! Owns: the order of things and who undoes what. Must never know: who asked, and how it is shown.

mod ask_probes;
mod build;
mod deliver;
mod forecast;
mod found;
mod gate;
mod halt;
mod heartbeat;
mod images;
mod left_behind;
mod locate;
mod logins;
mod luggage;
mod machine;
mod memory;
mod outside;
mod plain;
mod planning;
mod preflight;
mod pull;
mod record;
mod recorder;
mod recovery;
mod redaction;
mod render;
mod replace;
mod resolve;
mod rollback;
mod run;
mod source_files;
mod stack;
mod stage;
mod swap;
mod swap_events;
mod switching;
mod verify;
mod ways;
mod world;

pub use ask_probes::words as probe_words;
pub use halt::Halt;
pub use locate::{Located, locate};
pub use logins::Registries;
pub use machine::Machine;
pub use plain::{Plain, plain};
pub use planning::plan;
pub use record::status_of;
pub use recorder::{Recorder, Update};
pub use recovery::{Settled, settle};
pub use replace::{Replaced, replace};
pub use rollback::{KeptRelease, kept_release, read_release, serves_already};
pub use run::{Ended, Run};
pub use source_files::{model_of_commit, model_of_folder};
pub use stack::StackState;
pub use world::{Request, Undo, What, World};
