//! Building the images of a commit, somewhere.
//!
//! Owns: what a builder is asked for and what it answers. Must never know: which server the images go to.

mod build_vm;
mod error;
mod local;
mod platforms;
mod progress;

use std::{collections::BTreeMap, fmt};

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

pub use build_vm::BuildVm;
pub use error::{BuildError, FailedBuild, emulation};
pub use local::Local;

use crate::{
    domain::{
        commit::CommitId,
        event::{LogLine, Progress},
        id::ProjectId,
        image::Digest,
        name::ServiceName,
        platform::Platform,
        registry::RegistryAuth,
        secret::Secret,
    },
    git::Repo,
};

/// Who builds. Both calls end early, and clean up, when `cancel` fires.
#[async_trait]
pub trait Builder: Send + Sync {
    /// What to call it: "build VM forge", "this machine".
    fn label(&self) -> String;

    /// The platforms it can build for, its own first.
    ///
    /// # Errors
    /// When it cannot be asked, or has no engine or no buildx.
    async fn platforms(&self) -> Result<Vec<Platform>, BuildError>;

    /// Brings the commit's content to the builder. Does nothing if it is there.
    ///
    /// # Errors
    /// When something of the commit is missing on this machine, or the builder cannot take it.
    async fn source(&self, job: &BuildJob, cancel: &CancellationToken) -> Result<Ended<SourceReport>, BuildError>;

    /// Builds and pushes every service of the job. Needs [`Builder::source`] first.
    ///
    /// # Errors
    /// [`BuildError::Failed`] with the last lines, or the reason why nothing could be built or pushed.
    async fn build(&self, job: &BuildJob, sink: &dyn BuildSink, cancel: &CancellationToken) -> Result<Ended<Built>, BuildError>;
}

/// How something that can be cancelled ended. Being cancelled is no error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended<T> {
    /// It was done.
    Done(T),
    /// It was cancelled and has cleaned up.
    Cancelled,
}

/// What is to be built.
#[derive(Debug, Clone)]
pub struct BuildJob {
    /// Whose objects the builder keeps together.
    pub project: ProjectId,
    /// The local repository.
    pub repo: Repo,
    /// The commit, which may be a snapshot.
    pub commit: CommitId,
    /// A bake file in JSON with one target per service (its tags included), paths relative to the repository's root.
    /// A target's `secret` entry whose `id` is among `secrets` is given its file's place on the builder.
    pub bake: String,
    /// Which services, each the name of its bake target.
    pub services: Vec<BuildTarget>,
    /// For which platform.
    pub platform: Platform,
    /// Credentials of every registry to push to or to pull base images from.
    pub auths: Vec<RegistryAuth>,
    /// Values for the `secret` entries.
    pub secrets: Vec<BuildSecret>,
}

/// A service and the bake target that builds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildTarget {
    /// The service.
    pub service: ServiceName,
    /// The target's name in the bake file.
    pub target: String,
}

/// A secret that a build step may mount: as a file, in memory where the builder has such a place.
#[derive(Debug, Clone)]
pub struct BuildSecret {
    /// Its `id` in the Dockerfile and the bake file.
    pub id: String,
    /// Its content.
    pub value: Secret,
}

/// What travelled to the builder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SourceReport {
    /// Bytes of packs and large files.
    pub payload_bytes: u64,
    /// Bytes on the wire towards the builder in that time, the protocol's own included; 0 on this machine.
    pub wire_bytes_up: u64,
    /// Whether everything was there already.
    pub was_there: bool,
}

/// What a build made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Built {
    /// The pushed digest of every service.
    pub digests: BTreeMap<ServiceName, Digest>,
    /// What the user should know: a clipped log, credentials kept on a disk.
    pub notes: Vec<String>,
}

/// Who listens to a build. Slow listeners slow the build down; nothing is dropped but progress.
#[async_trait]
pub trait BuildSink: Send + Sync {
    /// Lines in the order in which they were printed, at most a thousand. Not yet redacted.
    async fn lines(&self, lines: Vec<LogLine>);

    /// A step of a Dockerfile began or ended.
    async fn step(&self, step: BuildStep);

    /// How far a service is; may be dropped.
    fn progress(&self, progress: Progress);
}

/// A step of a Dockerfile, or pushing an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildStep {
    /// Whose.
    pub service: Option<ServiceName>,
    /// As BuildKit calls it: `[api 6/9] RUN npm ci`.
    pub name: String,
    /// Whether it began or how it ended.
    pub state: BuildStepState,
}

/// How a step stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildStepState {
    /// It began.
    Started,
    /// It ended well, or was taken from the cache.
    Finished { ms: u64, cached: bool },
    /// It failed.
    Failed { ms: u64, reason: String },
}

impl fmt::Display for BuildStepState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started => f.write_str("started"),
            Self::Finished { cached: true, .. } => f.write_str("cached"),
            Self::Finished { .. } => f.write_str("done"),
            Self::Failed { reason, .. } => write!(f, "failed: {reason}"),
        }
    }
}
