//! Finding an environment on its server without a commit at hand.
//!
//! Owns: which stack it is and what its folder says. Must never know: why somebody asks.

use std::collections::BTreeMap;

use super::{halt::Halt, resolve::stack_name, source_files::model_of_commit, stack::StackState, world::World};
use crate::{
    domain::{environment::Folders, name::StackName},
    git::Repo,
};

/// An environment on its server.
#[derive(Debug, Clone)]
pub struct Located {
    /// Its Compose project name.
    pub stack: StackName,
    /// Its folders.
    pub folders: Folders,
    /// What they say.
    pub state: StackState,
}

/// Finds an environment: as it was deployed last, else as the next deployment would name it.
///
/// # Errors
/// When the server cannot be reached, or the name needs a repository that cannot be read.
pub async fn locate(world: &World) -> Result<Located, Halt> {
    let known = world.store.environments().get(&world.environment).await?;
    let stack = match known {
        Some(facts) => facts.stack,
        None => derived(world).await?,
    };
    let folders = world.server.folders(&stack);
    let state = StackState::read(world.server.host.as_ref(), &folders).await?;
    Ok(Located { stack, folders, state })
}

async fn derived(world: &World) -> Result<StackName, Halt> {
    let named = match &world.place.stack {
        Some(_) => None,
        None => {
            let repo = Repo::open(&world.project.path).await?;
            let head = repo.resolve("HEAD").await?;
            model_of_commit(&repo, &head.id, &world.settings, &BTreeMap::new()).await?.name
        }
    };
    Ok(stack_name(&world.project, &world.environment.name, &world.place, named.as_deref())?)
}
