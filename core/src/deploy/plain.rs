//! A release as plain Compose runs it: without switches, in a file that needs nothing of ours.
//!
//! Owns: making it from the release that serves. Must never know: how it is made live.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    halt::Halt,
    locate::Located,
    renamed,
    render::config_hashes,
    rollback::{KeptRelease, read_release},
    switching::is_switch_image,
    world::World,
};
use crate::{
    compose::{rendered::RenderedError, switched::join},
    docker::release_repository,
    domain::{
        record::{ReleaseRecord, ServiceRecord},
        release::{Release, ReleaseId},
    },
    problem::{Code, Problem},
};

/// A release without switches, ready to be made live like any other that served once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plain {
    /// Its id.
    pub release: ReleaseId,
    /// The plain Compose file on the server, with its variables in `.env` beside it.
    pub file: String,
}

/// Makes it; nothing that runs is touched.
///
/// # Errors
/// When nothing of ours serves there, or the server does not do as asked.
pub async fn plain(world: &World, located: &Located) -> Result<Plain, Halt> {
    let Some(current) = &located.state.current else { return Err(nothing_serves().into()) };
    let kept = read_release(world, located, current).await?;
    let mut document: Value = serde_json::from_str(kept.compose.reveal()).map_err(RenderedError::from)?;
    join(&mut document);
    let containers = world.server.engine.containers_of(&located.stack).await?;
    renamed::as_they_run(&mut document, &kept.record.services, &containers);
    let release = without_switches(&kept.record.release);
    let host = world.server.host.as_ref();
    let folder = located.folders.release(release.id.as_str());
    // What says which release it is says so again.
    let renamed = |text: &str| text.replace(current.as_str(), release.id.as_str());
    let (compose, env) = (renamed(&document.to_string()), renamed(kept.env.reveal()));
    host.put(&format!("{folder}/compose.json"), compose.as_bytes(), 0o600).await?;
    host.put(&format!("{folder}/.env"), env.as_bytes(), 0o600).await?;
    let hashes = config_hashes(&world.server, &located.stack, &format!("{folder}/compose.json")).await?;
    let service = |service: &ServiceRecord| ServiceRecord {
        config_hash: hashes.get(&service.name).cloned().unwrap_or_default(),
        found_hash: None,
        switch: None,
        ..service.clone()
    };
    let record = ReleaseRecord { services: kept.record.services.iter().map(service).collect(), ..tagged(world, &kept, &release) };
    host.put(&format!("{folder}/release.json"), &serde_json::to_vec_pretty(&record).unwrap_or_default(), 0o600).await?;
    host.put(&format!("{folder}/live"), Timestamp::now().as_millisecond().to_string().as_bytes(), 0o600).await?;
    let file = format!("{}/ejected/compose.yaml", located.folders.root());
    let handed_over = without_our_keys(serde_json::from_str(&compose).map_err(RenderedError::from)?);
    host.put(&file, format!("{handed_over:#}\n").as_bytes(), 0o600).await?;
    host.put(&format!("{}/ejected/.env", located.folders.root()), env.as_bytes(), 0o600).await?;
    Ok(Plain { release: release.id, file })
}

/// What only made sense here: sources that are gone by now, and that nothing is pulled. Neither is in the hash by which Compose
/// tells whether a container is up to date.
fn without_our_keys(mut document: Value) -> Value {
    for service in document.get_mut("services").and_then(Value::as_object_mut).into_iter().flat_map(|all| all.values_mut()) {
        if let Some(service) = service.as_object_mut() {
            service.remove("build");
            service.remove("pull_policy");
        }
    }
    document
}

fn without_switches(release: &Release) -> Release {
    let services = release.services.iter().filter(|(name, _)| !is_switch_image(name));
    let services = services.map(|(name, image)| (name.clone(), image.clone())).collect();
    let source = format!("{} plain", release.source_hash);
    Release::new(release.commit.clone(), services, source, release.env_fingerprint.clone(), Timestamp::now())
}

fn tagged(world: &World, kept: &KeptRelease, release: &Release) -> ReleaseRecord {
    let tag = |name: &_| format!("{}:{}", release_repository(&world.project.name, name), release.id);
    let tags = release.services.keys().map(|name| (name.clone(), tag(name))).collect();
    ReleaseRecord { release: release.clone(), tags, ..kept.record.clone() }
}

fn nothing_serves() -> Problem {
    Problem::new(
        Code::NotFound,
        "Nothing of Plimsoll's serves there",
        "the environment has no release that is live",
        "There is nothing to eject; what runs there is not Plimsoll's.",
    )
}
