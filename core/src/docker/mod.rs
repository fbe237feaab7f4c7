//! A Docker engine on any host.
//!
//! Owns: speaking to an engine over a [`Host`](crate::host::Host), and typed facts about what it holds and runs.
//! Must never know: Compose files, registries' own APIs, deployments. No bollard type leaves this room.

mod access;
mod auth;
mod containers;
mod diagnose;
mod engine;
mod error;
mod facts;
mod images;
mod lines;
mod logs;
mod names;
mod objects;
mod problem;
mod pull;
mod stdio;
mod transport;

pub use access::compose_cli;
pub use engine::Engine;
pub use error::{Down, EngineError};
pub use facts::{ContainerFacts, ContainerState, Distribution, EngineInfo, Health, ImageFacts, Stats, Usage};
pub use lines::{LineSplitter, MAX_LINE};
pub use logs::{Follow, LogChunk, LogOptions, LogSource};
pub use names::release_repository;
pub use pull::PullProgress;

/// What every call of this room answers.
type Result<T> = std::result::Result<T, EngineError>;
