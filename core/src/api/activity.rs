//! What happened, over all projects.
//!
//! Owns: the list. Must never know: how it is grouped or shown.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;

use super::Session;
use crate::{
    domain::{
        deployment::{Deployment, Status},
        id::ProjectId,
        name::Name,
    },
    problem::Problem,
    store::deployments::Filter,
};

/// Which deployments are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActivityFilter {
    /// Only this project, by its name.
    pub project: Option<String>,
    /// Only these outcomes; empty means all.
    pub status: Vec<Status>,
    /// Only those started before; the next page begins at the last one's `started`.
    pub before: Option<Timestamp>,
    /// At most so many, newest first; 0 means 50.
    pub limit: u32,
}

/// A deployment with its project's name.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ActivityRow {
    /// The project.
    pub project: Name,
    /// The deployment.
    pub deployment: Deployment,
}

/// Deployments of all projects, newest first.
///
/// # Errors
/// When there is no such project or the store cannot be read.
pub async fn list(session: &Session, filter: &ActivityFilter) -> Result<Vec<ActivityRow>, Problem> {
    let project = match &filter.project {
        Some(name) => Some(session.store.projects().named(name).await?.id),
        None => None,
    };
    let names: HashMap<ProjectId, Name> =
        session.store.projects().list().await?.into_iter().map(|project| (project.id, project.name)).collect();
    let wanted = Filter { project, environment: None, status: filter.status.clone(), before: filter.before, limit: filter.limit };
    let found = session.store.deployments().list(&wanted).await?;
    let named =
        |deployment: Deployment| Some(ActivityRow { project: names.get(&deployment.environment.project)?.clone(), deployment });
    Ok(found.into_iter().filter_map(named).collect())
}
