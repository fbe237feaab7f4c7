//! Plimsoll's core: everything the product knows. No Tauri, no terminal, no UI words.

pub mod api;
pub mod build;
pub mod compose;
pub mod deploy;
pub mod docker;
pub mod domain;
mod failpoint;
pub mod git;
pub mod github;
pub mod host;
pub mod paths;
pub mod plan;
pub mod probe;
pub mod problem;
pub mod redact;
pub mod registry;
pub mod runner;
pub mod secrets;
pub mod settings;
pub mod store;
pub mod tls;
pub mod workflow;
