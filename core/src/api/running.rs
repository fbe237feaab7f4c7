//! What runs now: status, logs, restart, commands inside.
//!
//! Owns: those acts. Must never know: the engine's API.

use futures_util::stream::BoxStream;
use jiff::Timestamp;
use serde::Serialize;

use super::{Session, projects::unfinished};
use crate::{
    domain::{
        bytes::Bytes,
        commit::Commit,
        deployment::Deployment,
        image::Digest,
        name::{EnvironmentName, Name, ServiceName},
        release::ReleaseId,
    },
    host::Running,
    problem::Problem,
};

/// How an environment stands.
#[derive(Debug, Clone, Serialize)]
pub struct EnvironmentStatus {
    /// The project.
    pub project: Name,
    /// The environment.
    pub environment: EnvironmentName,
    /// Its server.
    pub server: Name,
    /// The public URL.
    pub url: Option<String>,
    /// The release that serves, by the server's own record.
    pub release: Option<ReleaseId>,
    /// Its commit.
    pub commit: Option<Commit>,
    /// When it went live.
    pub since: Option<Timestamp>,
    /// Every service.
    pub services: Vec<ServiceStatus>,
    /// Commits of the current branch that are not live yet, newest first.
    pub ahead: Vec<Commit>,
    /// Names of variables that apply at the next deployment.
    pub pending: Vec<String>,
    /// A deployment in flight.
    pub running: Option<Deployment>,
    /// Why the server could not be asked.
    pub problem: Option<Problem>,
}

/// How a service stands.
#[derive(Debug, Clone, Serialize)]
pub struct ServiceStatus {
    /// Its name.
    pub name: ServiceName,
    /// The digest the release wants.
    pub wanted: Option<Digest>,
    /// Whether the running container was made from it.
    pub matches: bool,
    /// `running`, `exited`, `restarting`, … or `missing`.
    pub state: String,
    /// `healthy`, `unhealthy`, `starting`; `None` without a health check.
    pub health: Option<String>,
    /// Restarts by the engine.
    pub restarts: u64,
    /// When the container started.
    pub started: Option<Timestamp>,
    /// Memory in use.
    pub memory: Option<Bytes>,
}

/// What to do with running services.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// Stop and start.
    Restart,
    /// Stop.
    Stop,
    /// Start.
    Start,
}

/// A line that a container printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContainerLine {
    /// Its service.
    pub service: ServiceName,
    /// When, by the engine.
    pub at: Option<Timestamp>,
    /// From standard error.
    pub stderr: bool,
    /// The text, redacted.
    pub text: String,
}

/// The status of every environment of one project, or of all projects.
///
/// # Errors
/// When there is no such project. A server that cannot be reached is a `problem` in its row.
pub async fn status(session: &Session, project: Option<&str>) -> Result<Vec<EnvironmentStatus>, Problem> {
    let _ = (session, project);
    Err(unfinished())
}

/// Restarts, stops or starts the containers of an environment, or of some services.
///
/// # Errors
/// When the server cannot be reached, a deployment is in flight, or a service is unknown.
pub async fn power(
    session: &Session,
    project: &str,
    environment: &EnvironmentName,
    services: &[ServiceName],
    power: Power,
) -> Result<Vec<ServiceStatus>, Problem> {
    let _ = (session, project, environment, services, power);
    Err(unfinished())
}

/// The output of running containers: the last `tail` lines, then what follows if `follow`.
///
/// # Errors
/// When the server cannot be reached or a service is unknown.
pub async fn logs(
    session: &Session,
    project: &str,
    environment: &EnvironmentName,
    services: &[ServiceName],
    tail: u32,
    follow: Follow,
) -> Result<BoxStream<'static, Result<ContainerLine, Problem>>, Problem> {
    let _ = (session, project, environment, services, tail, follow);
    Err(unfinished())
}

/// Whether a stream ends at the present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// It ends with what is there.
    No,
    /// It goes on with what comes.
    Yes,
}

/// Starts a command in a service's running container, without a terminal; standard input is passed on.
///
/// # Errors
/// When the server cannot be reached or the service does not run.
pub async fn exec(
    session: &Session,
    project: &str,
    environment: &EnvironmentName,
    service: &ServiceName,
    argv: &[String],
) -> Result<Running, Problem> {
    let _ = (session, project, environment, service, argv);
    Err(unfinished())
}
