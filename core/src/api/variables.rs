//! Variables of an environment. They live on its server and apply at the next deployment.
//!
//! Owns: those acts. Must never know: how the file is written.

use serde::{Deserialize, Serialize};

use super::{Session, projects::unfinished};
use crate::{
    domain::{name::EnvironmentName, secret::Secret},
    problem::Problem,
};

/// For whom a variable is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The running services.
    Run,
    /// The build.
    Build,
}

/// A variable without its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// For whom.
    pub scope: Scope,
    /// Set or changed since the last deployment.
    pub pending: bool,
}

/// Names of all variables; values are not read.
///
/// # Errors
/// When there is no such project or environment, or its server cannot be reached.
pub async fn list(session: &Session, project: &str, environment: &EnvironmentName) -> Result<Vec<Variable>, Problem> {
    let _ = (session, project, environment);
    Err(unfinished())
}

/// The value of one variable.
///
/// # Errors
/// As for [`list`]; also when there is no such variable.
pub async fn reveal(session: &Session, project: &str, environment: &EnvironmentName, name: &str) -> Result<Secret, Problem> {
    let _ = (session, project, environment, name);
    Err(unfinished())
}

/// Sets variables. Names must match `[A-Za-z_][A-Za-z0-9_]*`, values hold no NUL.
///
/// # Errors
/// As for [`list`]; also for an invalid name or value.
pub async fn set(
    session: &Session,
    project: &str,
    environment: &EnvironmentName,
    scope: Scope,
    values: Vec<(String, Secret)>,
) -> Result<Vec<Variable>, Problem> {
    let _ = (session, project, environment, scope, values);
    Err(unfinished())
}

/// Removes variables.
///
/// # Errors
/// As for [`list`]; also when one of them is not set.
pub async fn unset(
    session: &Session,
    project: &str,
    environment: &EnvironmentName,
    scope: Scope,
    names: &[String],
) -> Result<Vec<Variable>, Problem> {
    let _ = (session, project, environment, scope, names);
    Err(unfinished())
}

/// Sets every variable of a `.env` file's content.
///
/// # Errors
/// As for [`set`]; also when the content cannot be read, with its line.
pub async fn import(
    session: &Session,
    project: &str,
    environment: &EnvironmentName,
    scope: Scope,
    content: Secret,
) -> Result<Vec<Variable>, Problem> {
    let _ = (session, project, environment, scope, content);
    Err(unfinished())
}
