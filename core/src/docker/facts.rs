//! What an engine says about itself, its containers and its images, in our words.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{
    bytes::Bytes,
    image::{Declared, Digest},
    platform::Platform,
};

/// What an engine says about itself (`/version`, `/info`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineInfo {
    /// e.g. `28.2.2`.
    pub version: String,
    /// What it runs natively.
    pub platform: Platform,
    /// Where it keeps everything.
    pub data_root: String,
    /// e.g. `overlay2`.
    pub storage_driver: String,
    /// Memory of its machine.
    pub memory: Bytes,
    /// Cores of its machine.
    pub cores: u32,
}

/// A container of a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerFacts {
    /// Full id.
    pub id: String,
    /// Without the leading `/`.
    pub name: String,
    /// Its Compose service; a one-off container (`run`) has one too.
    pub service: Option<String>,
    /// Made by `docker compose run`, not part of the stack.
    pub one_off: bool,
    /// `sha256:…` of the image's config: what really runs.
    pub image_id: String,
    /// The image as it was named when the container was made.
    pub image_ref: String,
    /// What it is doing.
    pub state: ContainerState,
    /// What its health check says; `None` without one.
    pub health: Option<Health>,
    /// How often the engine restarted it since it was made.
    pub restarts: u64,
    /// Of its last end; 0 while it has never ended.
    pub exit_code: i64,
    /// Whether its last end was the kernel's, for memory.
    pub oom_killed: bool,
    /// When it was last started.
    pub started: Option<Timestamp>,
    /// Its memory limit, where one is set.
    pub memory_limit: Option<Bytes>,
    /// All its labels.
    pub labels: BTreeMap<String, String>,
    /// Its own addresses, one for each network it is on.
    pub addresses: Vec<String>,
}

/// What a container uses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Usage {
    /// Memory, without what the kernel would give back at once.
    pub memory: Bytes,
    /// Share of one processor over the last second; 200 means two of them.
    pub cpu_percent: Option<f32>,
}

/// What a container is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum ContainerState {
    /// Made, never started.
    Created,
    /// Running.
    Running,
    /// Frozen.
    Paused,
    /// Ended, and about to be started again by its restart policy.
    Restarting,
    /// Being removed.
    Removing,
    /// Ended.
    Exited,
    /// Could not be removed.
    Dead,
}

/// What a health check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// No verdict yet.
    Starting,
    /// Good.
    Healthy,
    /// Bad.
    Unhealthy,
}

/// An image that the engine holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageFacts {
    /// `sha256:…` of its config.
    pub id: String,
    /// `repository@sha256:…` for each registry it came from.
    pub digests: Vec<String>,
    /// `repository:tag` names it has.
    pub tags: Vec<String>,
    /// What it was built for.
    pub platform: Platform,
    /// Unpacked, shared layers included.
    pub size: Bytes,
    /// Its layers unpacked, base first.
    pub diff_ids: Vec<String>,
    /// What its config declares.
    pub declared: Declared,
}

/// What a registry told the engine about an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Distribution {
    /// Of the index or the single manifest.
    pub digest: Digest,
    /// For which platforms it exists.
    pub platforms: Vec<Platform>,
}

/// A container's use of its machine at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stats {
    /// Memory in use, page cache that can be dropped left out.
    pub memory: Bytes,
    /// What it may use: its limit, or the machine's memory.
    pub memory_limit: Bytes,
    /// CPU time used since it started, in nanoseconds over all cores.
    pub cpu_ns: u64,
}
