//! Deployments: planning, deploying, rolling back, history, logs, settling what was left open.
//!
//! Owns: those acts. Must never know: how a stage is carried out.

use std::collections::BTreeSet;

use futures_util::stream::BoxStream;
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Session, projects::unfinished, running::Follow};
use crate::{
    domain::{
        deployment::{Deployment, Stage, Status},
        event::{LogLine, Progress, StepEvent},
        id::DeploymentId,
        name::{EnvironmentName, ServiceName},
        release::{Release, ReleaseId},
    },
    plan::deploy::DeployPlan,
    problem::Problem,
};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployRequest {
    /// The project's name.
    pub project: String,
    /// Where.
    pub environment: EnvironmentName,
    /// What.
    pub what: What,
    /// Only these services; empty means all. The others keep their digests.
    pub services: BTreeSet<ServiceName>,
    /// Pulled services whose tag is resolved anew.
    pub refresh: BTreeSet<ServiceName>,
    /// Another builder than `plimsoll.toml` names: `build-vm:NAME`, `local`, `github-actions`.
    pub builder: Option<String>,
}

/// What becomes live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A commit, branch or tag; `HEAD` by default.
    Commit(String),
    /// Tracked changes and untracked files that git does not ignore.
    WorkTree,
    /// A restorable release; `None` takes the one before the live one.
    Release(Option<ReleaseId>),
}

/// A deployment on its way.
pub struct Deploying {
    /// Its id.
    pub id: DeploymentId,
    /// It was in flight already; this call joined it.
    pub joined: bool,
    /// What happens, from the first event on; ends after `Finished`.
    pub updates: mpsc::Receiver<Update>,
    /// Cancel: before the swap it stops and cleans up, during the swap it means undo.
    pub cancel: CancellationToken,
    /// Detach: during the swap the server goes on alone; before it, the same as cancel.
    pub detach: CancellationToken,
}

/// Something to show.
#[derive(Debug, Clone)]
pub enum Update {
    /// Stored and numbered.
    Event(StepEvent),
    /// The latest amount of something.
    Progress(Progress),
    /// Lines, redacted.
    Logs(Vec<LogLine>),
}

/// What a settled deployment turned out to be.
#[derive(Debug, Clone, Serialize)]
pub struct Settled {
    /// The deployment as it is recorded now.
    pub deployment: Deployment,
    /// In words: what was found on the server and what was done.
    pub finding: String,
}

/// Which deployments are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryFilter {
    /// Only this environment.
    pub environment: Option<EnvironmentName>,
    /// Only these outcomes.
    pub status: Vec<Status>,
    /// At most so many, newest first; 0 means 50.
    pub limit: u32,
    /// Only those started before.
    pub before: Option<Timestamp>,
}

/// A deployment with its release and stage times.
#[derive(Debug, Clone, Serialize)]
pub struct HistoryRow {
    /// The deployment.
    #[serde(flatten)]
    pub deployment: Deployment,
    /// The release can be made live again.
    pub restorable: bool,
    /// It is the one that serves.
    pub serving: bool,
    /// Stages with their times in milliseconds.
    pub stages: Vec<(Stage, u64)>,
}

/// A stored log line with its number.
#[derive(Debug, Clone, Serialize)]
pub struct NumberedLine {
    /// 1, 2, 3, … within the deployment.
    pub number: u64,
    /// The line.
    #[serde(flatten)]
    pub line: LogLine,
}

/// What a deployment would do, with reasons; nothing is changed.
///
/// # Errors
/// As for the stages resolve and preflight of [`deploy`].
pub async fn plan(session: &Session, request: &DeployRequest) -> Result<DeployPlan, Problem> {
    let _ = (session, request);
    Err(unfinished())
}

/// Starts a deployment or a rollback (or joins the same one in flight). Errors after the start arrive as `Finished`.
///
/// # Errors
/// When the project, environment or store cannot be found or opened.
pub async fn deploy(session: &Session, request: DeployRequest) -> Result<Deploying, Problem> {
    let _ = (session, request);
    Err(unfinished())
}

/// The deployments of a project, newest first. Settles open ones first where that needs no network.
///
/// # Errors
/// When there is no such project.
pub async fn history(session: &Session, project: &str, filter: &HistoryFilter) -> Result<Vec<HistoryRow>, Problem> {
    let _ = (session, project, filter);
    Err(unfinished())
}

/// The releases of an environment that can be made live again, newest first.
///
/// # Errors
/// When there is no such project.
pub async fn restorable(session: &Session, project: &str, environment: &EnvironmentName) -> Result<Vec<Release>, Problem> {
    let _ = (session, project, environment);
    Err(unfinished())
}

/// One deployment by its id, or by an unambiguous beginning or end of it.
///
/// # Errors
/// When there is none, or more than one.
pub async fn find(session: &Session, id: &str) -> Result<Deployment, Problem> {
    let _ = (session, id);
    Err(unfinished())
}

/// The events of a deployment from an index on, then live ones until `Finished`.
///
/// # Errors
/// When there is no such deployment.
pub async fn events(
    session: &Session,
    id: DeploymentId,
    from: u64,
) -> Result<BoxStream<'static, Result<StepEvent, Problem>>, Problem> {
    let _ = (session, id, from);
    Err(unfinished())
}

/// The log of a deployment, of one stage if given, from a line number on; with `Follow::Yes` until it ends.
///
/// # Errors
/// When there is no such deployment.
pub async fn logs(
    session: &Session,
    id: DeploymentId,
    stage: Option<Stage>,
    from: u64,
    follow: Follow,
) -> Result<BoxStream<'static, Result<Vec<NumberedLine>, Problem>>, Problem> {
    let _ = (session, id, stage, from, follow);
    Err(unfinished())
}

/// Settles every deployment that was left open: reads the server's journal, follows what still runs, records what ended.
///
/// # Errors
/// When there is no such project, or a server cannot be reached.
pub async fn resume(session: &Session, project: Option<&str>) -> Result<Vec<Settled>, Problem> {
    let _ = (session, project);
    Err(unfinished())
}
