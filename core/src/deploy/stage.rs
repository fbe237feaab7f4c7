//! Stage 6: the release's files on the server.
//!
//! Owns: `releases/<id>/` but for `release.json`. Must never know: images' ids.

use std::collections::BTreeMap;

use super::{
    deliver,
    halt::Halt,
    renamed::Renamed,
    render::{Document, Rendering, config_hashes},
    resolve::Compose,
    world::World,
};
use crate::{
    compose::{
        attached, dotenv,
        rendered::RenderedError,
        switched::{Switch, split},
    },
    domain::{id::DeploymentId, name::ServiceName, release::Release, secret::Secret},
};

/// A release whose files are on the server.
pub(super) struct Staged {
    pub(super) document: Document,
    /// Compose's hash of each service's configuration.
    pub(super) hashes: BTreeMap<ServiceName, String>,
    /// Those of containers that run under another name of their image, and are configured alike but for it.
    pub(super) found_hashes: BTreeMap<ServiceName, String>,
}

/// Renders the Compose file with exact images and puts it in place with its variables.
pub(super) async fn run(world: &World, compose: &Compose, release: &Release, id: DeploymentId) -> Result<Staged, Halt> {
    let name = id.to_string();
    let host = world.server.host.as_ref();
    let rendering = Rendering {
        machine: &world.server,
        folders: &compose.folders,
        stack: &compose.stack,
        model: &compose.model,
        profiles: &world.settings.profiles,
        name: &name,
        moved: &compose.luggage.moved,
    };
    let images = release.services.iter().map(|(service, image)| (service.clone(), image.image.clone())).collect();
    let variables = compose.environment(release.id.as_str());
    let document = rendering.run(&images, &variables).await?;
    let folder = compose.folders.release(release.id.as_str());
    let compose_file = format!("{folder}/compose.json");
    compose.switching.deliver(host, &compose.folders).await?;
    let switches = compose.switching.switches(&compose.stack, release, &compose.folders);
    host.put(&compose_file, prepared(&document.text, &switches)?.as_bytes(), 0o600).await?;
    host.put(&format!("{folder}/.env"), dotenv::write(&variables)?.as_bytes(), 0o600).await?;
    if compose.state.fingerprint_key.is_none() {
        let path = format!("{}/.fingerprint-key", compose.folders.fixed());
        host.put(&path, compose.key.to_hex().as_bytes(), 0o600).await?;
    }
    let renamed = Renamed { world, stack: &compose.stack, file: format!("{}/renamed.json", compose.folders.work(&name)) };
    let hashes = config_hashes(&world.server, &compose.stack, &compose_file);
    let (hashes, found_hashes) = tokio::try_join!(hashes, renamed.hashes(&document, &switches))?;
    deliver::clear(host, &compose.folders, &name).await?;
    Ok(Staged { document, hashes, found_hashes })
}

/// The runner starts services one by one in their order, without their dependencies; Compose then leaves `depends_on` out of
/// the hash by which it tells whether a container is up to date. The file says the same from the start. Switched services are
/// taken apart, and each says which networks it joins.
fn prepared(text: &Secret, switches: &BTreeMap<ServiceName, Switch>) -> Result<String, Halt> {
    let mut document: serde_json::Value = serde_json::from_str(text.reveal()).map_err(RenderedError::from)?;
    let services = document.get_mut("services").and_then(serde_json::Value::as_object_mut);
    for service in services.into_iter().flat_map(|services| services.values_mut()) {
        if let Some(service) = service.as_object_mut() {
            service.remove("depends_on");
        }
    }
    split(&mut document, switches);
    attached::mark(&mut document);
    Ok(document.to_string())
}
