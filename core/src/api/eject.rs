//! Leaving Plimsoll: the app goes on as plain Compose runs it.
//!
//! Owns: preparing that. Must never know: how the plain release is made live; that is a rollback to it.

use serde::Serialize;

use super::{Session, world::world};
use crate::{
    deploy::{self, Halt, locate},
    domain::{
        name::{EnvironmentName, StackName},
        release::ReleaseId,
    },
    problem::Problem,
};

/// What is ready to take over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ejected {
    /// The release that serves, without switches; to be made live like any other that can be restored.
    pub release: ReleaseId,
    /// The Compose project name.
    pub stack: StackName,
    /// The plain Compose file on the server; it names its images by digest.
    pub file: String,
}

/// Writes the plain Compose file of what serves, and readies it as a release. Nothing that runs is touched.
///
/// # Errors
/// When there is no such project or environment, nothing of ours serves there, or its server cannot be reached.
pub async fn prepare(session: &Session, project: &str, environment: &EnvironmentName) -> Result<Ejected, Problem> {
    let world = world(session, project, environment, None).await?;
    let located = locate(&world).await.map_err(Halt::into_problem)?;
    let plain = deploy::plain(&world, &located).await.map_err(Halt::into_problem)?;
    Ok(Ejected { release: plain.release, stack: located.stack, file: plain.file })
}
