//! Projects: adding, understanding, checking, forgetting.
//!
//! Owns: those acts. Must never know: how Compose or git are read.

use std::path::Path;

use serde::Serialize;

use super::Session;
use crate::{
    domain::{
        commit::Commit,
        deployment::Deployment,
        name::{EnvironmentName, Name, ServiceName},
        project::Project,
        settings::Settings,
    },
    problem::{Code, Problem},
};

/// What was understood of a project's folder.
#[derive(Debug, Clone, Serialize)]
pub struct Understood {
    /// The project.
    pub project: Project,
    /// The branch or detached commit that is checked out.
    pub head: Option<Commit>,
    /// The Compose files that were read, relative to the project's folder.
    pub compose_files: Vec<String>,
    /// Every service in the order of `depends_on`.
    pub services: Vec<ServiceSummary>,
    /// What `plimsoll.toml` says.
    pub settings: Settings,
    /// Whether `plimsoll.toml` was written by this call.
    pub settings_written: bool,
    /// What is wrong or could be better.
    pub findings: Vec<Finding>,
}

/// A service in words.
#[derive(Debug, Clone, Serialize)]
pub struct ServiceSummary {
    /// Its name.
    pub name: ServiceName,
    /// Built from this repository.
    pub built: bool,
    /// The image it is pulled as, if it is not built.
    pub image: Option<String>,
    /// Published ports, as in the Compose file: `8080:80/tcp`.
    pub ports: Vec<String>,
    /// How its health is asked, in words.
    pub probe: Option<String>,
    /// Named volumes and bind mounts: `data:/var/lib/postgresql/data`.
    pub volumes: Vec<String>,
    /// It keeps state and is never run twice.
    pub stateful: bool,
}

/// Something wrong or improvable, where and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad.
    pub severity: Severity,
    /// Stable name of the kind of finding.
    pub code: String,
    /// The file, relative to the project's folder.
    pub file: Option<String>,
    /// 1-based line in it.
    pub line: Option<usize>,
    /// What is wrong.
    pub text: String,
    /// What to do.
    pub remedy: String,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// A deployment is refused.
    Error,
    /// A deployment goes on, but this may hurt.
    Warning,
    /// It could be better.
    Advice,
}

/// A project in a list.
#[derive(Debug, Clone, Serialize)]
pub struct ProjectRow {
    /// The project.
    pub project: Project,
    /// Its environments and their servers.
    pub environments: Vec<(EnvironmentName, Name)>,
    /// Its latest deployment.
    pub latest: Option<Deployment>,
    /// The folder cannot be read; why.
    pub unreadable: Option<String>,
}

/// Adds the project in a folder; writes a commented `plimsoll.toml` if there is none.
///
/// # Errors
/// When the folder is no usable git repository, the Compose file cannot be read, or the name is taken.
pub async fn add(session: &Session, path: &Path, name: Option<&str>) -> Result<Understood, Problem> {
    let _ = (session, path, name);
    Err(unfinished())
}

/// All projects by name.
///
/// # Errors
/// When the store cannot be read.
pub async fn list(session: &Session) -> Result<Vec<ProjectRow>, Problem> {
    let _ = session;
    Err(unfinished())
}

/// What is understood of a project now.
///
/// # Errors
/// When there is no such project or its folder cannot be read.
pub async fn show(session: &Session, name: &str) -> Result<Understood, Problem> {
    let _ = (session, name);
    Err(unfinished())
}

/// Every problem of a project with line and remedy; also of a project that cannot be read.
///
/// # Errors
/// When there is no such project.
pub async fn check(session: &Session, name: &str) -> Result<Vec<Finding>, Problem> {
    let _ = (session, name);
    Err(unfinished())
}

/// Gives a project another name; nothing on a server changes.
///
/// # Errors
/// When there is no such project or the name is taken.
pub async fn rename(session: &Session, from: &str, to: &str) -> Result<Project, Problem> {
    let _ = (session, from, to);
    Err(unfinished())
}

/// Forgets a project and its history on this laptop; what runs goes on. Asks first.
///
/// # Errors
/// When there is no such project or the answer was no.
pub async fn remove(session: &Session, name: &str) -> Result<Name, Problem> {
    let _ = (session, name);
    Err(unfinished())
}

pub(super) fn unfinished() -> Problem {
    Problem::new(Code::Unsupported, "this act is not built yet", "", "Wait for the next version.")
}
