//! One function per thing a user means to do; the only module the shells call.
//!
//! Owns: the session that those functions share and the order in which rooms are asked.
//! Must never know: terminals, windows, JSON.

pub mod activity;
mod ask;
mod belongings;
pub mod changes;
mod connect;
pub mod deployment;
pub mod deployments;
pub mod diagnostics;
pub mod ecr;
pub mod eject;
mod flight;
pub mod github;
pub mod hosts;
pub mod log;
pub mod machines;
mod names;
pub mod preferences;
pub mod projects;
pub mod registries;
pub mod rollback;
pub mod running;
pub mod sample;
pub mod servers;
mod session;
pub mod settings;
#[cfg(test)]
mod testing;
mod tokens;
mod updates;
pub mod variables;
pub mod workflow;
mod world;

pub use ask::{Act, Answer, Ask, Question};
pub use session::{SSH_CONFIG_VARIABLE, Session, SessionOptions};
pub use tokens::Token;
