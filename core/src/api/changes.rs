//! Noticing what changed, also by another process, as tags that say which answers are out of date.
//!
//! Owns: the tags. Must never know: who asked for what.

use std::collections::BTreeSet;

use super::Session;
use crate::{
    domain::{deployment::Deployment, id::DeploymentId, name::Name},
    problem::Problem,
    store::changes::{Changed, Watch},
};

/// Which answers are out of date: `projects`, `project:NAME`, `deployment:ID`, `activity`, `servers`, `registries`,
/// `app-settings`.
pub type Tag = String;

/// Noticing changes, one after another.
pub struct Changes(Watch);

/// Begins to notice; what is already so is no news.
///
/// # Errors
/// When the store cannot be read.
pub async fn watch(session: &Session) -> Result<Changes, Problem> {
    Ok(Changes(session.store.changes().watch().await?))
}

impl Changes {
    /// Waits for the next change and says what it made out of date. One that another process made is noticed within two
    /// seconds.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn next(&mut self) -> Result<BTreeSet<Tag>, Problem> {
        Ok(self.0.next().await?.iter().flat_map(tags).collect())
    }
}

/// The tag of a project.
#[must_use]
pub fn of_project(name: &Name) -> Tag {
    format!("project:{name}")
}

fn tags(changed: &Changed) -> Vec<Tag> {
    match changed {
        Changed::Servers => vec!["servers".to_owned()],
        Changed::Registries => vec!["registries".to_owned()],
        Changed::Preferences => vec!["app-settings".to_owned()],
        Changed::Projects => ["projects", "servers", "activity"].map(str::to_owned).into(),
        Changed::Project(name) => vec![format!("project:{name}"), "projects".to_owned(), "activity".to_owned()],
        Changed::Deployment(id) => vec![format!("deployment:{id}")],
    }
}

/// The deployments that are in flight or were left open, of all projects.
///
/// # Errors
/// When the store cannot be read.
pub async fn in_flight(session: &Session) -> Result<Vec<(Name, Deployment)>, Problem> {
    let mut open = Vec::new();
    for deployment in session.store.deployments().unfinished(None).await? {
        let project = session.store.projects().get(deployment.environment.project).await?;
        open.push((project.name, deployment));
    }
    Ok(open)
}

/// A deployment with its project's name, as it is recorded now; `None` when it is gone.
///
/// # Errors
/// When the store cannot be read.
pub async fn deployment(session: &Session, id: DeploymentId) -> Result<Option<(Name, Deployment)>, Problem> {
    let Some(deployment) = session.store.deployments().get(id).await? else { return Ok(None) };
    let project = session.store.projects().get(deployment.environment.project).await?;
    Ok(Some((project.name, deployment)))
}
