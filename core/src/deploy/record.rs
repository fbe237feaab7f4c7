//! What is kept of a release and of a deployment's end.
//!
//! Owns: putting `release.json` together, and what the end of a swap means for the history.
//! Must never know: how the swap went on.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    halt::Halt,
    pull::Pulled,
    resolve::Compose,
    stage::Staged,
    swap::{Followed, probes},
    world::World,
};
use crate::{
    compose::{self, may_end, one_shot},
    domain::{
        deployment::{Deployment, Status},
        environment::Folders,
        name::{ServiceName, StackName},
        record::{ReleaseRecord, ServiceKind, ServiceRecord},
        release::{Release, ReleaseId},
    },
    host::Host,
    problem::{Code, Problem},
    runner::Outcome,
    store::{StoreError, environments::EnvironmentFacts},
};

/// More than any release's record.
const CAP: u64 = 4 << 20;

/// Puts the record together and writes it beside the release's Compose file.
pub(super) async fn write(
    world: &World,
    compose: &Compose,
    release: &Release,
    staged: &Staged,
    pulled: Pulled,
) -> Result<ReleaseRecord, Halt> {
    let services = compose.order.iter().filter(|name| release.services.contains_key(*name));
    let targets = compose.switching.probes(&compose.model, &world.settings);
    let record = ReleaseRecord {
        release: release.clone(),
        project: world.project.name.clone(),
        services: services.map(|name| service(world, compose, staged, &pulled.image_ids, name)).collect(),
        probes: probes(&targets, &world.settings, &world.place),
        release_command: world.settings.release_command.clone(),
        release_command_needs: needs(world, compose),
        tags: pulled.tags,
    };
    let path = path(&compose.folders, &release.id);
    world.server.host.put(&path, &serde_json::to_vec_pretty(&record).unwrap_or_default(), 0o600).await?;
    Ok(record)
}

/// The record of a release that the server keeps.
///
/// # Errors
/// [`Code::NotRestorable`] when it is not there or cannot be read.
pub(super) async fn read(host: &dyn Host, folders: &Folders, release: &ReleaseId) -> Result<ReleaseRecord, Halt> {
    let bytes = host.get(&path(folders, release), CAP).await?;
    let record = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    record.ok_or_else(|| {
        Problem::new(
            Code::NotRestorable,
            format!("The release {release} can no longer be restored"),
            "its record is not on the server, or cannot be read",
            "See with `plimsoll history` which releases can be restored; an older commit can be deployed again.",
        )
        .into()
    })
}

/// Keeps on this laptop what is live where.
pub(super) async fn remember(world: &World, stack: &StackName, serving: Option<&ReleaseId>) -> Result<(), StoreError> {
    let facts = EnvironmentFacts { stack: stack.clone(), serving: serving.cloned(), asked: Timestamp::now() };
    world.store.environments().set(&world.environment, &facts).await
}

/// What the end of a swap means for the deployment.
pub(super) fn conclude(deployment: &mut Deployment, followed: Followed) {
    deployment.gap_ms = followed.gap_ms.or(deployment.gap_ms);
    deployment.migrated |= followed.migrated;
    deployment.problem = followed.outcome.problem(&followed.log);
    deployment.status = status_of(&followed.outcome);
    deployment.finished = Some(Timestamp::now());
}

/// How a deployment stands after such an end.
#[must_use]
pub fn status_of(outcome: &Outcome) -> Status {
    match outcome {
        Outcome::Live => Status::Live,
        Outcome::RolledBack { code: None, .. } | Outcome::Failed { code: None, .. } => Status::Cancelled,
        Outcome::RolledBack { .. } => Status::RolledBack,
        Outcome::Failed { .. } | Outcome::RollbackFailed { .. } => Status::Failed,
    }
}

/// Everything the release command's service depends on, directly or not.
fn needs(world: &World, compose: &Compose) -> Vec<ServiceName> {
    let mut open: Vec<ServiceName> = world.settings.release_command.iter().map(|command| command.service.clone()).collect();
    let mut needs: Vec<ServiceName> = Vec::new();
    while let Some(name) = open.pop() {
        let depends = compose.model.service(&name).map(|service| service.depends_on.as_slice()).unwrap_or_default();
        let named = depends.iter().filter_map(|dependency| dependency.service.parse().ok());
        let fresh: Vec<ServiceName> = named.filter(|name| !needs.contains(name)).collect();
        needs.extend(fresh.iter().cloned());
        open.extend(fresh);
    }
    needs
}

fn path(folders: &Folders, release: &ReleaseId) -> String {
    format!("{}/release.json", folders.release(release.as_str()))
}

fn service(
    world: &World,
    compose: &Compose,
    staged: &Staged,
    image_ids: &BTreeMap<ServiceName, String>,
    name: &ServiceName,
) -> ServiceRecord {
    ServiceRecord {
        name: name.clone(),
        kind: kind(world, compose, name),
        image_id: image_ids.get(name).cloned().unwrap_or_default(),
        config_hash: staged.hashes.get(name).cloned().unwrap_or_default(),
        found_hash: staged.found_hashes.get(name).cloned(),
        replicas: staged.document.model.services.get(name).map_or(1, |service| service.replicas()),
        healthcheck: staged.document.model.services.get(name).is_some_and(|service| service.has_healthcheck()),
        depends_on: compose::switching::needs(&compose.model, name),
        overlap: compose.switching.choices.get(name).is_some_and(|choice| choice.overlap),
        switch: compose.switching.record(name, &staged.hashes, image_ids),
    }
}

fn kind(world: &World, compose: &Compose, name: &ServiceName) -> ServiceKind {
    let probed = world.settings.services.get(name).is_some_and(|own| own.probe.is_some());
    if one_shot(&compose.model, name) {
        ServiceKind::OneShot
    } else if !probed && compose.model.service(name).is_some_and(may_end) {
        ServiceKind::MayEnd
    } else {
        ServiceKind::Long
    }
}
