//! Is what is asked for already live? Then everything is proven and nothing is touched.
//!
//! Owns: that proof: digests in the registry, images and configuration of the running containers, every probe.
//! Must never know: the stages that would follow.

use std::sync::Arc;

use futures_util::future::try_join_all;

use super::{ask_probes, halt::Halt, logins::client_at, render::CONFIG_HASH, resolve::Compose, world::World};
use crate::{
    docker::{ContainerFacts, ContainerState, Health},
    domain::{
        record::{ReleaseRecord, ServiceKind, ServiceRecord},
        settings::Settings,
        switch::Colour,
    },
    plan::deploy::ImageAction,
    registry::{self, ImageName, RegistryError},
};

/// The release that serves is the one asked for, as far as its content goes.
pub(super) fn same(compose: &Compose, settings: &Settings) -> Option<ReleaseRecord> {
    let record = compose.state.record.as_ref()?;
    let release = &record.release;
    let kept = compose.decisions.values().all(|decision| decision.action == ImageAction::Keep);
    let services = release.services.keys().eq(compose.decisions.keys());
    let content = release.env_fingerprint == compose.fingerprint && release.source_hash == compose.source_hash(settings);
    (kept && services && content && release.commit.id == compose.commit.id).then(|| record.clone())
}

/// Everything is proven; the answer names what is not, in words, or nothing.
pub(super) async fn prove(world: &World, compose: &Compose, record: &ReleaseRecord) -> Result<Option<String>, Halt> {
    let (missing, wrong) = tokio::try_join!(missing(world, record), unproven(world, compose, record))?;
    Ok(missing.map(|image| format!("{image} is no longer in its registry")).or(wrong))
}

/// What of the containers and the probes is wrong, if anything.
async fn unproven(world: &World, compose: &Compose, record: &ReleaseRecord) -> Result<Option<String>, Halt> {
    let containers = world.server.engine.containers_of(&compose.stack).await?;
    let parts = record.services.iter().flat_map(|service| parts(service, compose.state.colour_of(&service.name)));
    if let Some(wrong) = parts.into_iter().find_map(|part| wrong(&part, &containers)) {
        return Ok(Some(wrong));
    }
    let containers = compose.state.apps(containers);
    ask_probes::all(world, &record.release.id, &record.probes, &containers).await
}

/// What a service consists of: behind a switch that and the colour that serves, each like a service of its own.
pub(super) fn parts(service: &ServiceRecord, colour: Option<Colour>) -> Vec<ServiceRecord> {
    let whole = service.clone();
    let Some(record) = &service.switch else { return vec![whole] };
    let switch = ServiceRecord { image_id: record.image_id.clone(), kind: ServiceKind::Long, replicas: 1, ..whole.clone() };
    let app = colour.and_then(|colour| {
        let config_hash = record.colours.get(&colour).cloned().unwrap_or_default();
        Some(ServiceRecord { name: colour.of(&service.name)?, config_hash, ..whole })
    });
    std::iter::once(switch).chain(app).collect()
}

async fn missing(world: &World, record: &ReleaseRecord) -> Result<Option<String>, Halt> {
    if world.registry.is_none() {
        return Ok(None);
    }
    let public = Arc::new(registry::Client::public());
    let asked = record.release.services.values().map(|image| async {
        let name: ImageName = image.image.to_string().parse().map_err(RegistryError::from)?;
        let client = client_at(world, name.host()).await?.unwrap_or_else(|| public.clone());
        let there = client.exists(&image.image).await?;
        Ok::<_, Halt>((!there).then(|| image.image.to_string()))
    });
    Ok(try_join_all(asked).await?.into_iter().flatten().next())
}

/// What is wrong with a service's containers, if anything.
fn wrong(service: &ServiceRecord, containers: &[ContainerFacts]) -> Option<String> {
    let name = service.name.as_str();
    let its: Vec<_> = containers.iter().filter(|c| !c.one_off && c.service.as_deref() == Some(name)).collect();
    if its.len() != service.replicas as usize {
        return Some(format!("{name} has {} containers, not {}", its.len(), service.replicas));
    }
    its.into_iter().find_map(|container| wrong_container(service, container))
}

fn wrong_container(service: &ServiceRecord, container: &ContainerFacts) -> Option<String> {
    let name = service.name.as_str();
    let ended_well = container.state == ContainerState::Exited && container.exit_code == 0;
    let state = match service.kind {
        ServiceKind::Long => container.state == ContainerState::Running,
        ServiceKind::OneShot | ServiceKind::MayEnd => ended_well || container.state == ContainerState::Running,
    };
    if !state {
        Some(format!("{name} does not run"))
    } else if container.image_id != service.image_id {
        Some(format!("{name} runs another image"))
    } else if !service.is_configured_as(container.labels.get(CONFIG_HASH)) {
        Some(format!("{name} runs with another configuration"))
    } else if container.health == Some(Health::Unhealthy) {
        Some(format!("{name} is unhealthy"))
    } else {
        None
    }
}
