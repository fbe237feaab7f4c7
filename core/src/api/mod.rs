//! One function per thing a user means to do; the only module the shells call.
//!
//! Owns: the session that those functions share and the order in which rooms are asked.
//! Must never know: terminals, windows, JSON.

mod ask;
mod connect;
pub mod deployments;
mod flight;
mod names;
pub mod projects;
pub mod registries;
pub mod running;
pub mod servers;
mod session;
mod updates;
pub mod variables;
mod world;

pub use ask::{Answer, Ask, Question};
pub use session::{SSH_CONFIG_VARIABLE, Session, SessionOptions};
