//! The product's nouns. Pure: no IO, no async, no clock.
//!
//! Owns: what a project, server, release and deployment *are* and which values are valid.
//! Must never know: how any of it is stored, reached, built or shown.

pub mod ansi;
pub mod bytes;
pub mod commit;
pub mod complaint;
pub mod deployment;
pub mod environment;
pub mod event;
pub mod id;
pub mod image;
pub mod name;
pub mod nearest;
pub mod platform;
pub mod preferences;
pub mod probe;
pub mod project;
pub mod record;
pub mod registry;
pub mod release;
pub mod secret;
pub mod server;
pub mod settings;
pub mod stored;
pub mod switch;
