//! What a deployment will probably take, from what the ones before took.
//!
//! Owns: which of them count. Must never know: what is decided from it.

use super::{halt::Halt, resolve::Compose, world::World};
use crate::{
    domain::deployment::Deployment,
    plan::{
        deploy::ImageAction,
        room::{Estimate, estimate},
    },
    store::deployments::Filter,
};

/// How many of the last deployments an estimate looks at.
const LAST: usize = 5;
/// How far back it looks for them: many have nothing to do.
const ROWS: u32 = 50;

/// Disk that this deployment will probably take on the server. `None` where nothing is fetched or nothing is known: the first
/// deployment of an environment pulls whole base images and says nothing about those after it.
pub(super) async fn disk(world: &World, compose: &Compose) -> Result<Option<Estimate>, Halt> {
    let fetches = |action| matches!(action, ImageAction::Build | ImageAction::Pin);
    if !compose.decisions.values().any(|decision| fetches(decision.action)) {
        return Ok(None);
    }
    let environment = Some(world.environment.name.clone());
    let filter = Filter { project: Some(world.project.id), environment, limit: ROWS, ..Filter::default() };
    Ok(of(&world.store.deployments().list(&filter).await?))
}

fn of(newest_first: &[Deployment]) -> Option<Estimate> {
    let later = newest_first.iter().filter(|deployment| deployment.previous.is_some());
    let pulled: Vec<_> = later.filter_map(|deployment| deployment.to_pull).take(LAST).collect();
    estimate(&pulled)
}
