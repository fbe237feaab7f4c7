//! What lies in each repository, and what it costs. No server is asked.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::Serialize;

use super::{Opened, cost::Estimate, users::pushers};
use crate::{
    api::Session,
    domain::{
        bytes::Bytes,
        name::Name,
        stored::{StoredRepository, unique_bytes},
    },
    problem::Problem,
};

/// How many repositories are read at once.
pub(super) const AT_ONCE: usize = 4;

/// An ECR with all that lies in it.
#[derive(Debug, Clone, Serialize)]
pub struct Overview {
    /// What the user calls it.
    pub registry: Name,
    /// The host, as image names begin.
    pub host: String,
    /// Its repositories, the largest first.
    pub repositories: Vec<RepositoryOverview>,
    /// What all of it takes.
    pub bytes: Bytes,
    /// What that costs.
    pub cost: Estimate,
}

/// One repository.
#[derive(Debug, Clone, Serialize)]
pub struct RepositoryOverview {
    /// The projects of this laptop that push there.
    pub projects: Vec<Name>,
    /// What it takes: a layer that several images share counts once.
    pub bytes: Bytes,
    /// What that costs.
    pub cost: Estimate,
    /// How many images a tag keeps, because they are deployed or can be restored.
    pub kept: usize,
    /// What lies in it, newest first.
    #[serde(flatten)]
    pub contents: StoredRepository,
}

/// What lies in a registry.
///
/// # Errors
/// When there is no such registry, it is no ECR, AWS does not answer or does not allow it.
pub async fn overview(session: &Session, registry: &str) -> Result<Overview, Problem> {
    let opened = Opened::named(session, registry).await?;
    let pushers = pushers(session, &opened).await?;
    let ecr = opened.ecr()?;
    let reading = stream::iter(opened.repositories().await?).map(|name| async move { ecr.stored(&name).await });
    let contents: Vec<StoredRepository> = reading.buffer_unordered(AT_ONCE).try_collect().await?;
    let mut repositories: Vec<RepositoryOverview> = contents
        .into_iter()
        .map(|contents| {
            let projects = pushers.of(&contents.name).map(|pusher| pusher.project.name.clone()).collect();
            described(contents, projects)
        })
        .collect();
    repositories.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.contents.name.cmp(&b.contents.name)));
    // Repositories share no storage: each keeps its own copy of a layer.
    let bytes = Bytes(repositories.iter().map(|repository| repository.bytes.0).sum());
    let host = opened.client.host().await?;
    Ok(Overview { registry: opened.registry.name, host, repositories, bytes, cost: Estimate::of(bytes) })
}

fn described(contents: StoredRepository, projects: Vec<Name>) -> RepositoryOverview {
    let bytes = unique_bytes(contents.images.iter());
    let kept = contents.images.iter().filter(|image| image.kept().next().is_some()).count();
    RepositoryOverview { projects, bytes, cost: Estimate::of(bytes), kept, contents }
}
