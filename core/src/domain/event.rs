//! What a deployment tells while it runs, and again when history replays it.
//!
//! Owns: the two streams (numbered, stored StepEvents; lossy Progress) and log lines.
//! Must never know: who listens.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    commit::Commit,
    deployment::{Stage, Status},
    id::DeploymentId,
    name::ServiceName,
    release::ReleaseId,
};
use crate::problem::Problem;

/// A numbered, stored, replayable fact. The terminal one (`Finished`) is always last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct StepEvent {
    /// 0, 1, 2, … within the deployment, without gaps.
    pub index: u64,
    /// When it happened, by the clock of the machine where it happened.
    pub at: Timestamp,
    /// The number in the runner's journal, for what happened on the server; a reader never takes it twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal: Option<u64>,
    /// What happened.
    #[serde(flatten)]
    pub kind: StepEventKind,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum StepEventKind {
    /// The deployment began.
    Started { deployment: DeploymentId },
    /// The commit is known.
    Resolved { commit: Commit },
    /// The release is known.
    ReleaseKnown { release: ReleaseId, previous: Option<ReleaseId> },
    /// A stage began; `estimate_ms` comes from this project's history.
    StageStarted { stage: Stage, estimate_ms: Option<u64> },
    /// A stage ended well.
    StageFinished { stage: Stage, ms: u64, note: String },
    /// A stage had nothing to do.
    StageSkipped { stage: Stage, reason: String },
    /// A stage failed; the problem comes with `Finished`.
    StageFailed { stage: Stage, ms: u64 },
    /// A step inside a stage began: a service's build, a swap step of the runner.
    StepStarted { stage: Stage, step: String, service: Option<ServiceName> },
    /// It ended.
    StepFinished { stage: Stage, step: String, service: Option<ServiceName>, ms: u64, ok: bool, note: String },
    /// What travelled to the builder: bytes of packs and large files, and bytes on the wire, ssh's own included.
    SourceSent { payload_bytes: u64, wire_bytes_up: u64 },
    /// A fact worth keeping that is neither start nor end.
    Note { stage: Stage, text: String },
    /// The runner goes on without us (contact lost, detached).
    Detached { reason: String },
    /// The end, always last.
    Finished { status: Status, release: Option<ReleaseId>, problem: Option<Problem> },
}

/// The latest amount of one thing that grows; older ones may be dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Progress {
    /// Where.
    pub stage: Stage,
    /// What: a service, a layer.
    pub subject: String,
    /// How much is done.
    pub done: u64,
    /// Of how much, where known.
    pub total: Option<u64>,
    /// `bytes` or `steps`.
    pub unit: ProgressUnit,
}

/// What a progress counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum ProgressUnit {
    /// Bytes.
    Bytes,
    /// Steps of a Dockerfile.
    Steps,
}

/// One line of output, redacted before it got here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct LogLine {
    /// When it was read.
    pub at: Timestamp,
    /// Which stage printed it.
    pub stage: Stage,
    /// Which service or step it belongs to, where known.
    pub source: Option<String>,
    /// The line without its end, lossily decoded; at most 64 KiB, longer ones are cut and say so.
    pub text: String,
}
