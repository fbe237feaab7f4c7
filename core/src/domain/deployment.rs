//! Deployments: attempts to make a release live.
//!
//! Owns: their stages and how they can end. Must never know: how they are carried out.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{bytes::Bytes, commit::Commit, environment::EnvironmentKey, id::DeploymentId, release::ReleaseId};
use crate::problem::Problem;

/// One attempt to make a release live in an environment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Deployment {
    /// Its id, the same on the laptop and on the server.
    pub id: DeploymentId,
    /// Where.
    pub environment: EnvironmentKey,
    /// What was asked for.
    pub kind: DeploymentKind,
    /// From which commit.
    pub commit: Option<Commit>,
    /// The release, once it is known (after the gate).
    pub release: Option<ReleaseId>,
    /// The release that served before.
    pub previous: Option<ReleaseId>,
    /// How it stands.
    pub status: Status,
    /// When it was asked for.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// Why it did not go live.
    pub problem: Option<Problem>,
    /// Longest time during which the public URL gave no good answer in the swap, in milliseconds.
    pub gap_ms: Option<u64>,
    /// Whether its release command ran (a migration lies between this release and the one before).
    pub migrated: bool,
    /// Compressed bytes of images that the server lacked, once they are known (at the gate).
    #[serde(default)]
    pub to_pull: Option<Bytes>,
}

impl Deployment {
    /// One that begins, under an id of its own; nothing more is known of it.
    #[must_use]
    pub fn begun(environment: EnvironmentKey, kind: DeploymentKind, started: Timestamp) -> Self {
        Self {
            id: DeploymentId::new(),
            environment,
            kind,
            commit: None,
            release: None,
            previous: None,
            status: Status::Running,
            started,
            finished: None,
            problem: None,
            gap_ms: None,
            migrated: false,
            to_pull: None,
        }
    }
}

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum DeploymentKind {
    /// A commit.
    Deploy,
    /// An older release.
    Rollback,
}

/// How a deployment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// In flight, or interrupted and not yet settled.
    Running,
    /// The new release serves.
    Live,
    /// What was asked for already served.
    NothingToDo,
    /// It was undone; the old release is proven serving.
    RolledBack,
    /// It ended without serving; the problem says what serves.
    Failed,
    /// The user stopped it.
    Cancelled,
}

impl Status {
    /// Whether it has ended.
    #[must_use]
    pub fn is_final(self) -> bool {
        self != Self::Running
    }
}

/// The nine stages, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Commit, services, strategy.
    Resolve,
    /// Is the server able and free?
    Preflight,
    /// The commit travels to the builder.
    Source,
    /// Images are built and pushed.
    Build,
    /// Every image exists for the server's platform and fits.
    Gate,
    /// The release's files travel to the server.
    Stage,
    /// The server pulls by digest.
    Pull,
    /// The runner swaps on the server.
    Swap,
    /// History and notification.
    Record,
}

impl Stage {
    /// All of them, in order.
    pub const ALL: [Self; 9] = [
        Self::Resolve,
        Self::Preflight,
        Self::Source,
        Self::Build,
        Self::Gate,
        Self::Stage,
        Self::Pull,
        Self::Swap,
        Self::Record,
    ];
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "resolve",
            Self::Preflight => "preflight",
            Self::Source => "source",
            Self::Build => "build",
            Self::Gate => "gate",
            Self::Stage => "stage",
            Self::Pull => "pull",
            Self::Swap => "swap",
            Self::Record => "record",
        })
    }
}
