//! The plan of a deployment: the same object is shown by `--plan` and carried out.
//!
//! Owns: its shape. Must never know: who prints it.

use serde::Serialize;

use crate::domain::{
    bytes::Bytes,
    commit::Commit,
    name::{EnvironmentName, Name, ServiceName},
    platform::Platform,
    release::ReleaseId,
    settings::Strategy,
};

/// What a deployment would do, and why.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct DeployPlan {
    /// The project.
    pub project: Name,
    /// Where.
    pub environment: EnvironmentName,
    /// The server.
    pub server: Name,
    /// From which commit.
    pub commit: Commit,
    /// What serves now.
    pub serving: Option<ReleaseId>,
    /// The platform that is built, asked from the server.
    pub platform: Platform,
    /// Who builds, in words.
    pub builder: String,
    /// Where images go.
    pub registry: String,
    /// Every service in the order of the swap.
    pub services: Vec<ServicePlan>,
    /// Services that run now and are not in the new release: stopped and removed, their volumes kept.
    pub removed: Vec<ServiceName>,
    /// The release command, if one would run.
    pub release_command: Option<String>,
    /// How a reboot of the server in mid-swap is survived, in words.
    pub boot_hook: String,
    /// Disk probably needed on the server, and free there.
    pub disk: Option<(Bytes, Bytes)>,
    /// From how many deployments the need is estimated: it is the most that one of them had to pull.
    pub disk_basis: Option<u32>,
    /// Expected duration from history, in milliseconds, and from how many deployments.
    pub estimate: Option<(u64, u32)>,
    /// Things worth knowing before it starts.
    pub warnings: Vec<String>,
    /// What somebody has to accept before it goes on; `None` when nothing of the kind is known yet.
    pub consent: Option<Consent>,
}

/// Something that a person has to accept before a deployment goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Consent {
    /// What it is.
    pub to: Risk,
    /// What follows from a yes, in sentences.
    pub consequences: Vec<String>,
}

/// What a person may have to accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// What runs there already, and not from a release, is replaced.
    TakeOver,
    /// If it fails, what serves now cannot be brought back.
    NoWayBack,
}

/// What happens to one service.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ServicePlan {
    /// Its name.
    pub name: ServiceName,
    /// What happens to its image.
    pub image: ImageAction,
    /// How it is swapped.
    pub strategy: Strategy,
    /// Why this way.
    pub reason: String,
    /// How its health is asked, in words.
    pub probe: String,
}

/// What happens to a service's image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum ImageAction {
    /// Built from the commit.
    Build,
    /// Pulled; its digest is fixed now.
    Pin,
    /// The digest of the serving release is kept.
    Keep,
    /// The digest of an older release comes back.
    Restore,
}
