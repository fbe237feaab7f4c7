//! What `plimsoll.toml` says: the part of a project's setup that travels with the repository.
//!
//! Owns: its fields and defaults. Must never know: TOML syntax, files, secrets.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    name::{EnvironmentName, Name, ServiceName, StackName},
    probe::ProbeTarget,
};

/// The settings of one project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Settings {
    /// Compose files, relative to the project's folder; empty means the standard names.
    pub compose_files: Vec<String>,
    /// Compose profiles to switch on.
    pub profiles: Vec<String>,
    /// Who builds.
    pub builder: Option<BuilderChoice>,
    /// Name of the registry to push to.
    pub registry: Option<Name>,
    /// Where the project runs.
    pub environments: BTreeMap<EnvironmentName, EnvironmentSettings>,
    /// Per service, only what differs from the defaults.
    pub services: BTreeMap<ServiceName, ServiceSettings>,
    /// A command that runs once per release before the swap (migrations).
    pub release_command: Option<ReleaseCommand>,
    /// The image of the switches, where it is not [`SWITCH_IMAGE`].
    #[serde(default)]
    pub switch_image: Option<String>,
}

/// The image of the switches: HAProxy's own, pinned to its digest when it is first used.
pub const SWITCH_IMAGE: &str = "docker.io/library/haproxy:2.8";

impl Settings {
    /// Where the image of the switches comes from.
    #[must_use]
    pub fn switch_image(&self) -> &str {
        self.switch_image.as_deref().unwrap_or(SWITCH_IMAGE)
    }
}

/// Who builds the images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum BuilderChoice {
    /// A server with Docker and buildx, by its name on this laptop.
    BuildVm { server: Name },
    /// GitHub Actions.
    GithubActions,
    /// This laptop, behind a disk check.
    Local,
}

/// One environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct EnvironmentSettings {
    /// The server, by its name on this laptop.
    pub server: Name,
    /// The Compose project name on the server; fixed once, never derived again.
    pub stack: Option<StackName>,
    /// Where users reach it; probed from the server and from outside.
    pub url: Option<String>,
    /// Text that the answer of `url` must contain; `{release}` stands for the release's id.
    pub expect: Option<String>,
    /// How long a new release is watched after the swap.
    pub soak: Duration,
    /// How many releases stay restorable on the server.
    pub keep: u32,
}

/// The watch after a swap, unless `plimsoll.toml` says otherwise.
pub const DEFAULT_SOAK: Duration = Duration::from_secs(60);
/// Restorable releases, unless `plimsoll.toml` says otherwise.
pub const DEFAULT_KEEP: u32 = 5;

/// What differs for one service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ServiceSettings {
    /// How its health is asked.
    pub probe: Option<ProbeTarget>,
    /// How long the first good answer may take.
    pub deadline: Option<Duration>,
    /// How it is swapped.
    pub strategy: Option<Strategy>,
    /// How long old connections may finish.
    pub drain: Option<Duration>,
    /// Old and new may run together (workers).
    pub overlap: bool,
}

/// How a service is swapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// The old container stops, then the new one starts; the gap is measured.
    Recreate,
    /// The new one starts beside the old one; no request is lost.
    BlueGreen,
}

/// A command that runs once per release in the new image, before the swap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ReleaseCommand {
    /// The service whose image and environment it runs in.
    pub service: ServiceName,
    /// The command; empty words are allowed, an empty list is not.
    pub command: Vec<String>,
}
