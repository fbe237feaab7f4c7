//! What a release needs, beyond its identity, to be made live and proven live again.
//!
//! Owns: the shape of `release.json` on the server. Must never know: where that file lies.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    name::{Name, ServiceName},
    probe::Probe,
    release::Release,
    settings::ReleaseCommand,
    switch::SwitchRecord,
};

/// A release as it is kept on its server, beside its rendered Compose file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseRecord {
    /// The release.
    pub release: Release,
    /// The project's name when it was put together.
    pub project: Name,
    /// Every service in the order of the swap.
    pub services: Vec<ServiceRecord>,
    /// The health checks, in the order they are asked.
    pub probes: Vec<Probe>,
    /// The command that ran once before it went live.
    pub release_command: Option<ReleaseCommand>,
    /// The services that the release command's service depends on, directly or not.
    #[serde(default)]
    pub release_command_needs: Vec<ServiceName>,
    /// Image references by which the server keeps its images: service -> `plimsoll/PROJECT/SERVICE:RELEASE`.
    pub tags: BTreeMap<ServiceName, String>,
}

/// A service of a kept release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceRecord {
    /// Its name.
    pub name: ServiceName,
    /// Whether it runs on or ends by itself.
    pub kind: ServiceKind,
    /// The engine's id of the wanted image on that server; that of the app, whatever passes on to it.
    pub image_id: String,
    /// Compose's hash of its configuration, as it labels the container.
    pub config_hash: String,
    /// Compose's hash of the same configuration under the name that the image had before the service was Plimsoll's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found_hash: Option<String>,
    /// How many containers it has.
    #[serde(default = "one")]
    pub replicas: u32,
    /// The image or the Compose file declares a health check.
    pub healthcheck: bool,
    /// The services that must be there before it.
    #[serde(default)]
    pub depends_on: Vec<ServiceName>,
    /// It has no switch, and the new one starts before the old one stops.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overlap: bool,
    /// It runs behind a switch; `None`: its container is stopped and another one started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub switch: Option<SwitchRecord>,
}

impl ServiceRecord {
    /// Whether a container that bears this hash is configured as the service is.
    #[must_use]
    pub fn is_configured_as(&self, hash: Option<&String>) -> bool {
        hash.is_some_and(|hash| [Some(&self.config_hash), self.found_hash.as_ref()].contains(&Some(hash)))
    }
}

/// Records of older versions do not say; they had one.
fn one() -> u32 {
    1
}

/// Whether a service runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceKind {
    /// It runs until it is stopped.
    Long,
    /// It ends by itself; others wait for its success.
    OneShot,
    /// It may run on, or end by itself with success: nobody waits for it, and it is never restarted.
    MayEnd,
}
