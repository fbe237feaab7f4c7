//! Which of the user's registries a project's images live in, and the logins for them.
//!
//! Owns: matching by host, and where a build may name one: Dockerfiles, build arguments, contexts, caches.
//! Must never know: how a registry is opened.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;

use super::{halt::Halt, resolve::Compose, world::World};
use crate::{compose::BuildModel, domain::registry::RegistryAuth, plan::deploy::ImageAction, problem::Problem, registry};

/// More than any Dockerfile that people write.
const DOCKERFILE: u64 = 1 << 20;
/// Where names without a host live.
const HUB: &str = "docker.io";

/// The registries that the user has added.
#[async_trait]
pub trait Registries: Send + Sync {
    /// The one at this host, as image names begin; `None` if none was added there.
    ///
    /// # Errors
    /// When its password is not known, or its host cannot be asked for.
    async fn at(&self, host: &str) -> Result<Option<Arc<registry::Client>>, Problem>;
}

/// The client for images at a host: the project's own registry, else one that the user added.
pub(super) async fn client_at(world: &World, host: &str) -> Result<Option<Arc<registry::Client>>, Halt> {
    if let Some(own) = &world.registry
        && own.host().await? == host
    {
        return Ok(Some(own.clone()));
    }
    Ok(world.registries.at(host).await?)
}

/// The login for a host; hosts of no known registry are asked without.
pub(super) async fn auth_for(world: &World, host: &str) -> Result<Option<RegistryAuth>, Halt> {
    match client_at(world, host).await? {
        Some(client) => Ok(client.auth().await?),
        None => Ok(None),
    }
}

/// The logins that this deployment's builds may need: where they push to, and where their base images may come from.
pub(super) async fn of_builds(world: &World, compose: &Compose) -> Result<Vec<RegistryAuth>, Halt> {
    let mut logins: Vec<RegistryAuth> = Vec::new();
    if let Some(own) = &world.registry {
        logins.extend(own.auth().await?);
    }
    for host in mentioned(&texts(compose).await?) {
        let known = logins.iter().any(|login| login.host == host);
        if !known && let Some(login) = auth_for(world, &host).await? {
            logins.push(login);
        }
    }
    Ok(logins)
}

/// Every text of the services to build in which the name of an image may stand.
async fn texts(compose: &Compose) -> Result<Vec<String>, Halt> {
    let mut texts: Vec<String> = Vec::new();
    for service in compose.model.built() {
        let Some(build) = &service.build else { continue };
        if compose.decisions.get(&service.name).is_none_or(|decision| decision.action != ImageAction::Build) {
            continue;
        }
        texts.extend(
            build
                .args
                .iter()
                .map(|(name, value)| value.as_ref().or(compose.build_variables.get(name)).cloned().unwrap_or_default()),
        );
        texts.extend(build.additional_contexts.values().chain(&build.cache_from).chain(&build.cache_to).cloned());
        texts.extend(build.dockerfile_inline.clone());
        texts.extend(dockerfile(compose, build).await?);
    }
    if !texts.is_empty() {
        texts.extend(compose.build_variables.values().cloned());
    }
    Ok(texts)
}

/// A Dockerfile of the commit; one that is elsewhere or too large is the builder's to complain about.
async fn dockerfile(compose: &Compose, build: &BuildModel) -> Result<Option<String>, Halt> {
    let Some(path) = build.dockerfile_in(&compose.model.folder) else { return Ok(None) };
    let content = compose.repo.read(&compose.commit.id, &path, DOCKERFILE).await.ok().flatten();
    Ok(content.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// Hosts that may be meant: words with a dot or a port. Names without a host mean Docker Hub, so that is always one.
fn mentioned(texts: &[String]) -> BTreeSet<String> {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '-' | '[' | ']');
    let words = texts.iter().flat_map(|text| text.split(move |c| !word(c)));
    let hosts = words.filter(|word| word.contains(['.', ':']) || *word == "localhost");
    hosts.map(str::to_owned).chain((!texts.is_empty()).then(|| HUB.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::{HUB, mentioned};

    #[test]
    fn a_host_is_found_wherever_a_build_names_it() {
        let dockerfile = "ARG REG=ghcr.io\nFROM --platform=$P reg.example.com:5000/base/py:1@sha256:0 AS a\nCOPY --from=quay.io/x/y /a /b\nRUN --mount=type=bind,from=[::1]:5000/z true";
        let hosts = mentioned(&[dockerfile.to_owned(), "localhost/x".to_owned()]);
        for host in ["ghcr.io", "reg.example.com:5000", "quay.io", "[::1]:5000", "localhost", HUB] {
            assert!(hosts.contains(host), "{host}: {hosts:?}");
        }
        assert!(!hosts.contains("base") && mentioned(&[]).is_empty());
    }
}
