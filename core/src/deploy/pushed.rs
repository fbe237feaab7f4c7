//! What somebody else has to push so that a deployment finds it.
//!
//! Owns: putting that together, exactly as the stages resolve and build would. Must never know: who pushes.

use std::collections::BTreeMap;

use super::{
    halt::Halt,
    images::push_name,
    resolve::{self, tracked},
    source_files::model_of_commit,
    world::{Request, World},
};
use crate::{
    compose::Model,
    domain::{commit::Commit, name::ServiceName, platform::Platform},
    git::Repo,
    workflow::{Checkout, Pushed, Variables},
};

/// A commit's builds, as a deployment would do them.
#[derive(Debug, Clone)]
pub struct Builds {
    /// The repository.
    pub repo: Repo,
    /// The commit.
    pub commit: Commit,
    /// Its Compose files with the environment's variables.
    pub model: Model,
    /// The same with what git tracks alone.
    pub public: Model,
    /// The server's platform.
    pub platform: Platform,
    /// Which variables the builds know; not their values.
    pub variables: Variables,
    /// Where a deployment looks for each image.
    pub pushed: BTreeMap<ServiceName, Pushed>,
    /// What the commit needs beside its files.
    pub checkout: Checkout,
}

/// Finds out what a deployment would build, and under which names. Changes nothing.
///
/// # Errors
/// As the stage resolve would fail, or when the registry does not say its name.
pub async fn builds(world: &World, request: &Request) -> Result<Builds, Halt> {
    let compose = resolve::compose(world, request).await?;
    let tracked = tracked(&compose.repo, &compose.commit).await?;
    let public = model_of_commit(&compose.repo, &compose.commit.id, &world.settings, &tracked).await?;
    let mut pushed = BTreeMap::new();
    for service in compose.model.built() {
        let (repository, tag) = push_name(world, &compose, &service.name).await?;
        let inputs = tag.split_once('-').map(|(_, inputs)| inputs.to_owned()).unwrap_or_default();
        pushed.insert(service.name.clone(), Pushed { repository, inputs });
    }
    let (lfs, submodules) =
        tokio::try_join!(compose.repo.lfs_files(&compose.commit.id), compose.repo.submodules(&compose.commit.id))?;
    Ok(Builds {
        public,
        checkout: Checkout { lfs: !lfs.is_empty(), submodules: !submodules.is_empty() },
        variables: Variables::of(&compose.build_variables),
        pushed,
        repo: compose.repo,
        commit: compose.commit,
        model: compose.model,
        platform: compose.platform,
    })
}
