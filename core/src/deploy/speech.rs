//! What the ports speak of a service that is about to get a switch.
//!
//! Owns: asking its running container. Must never know: what a switch makes of the answer.

use std::collections::BTreeMap;

use super::{halt::Halt, resolve::Compose, world::World};
use crate::{
    docker::ContainerState,
    domain::{name::ServiceName, switch::Speech},
    host::Command,
};

const SCRIPT: &str = include_str!("ask_speech.sh");

/// The ports of services that were seen to speak plain HTTP.
pub(super) type Spoken = BTreeMap<ServiceName, Vec<u16>>;

/// What the release that serves knows. It is not asked anew: another answer would be another switch.
pub(super) fn known(compose: &Compose) -> Spoken {
    let switched = compose.state.record.iter().flat_map(|record| &record.services);
    let http = |switch: &crate::domain::switch::SwitchRecord| {
        switch.ports.iter().filter(|port| port.speech == Speech::Http).map(|port| port.port).collect()
    };
    switched.filter_map(|service| Some((service.name.clone(), http(service.switch.as_ref()?)))).collect()
}

/// Asks what gets a switch for the first time, on every port of which the files say nothing. What does not run yet is not asked.
pub(super) async fn ask(world: &World, compose: &Compose) -> Result<Spoken, Halt> {
    let unknown: BTreeMap<&ServiceName, Vec<u16>> =
        compose.switching.silent().filter(|(name, _)| compose.state.colour_of(name).is_none()).collect();
    if unknown.is_empty() {
        return Ok(Spoken::new());
    }
    let containers = world.server.engine.containers_of(&compose.stack).await?;
    let mut places: BTreeMap<String, (&ServiceName, u16)> = BTreeMap::new();
    for (name, ports) in unknown {
        let its = |service: Option<&str>| service == Some(name.as_str());
        let running = |c: &&crate::docker::ContainerFacts| c.state == ContainerState::Running && its(c.service.as_deref());
        let Some(address) = containers.iter().find(running).and_then(|container| container.addresses.first()) else { continue };
        places.extend(ports.into_iter().map(|port| (format!("{address}:{port}"), (name, port))));
    }
    if places.is_empty() {
        return Ok(Spoken::new());
    }
    let words = ["sh", "-s", "--"].into_iter().map(str::to_owned).chain(places.keys().cloned());
    let output = world.server.host.run(Command::new(words).stdin(SCRIPT)).await?;
    let mut spoken = Spoken::new();
    for (name, port) in output.text().lines().filter_map(|line| places.get(line)) {
        spoken.entry((*name).clone()).or_default().push(*port);
    }
    Ok(spoken)
}
