//! Which services of a commit run behind a switch, and what that takes.
//!
//! Owns: putting the choice together, the switches' configuration and image. Must never know: how a switch turns.

use std::collections::BTreeMap;

use super::{halt::Halt, world::World};
use crate::{
    compose::{
        self, Model,
        haproxy::{self, Reach},
        switched::{FORM, Switch},
        switching::{has_ipv6, traits},
    },
    domain::{
        environment::Folders,
        image::Declared,
        name::{ServiceName, StackName},
        probe::ProbeTarget,
        release::Release,
        settings::{Settings, Strategy},
        switch::{Colour, DEFAULT_DRAIN, SwitchPort, SwitchRecord},
    },
    host::Host,
    plan::strategy::{Choice, choose},
};

/// The name under which the image of the switches is among those of a release: pinned, pulled, kept and refreshed like them.
const IMAGE: &str = "plimsoll-switch";

const UNREACHABLE: &str =
    "cannot be asked before it serves: the engine is rootless or in a virtual machine, where only published ports are reached";

const TAKEN: &str = "cannot have a switch: a service bears the name plimsoll-switch, which is that of its image";

/// How each service of a commit is swapped.
#[derive(Debug, Clone, Default)]
pub(super) struct Switching {
    pub(super) choices: BTreeMap<ServiceName, Choice>,
    switched: BTreeMap<ServiceName, Switched>,
}

/// A service that gets a switch.
#[derive(Debug, Clone)]
struct Switched {
    ports: Vec<SwitchPort>,
    config: String,
    drain: std::time::Duration,
}

impl Switching {
    /// Chooses by the files and by what is known of the images.
    pub(super) fn choose(stack: &StackName, model: &Model, images: &BTreeMap<ServiceName, Declared>, world: &World) -> Self {
        let (settings, place) = (&world.settings, &world.place);
        let obstacle = obstacle(model, world);
        let mut switching = Self::default();
        for service in &model.services {
            let own = settings.services.get(&service.name);
            let mut traits = traits(model, service, images.get(&service.name), settings, place);
            if let Some(obstacle) = obstacle {
                traits.obstacle.get_or_insert_with(|| obstacle.to_owned());
            }
            let choice = choose(&traits, own);
            if choice.strategy == Strategy::BlueGreen {
                let reach = Reach { first: traits.published, ipv6: has_ipv6(model, service) };
                let config = haproxy::render(stack, &service.name, &traits.ports, reach);
                let drain = own.and_then(|own| own.drain).unwrap_or(DEFAULT_DRAIN);
                switching.switched.insert(service.name.clone(), Switched { ports: traits.ports, config, drain });
            }
            switching.choices.insert(service.name.clone(), choice);
        }
        switching
    }

    /// How each service's health is asked. Nobody is sent to one that is switched before it takes connections, also where only its
    /// image says on which port.
    pub(super) fn probes(&self, model: &Model, settings: &Settings) -> BTreeMap<ServiceName, Option<ProbeTarget>> {
        let mut probes = compose::probes(model, settings);
        for (name, target) in probes.iter_mut().filter(|(_, target)| target.is_none()) {
            let port = self.switched.get(name).and_then(|it| it.ports.first());
            *target = port.map(|port| ProbeTarget::Tcp { service: name.clone(), port: port.port });
        }
        probes
    }

    /// What of it makes another release.
    pub(super) fn text(&self) -> String {
        let line =
            |(name, it): (&ServiceName, &Switched)| format!("{name} {FORM} {} {:?}\n", haproxy::name(&it.config), it.drain);
        self.switched.iter().map(line).collect()
    }

    /// The reference of the image of the switches, where there is one.
    pub(super) fn wanted(&self, settings: &Settings) -> Option<(ServiceName, String)> {
        image_name().filter(|_| !self.switched.is_empty()).map(|name| (name, settings.switch_image().to_owned()))
    }

    /// Writes the switches' configurations to the server: by content, so that none that is in use is touched.
    pub(super) async fn deliver(&self, host: &dyn Host, folders: &Folders) -> Result<(), Halt> {
        for it in self.switched.values() {
            let path = format!("{}/{}", folders.switches(), haproxy::name(&it.config));
            host.put(&path, it.config.as_bytes(), 0o600).await?;
        }
        Ok(())
    }

    /// What goes into the release's rendered file.
    pub(super) fn switches(&self, stack: &StackName, release: &Release, folders: &Folders) -> BTreeMap<ServiceName, Switch> {
        let image = image_name().and_then(|name| release.services.get(&name)).map(|it| it.image.to_string()).unwrap_or_default();
        let switch = |(name, it): (&ServiceName, &Switched)| {
            let ports = it.ports.iter().map(|port| port.port).collect();
            let (folder, config) = (folders.switches(), haproxy::name(&it.config));
            (name.clone(), Switch { stack: stack.clone(), image: image.clone(), folder, config, ports })
        };
        self.switched.iter().map(switch).collect()
    }

    /// What is kept of a switched service.
    pub(super) fn record(
        &self,
        name: &ServiceName,
        hashes: &BTreeMap<ServiceName, String>,
        image_ids: &BTreeMap<ServiceName, String>,
    ) -> Option<SwitchRecord> {
        let it = self.switched.get(name)?;
        let hash = |colour: Colour| Some((colour, hashes.get(&colour.of(name)?)?.clone()));
        Some(SwitchRecord {
            image_id: image_name().and_then(|name| image_ids.get(&name).cloned()).unwrap_or_default(),
            colours: Colour::ALL.into_iter().filter_map(hash).collect(),
            ports: it.ports.clone(),
            drain: it.drain,
        })
    }
}

/// Whether this is the name under which a release keeps the image of its switches.
pub(super) fn is_switch_image(name: &ServiceName) -> bool {
    name.as_str() == IMAGE
}

/// Why nothing of this stack can have a switch on this server.
fn obstacle(model: &Model, world: &World) -> Option<&'static str> {
    if !world.server.access.reaches_containers() {
        return Some(UNREACHABLE);
    }
    image_name().filter(|name| model.service(name).is_some()).map(|_| TAKEN)
}

fn image_name() -> Option<ServiceName> {
    IMAGE.parse().ok()
}
