//! What a rollback would change, exactly, before anybody presses it.
//!
//! Owns: comparing the release that serves with the one that would come back. Must never know: how a rollback goes.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::{Session, deployments, world::world};
use crate::{
    compose::{dotenv, switched},
    deploy::{self, Halt, KeptRelease, Located, World, locate},
    domain::{
        deployment::Deployment,
        image::Digest,
        name::{EnvironmentName, Name, ServiceName},
        release::{Release, ReleaseId},
    },
    problem::Problem,
};

/// What every release sets anew.
const OURS: [&str; 2] = ["PLIMSOLL_RELEASE", "PLIMSOLL_COMMIT"];

/// What a rollback would change.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct RollbackPlan {
    /// The project.
    pub project: Name,
    /// Where.
    pub environment: EnvironmentName,
    /// What serves now.
    pub from: Option<Release>,
    /// What would serve again.
    pub to: Release,
    /// Services whose image changes.
    pub images: Vec<ImageChange>,
    /// Services whose configuration in the Compose file changes, images aside.
    pub compose: Vec<ComposeChange>,
    /// Variables that change, by name.
    pub variables: VariableChanges,
    /// Deployments whose release command (a migration) ran after that release went live, newest first. They are not
    /// undone.
    pub migrations: Vec<Deployment>,
}

/// How a service's image changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ImageChange {
    /// The service.
    pub service: ServiceName,
    /// The digest that runs now; `None` when it does not run now and comes back.
    pub from: Option<Digest>,
    /// The digest that comes back; `None` when the service goes.
    pub to: Option<Digest>,
}

/// How a service's configuration changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ComposeChange {
    /// The service.
    pub service: ServiceName,
    /// Its keys in the Compose file that differ: `ports`, `volumes`, …
    pub keys: Vec<String>,
}

/// Names of variables that change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct VariableChanges {
    /// They are set again.
    pub added: Vec<String>,
    /// They go.
    pub removed: Vec<String>,
    /// They get the value they had.
    pub changed: Vec<String>,
}

/// What a rollback would change; `release` as for a rollback: `None` takes the one that served before the current one.
/// Nothing is changed.
///
/// # Errors
/// When there is no such project or environment, its server cannot be reached, or the release cannot be restored.
pub async fn plan(
    session: &Session,
    project: &str,
    environment: &EnvironmentName,
    release: Option<ReleaseId>,
) -> Result<RollbackPlan, Problem> {
    let world = world(session, project, environment, None).await?;
    let located = locate(&world).await.map_err(Halt::into_problem)?;
    let to = deploy::kept_release(&world, &located, release).await.map_err(Halt::into_problem)?;
    let now = serving(&world, &located).await?;
    let empty = BTreeMap::new();
    let running = now.as_ref().map_or(&empty, |now| &now.record.release.services);
    Ok(RollbackPlan {
        images: images(running, &to.record.release.services),
        compose: compose(&now.as_ref().map(timeless).unwrap_or_default(), &timeless(&to)),
        variables: variables(now.as_ref().map_or("", |now| now.env.reveal()), to.env.reveal())?,
        migrations: migrations(session, &world, &to.record.release.id).await?,
        project: world.project.name.clone(),
        environment: environment.clone(),
        from: now.map(|now| now.record.release),
        to: to.record.release,
    })
}

async fn serving(world: &World, located: &Located) -> Result<Option<KeptRelease>, Problem> {
    match &located.state.current {
        Some(id) => Ok(deploy::read_release(world, located, id).await.ok()),
        None => Ok(None),
    }
}

type Images = BTreeMap<ServiceName, crate::domain::release::ReleaseImage>;

fn images(from: &Images, to: &Images) -> Vec<ImageChange> {
    let digest = |images: &Images, service: &ServiceName| images.get(service).map(|image| image.image.digest.clone());
    let services: BTreeSet<&ServiceName> = from.keys().chain(to.keys()).collect();
    let change =
        |service: &ServiceName| ImageChange { service: service.clone(), from: digest(from, service), to: digest(to, service) };
    services.into_iter().map(change).filter(|change| change.from != change.to).collect()
}

/// A release's Compose file without its own id and commit: an app that says which release it is has not changed by that.
fn timeless(release: &KeptRelease) -> String {
    let id = release.record.release.id.as_str();
    release.compose.reveal().replace(id, "RELEASE").replace(release.record.release.commit.id.as_str(), "COMMIT")
}

/// Services that are in both and differ in more than their image.
fn compose(from: &str, to: &str) -> Vec<ComposeChange> {
    let services = |text: &str| {
        let mut document: Value = serde_json::from_str(text).unwrap_or_default();
        switched::join(&mut document);
        match document["services"].take() {
            Value::Object(services) => services,
            _ => serde_json::Map::new(),
        }
    };
    let (from, to) = (services(from), services(to));
    let change = |(service, to): (&String, &Value)| {
        let keys = differing(from.get(service)?, to);
        let service = service.parse().ok().filter(|_| !keys.is_empty())?;
        Some(ComposeChange { service, keys })
    };
    to.iter().filter_map(change).collect()
}

fn differing(from: &Value, to: &Value) -> Vec<String> {
    let (Some(from), Some(to)) = (from.as_object(), to.as_object()) else { return Vec::new() };
    let keys: BTreeSet<&String> = from.keys().chain(to.keys()).filter(|key| *key != "image").collect();
    keys.into_iter().filter(|key| from.get(*key) != to.get(*key)).cloned().collect()
}

fn variables(from: &str, to: &str) -> Result<VariableChanges, Problem> {
    let read = |text: &str| {
        dotenv::read(text).map(|mut found| {
            found.retain(|name, _| !OURS.contains(&name.as_str()));
            found
        })
    };
    let (from, to) = (read(from)?, read(to)?);
    let mut changes = VariableChanges::default();
    for (name, value) in &to {
        match from.get(name) {
            None => changes.added.push(name.clone()),
            Some(now) if now != value => changes.changed.push(name.clone()),
            Some(_) => {}
        }
    }
    changes.removed = from.into_keys().filter(|name| !to.contains_key(name)).collect();
    Ok(changes)
}

/// What migrated after the release was live last, by this laptop's own history.
async fn migrations(session: &Session, world: &World, to: &ReleaseId) -> Result<Vec<Deployment>, Problem> {
    let history = deployments::live(session, &world.environment, deployments::HISTORY).await?;
    let after = history.into_iter().take_while(|deployment| deployment.release.as_ref() != Some(to));
    Ok(after.filter(|deployment| deployment.migrated).collect())
}

#[cfg(test)]
mod tests {
    use super::{VariableChanges, compose, variables};

    #[test]
    fn variables_are_compared_by_name_and_value() {
        let changes = variables("A=1\nB=2\nC=3\nPLIMSOLL_RELEASE=x\n", "B=2\nC=4\nD=5\nPLIMSOLL_RELEASE=y\n").unwrap();
        let list = |name: &str| vec![name.to_owned()];
        assert_eq!(changes, VariableChanges { added: list("D"), removed: list("A"), changed: list("C") });
    }

    #[test]
    fn a_new_image_alone_is_no_change_of_the_compose_file() {
        let from = r#"{"services":{"api":{"image":"a@1","ports":[1]},"db":{"image":"d"},"old":{"image":"o"}}}"#;
        let to = r#"{"services":{"api":{"image":"a@2","ports":[1],"command":["x"]},"db":{"image":"e"},"new":{}}}"#;
        let changes = compose(from, to);
        assert_eq!(changes.len(), 1);
        assert_eq!((changes[0].service.as_str(), changes[0].keys.as_slice()), ("api", &["command".to_owned()][..]));
        assert!(compose("", to).is_empty());
    }
}
