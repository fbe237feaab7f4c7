//! How each service's health is asked when nobody says more.
//!
//! Owns: that choice. Must never know: who asks.

use std::collections::BTreeMap;

use super::model::{Healthcheck, Model, ServiceModel};
use crate::domain::{name::ServiceName, probe::ProbeTarget, settings::Settings};

/// The probe of every service: the one `plimsoll.toml` declares, else the Compose file's health check, else a TCP connection to
/// its first published or exposed port, or the one by which a proxy calls it. `None`: it counts as healthy while it runs without a
/// restart.
#[must_use]
pub fn probes(model: &Model, settings: &Settings) -> BTreeMap<ServiceName, Option<ProbeTarget>> {
    model.services.iter().map(|s| (s.name.clone(), declared(s, settings).or_else(|| default(s)))).collect()
}

fn declared(service: &ServiceModel, settings: &Settings) -> Option<ProbeTarget> {
    settings.services.get(&service.name)?.probe.clone()
}

fn default(service: &ServiceModel) -> Option<ProbeTarget> {
    if service.healthcheck == Healthcheck::Declared {
        return Some(ProbeTarget::Docker { service: service.name.clone() });
    }
    let published = service.ports.iter().filter(|p| p.protocol == "tcp").find_map(|p| p.target);
    let port = published.or_else(|| service.told_ports().next())?;
    Some(ProbeTarget::Tcp { service: service.name.clone(), port })
}
