//! Containers that are what the release wants in all but the name of their image, or our label: plain Compose started them.
//!
//! Owns: finding their hashes, so that no database is replaced for a digest in its file. Must never know: what is done with them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    halt::Halt,
    render::{CONFIG_HASH, Document, config_hashes},
    world::World,
};
use crate::{
    compose::{attached, rendered::RenderedError, switched::Switch, template::literal},
    docker::ContainerFacts,
    domain::{
        name::{ServiceName, StackName},
        record::ServiceRecord,
    },
};

/// The stack whose containers are looked at.
pub(super) struct Renamed<'a> {
    pub(super) world: &'a World,
    pub(super) stack: &'a StackName,
    /// Where Compose may read the file under other names.
    pub(super) file: String,
}

impl Renamed<'_> {
    /// The hashes that such containers bear, of the services that are not switched.
    pub(super) async fn hashes(
        &self,
        document: &Document,
        switches: &BTreeMap<ServiceName, Switch>,
    ) -> Result<BTreeMap<ServiceName, String>, Halt> {
        let containers = self.world.server.engine.containers_of(self.stack).await?;
        let original = serde_json::from_str(document.text.reveal()).map_err(RenderedError::from)?;
        let marked = attached::is_marked(&original);
        let alike = containers.iter().filter(|it| marked || !is_exact(it));
        let named: BTreeMap<_, _> = by_service(alike).filter(|(name, _)| !switches.contains_key(name)).collect();
        if named.is_empty() {
            return Ok(BTreeMap::new());
        }
        let renamed = under(&named, original);
        self.world.server.host.put(&self.file, renamed.to_string().as_bytes(), 0o600).await?;
        let mut hashes = config_hashes(&self.world.server, self.stack, &self.file).await?;
        hashes.retain(|name, hash| named.get(name).is_some_and(|it| it.labels.get(CONFIG_HASH) == Some(hash)));
        Ok(hashes)
    }
}

/// A file that calls each image what the container calls it that still runs as it was found: plain Compose has nothing to do there.
pub(super) fn as_they_run(document: &mut Value, services: &[ServiceRecord], containers: &[ContainerFacts]) {
    for (name, container) in by_service(containers.iter().filter(|it| !is_exact(it))) {
        let hash = container.labels.get(CONFIG_HASH);
        if hash.is_some() && services.iter().any(|it| it.name == name && it.found_hash.as_ref() == hash) {
            rename(document, &name, container);
        }
    }
}

/// Its image has no other name than its digest.
fn is_exact(container: &ContainerFacts) -> bool {
    container.image_ref.contains('@')
}

fn by_service<'a>(
    containers: impl Iterator<Item = &'a ContainerFacts>,
) -> impl Iterator<Item = (ServiceName, &'a ContainerFacts)> {
    containers.filter(|it| !it.one_off).filter_map(|it| Some((it.service.as_deref()?.parse().ok()?, it)))
}

fn under(named: &BTreeMap<ServiceName, &ContainerFacts>, mut document: Value) -> Value {
    named.iter().for_each(|(name, container)| rename(&mut document, name, container));
    document
}

fn rename(document: &mut Value, name: &ServiceName, container: &ContainerFacts) {
    if let Some(service) = document["services"].get_mut(name.as_str()) {
        service["image"] = json!(literal(&container.image_ref));
    }
}
