//! Registries: ECR and anything that speaks the OCI distribution API.
//!
//! Owns: logins, repositories to push to, what images are there for which platforms, and how long ECR keeps them.
//! Must never know: engines, builders, deployments. No oci-client or AWS type leaves this room.

mod api;
mod client;
mod ecr;
mod error;
mod manifest;
mod problem;
mod reference;
mod token;

pub use client::Client;
#[cfg(test)]
pub(crate) use ecr::testing as aws;
pub use ecr::{
    Difference, Ecr, NotDeleted,
    policy::{self, Policy},
};
pub use error::RegistryError;
pub(crate) use reference::canonical_host;
pub use reference::{ImageName, ReferenceError};

/// What every call of this room answers.
type Result<T> = std::result::Result<T, RegistryError>;
