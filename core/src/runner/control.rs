//! Starting, asking and cancelling the runner.
//!
//! Owns: the calls of the script's subcommands. Must never know: what a journal line means beyond the last one.

use std::time::Duration;

use super::{
    bundle::bundle,
    error::RunnerError,
    journal::{self, JournalKind, Step},
    order::{Order, files},
    outcome::Outcome,
    script,
};
use crate::{
    domain::{environment::Folders, id::DeploymentId},
    host::{Command, Host, Output},
};

/// What a start found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Started {
    /// A runner works now.
    Started,
    /// One worked already.
    AlreadyRunning,
    /// The swap had ended already.
    AlreadyFinished,
}

/// How a deployment stands on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// No runner ever began.
    NotStarted,
    /// A runner works.
    Running,
    /// One began and is gone without an end; starting it again settles the swap.
    Interrupted,
    /// It ended.
    Finished(Outcome),
}

/// How long a short call may take.
const CALL: Duration = Duration::from_secs(30);
const JOURNAL_CAP: u64 = 16 << 20;
const LOG_CAP: u64 = 1 << 20;

/// Hands the order over and starts the runner, detached from this connection. A second start changes nothing.
///
/// # Errors
/// When the host cannot be reached, its disk is full, another deployment's runner works there, or the lock is not the order's.
pub async fn start(host: &dyn Host, folders: &Folders, order: &Order) -> Result<Started, RunnerError> {
    let order_files = bundle(&files(order)).map_err(|error| RunnerError::Order(error.to_string()))?;
    begin(host, folders, order.record.id, order_files).await
}

/// Starts an interrupted runner again with the order that is already there.
///
/// # Errors
/// As for [`start`], and when there is no order.
pub async fn resume(host: &dyn Host, folders: &Folders, deployment: DeploymentId) -> Result<Started, RunnerError> {
    begin(host, folders, deployment, Vec::new()).await
}

async fn begin(host: &dyn Host, folders: &Folders, deployment: DeploymentId, order: Vec<u8>) -> Result<Started, RunnerError> {
    let folder = folders.deployment(&deployment.to_string());
    match call(host, folders, &["start", &folder], order, CALL).await?.text().as_str() {
        "started" => Ok(Started::Started),
        "running" => Ok(Started::AlreadyRunning),
        "finished" => Ok(Started::AlreadyFinished),
        "busy" => Err(RunnerError::Busy),
        "taken" => Err(RunnerError::Taken),
        other => Err(RunnerError::Script(format!("unexpected answer `{other}`"))),
    }
}

/// How a deployment stands.
///
/// # Errors
/// When the host cannot be reached.
pub async fn state(host: &dyn Host, folders: &Folders, deployment: DeploymentId) -> Result<State, RunnerError> {
    let folder = folders.deployment(&deployment.to_string());
    let output = call(host, folders, &["state", &folder], Vec::new(), CALL).await?;
    match output.text().as_str() {
        "none" => Ok(State::NotStarted),
        "running" => Ok(State::Running),
        "interrupted" => Ok(State::Interrupted),
        "finished" => Ok(State::Finished(outcome(host, &folder).await?)),
        other => Err(RunnerError::Script(format!("unexpected answer `{other}`"))),
    }
}

/// Whether there is no way back any more but another swap.
///
/// # Errors
/// When the host cannot be reached.
pub async fn is_committed(host: &dyn Host, folders: &Folders, deployment: DeploymentId) -> Result<bool, RunnerError> {
    let path = format!("{}/journal", folders.deployment(&deployment.to_string()));
    let (events, _) = journal::parse_all(&host.get(&path, JOURNAL_CAP).await?.unwrap_or_default());
    Ok(events.iter().any(|event| matches!(event.kind, JournalKind::Begin { step: Step::Commit, .. })))
}

/// Asks the runner to undo at the next point where it can; after the commit it changes nothing.
///
/// # Errors
/// When the host cannot be reached.
pub async fn cancel(host: &dyn Host, folders: &Folders, deployment: DeploymentId) -> Result<(), RunnerError> {
    let folder = folders.deployment(&deployment.to_string());
    Ok(host.put(&format!("{folder}/cancel"), b"", 0o600).await?)
}

/// The last output of the service that made the swap fail; empty if none was kept.
///
/// # Errors
/// When the host cannot be reached.
pub async fn failed_log(host: &dyn Host, folders: &Folders, deployment: DeploymentId) -> Result<String, RunnerError> {
    let path = format!("{}/failed.log", folders.deployment(&deployment.to_string()));
    let bytes = host.get(&path, LOG_CAP).await?.unwrap_or_default();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Runs a subcommand of the script; where this version of it is missing, it is uploaded first.
pub(super) async fn call(
    host: &dyn Host,
    folders: &Folders,
    words: &[&str],
    stdin: Vec<u8>,
    deadline: Duration,
) -> Result<Output, RunnerError> {
    let text = script::text();
    let path = script::path(folders, &text);
    let argv = ["sh", &path].into_iter().chain(words.iter().copied());
    let command = Command::new(argv).stdin(stdin).deadline(deadline);
    let output = host.run(command.clone()).await?;
    let output = if NO_SUCH_SCRIPT.contains(&output.status) {
        host.put(&path, text.as_bytes(), 0o700).await?;
        host.run(command).await?
    } else {
        output
    };
    if output.success() {
        Ok(output)
    } else {
        Err(RunnerError::Script(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
    }
}

/// What shells answer when the script file cannot be opened (dash 2, bash and busybox 127); the script itself uses neither.
const NO_SUCH_SCRIPT: [i32; 2] = [2, 127];

async fn outcome(host: &dyn Host, folder: &str) -> Result<Outcome, RunnerError> {
    let bytes = host.get(&format!("{folder}/journal"), JOURNAL_CAP).await?.unwrap_or_default();
    journal::outcome_of(&bytes).ok_or_else(|| RunnerError::Script("its journal has no end".to_owned()))
}
