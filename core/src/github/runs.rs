//! Runs of workflows: starting, finding, following, stopping, running again what failed.
//!
//! Owns: what each answer proves about whether something runs. Must never know: what a run builds.

use std::collections::BTreeMap;

use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::{
    Class, GitHub, GithubError, Read,
    error::Result,
    repo::RepositoryName,
    types::{Attempt, Jobs, RepositoryId, Run, RunId, Runs},
};

/// A workflow of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowRef {
    /// Where it is.
    pub repository: RepositoryName,
    /// That repository's number: its name may move to another one.
    pub id: RepositoryId,
    /// Its file's name, without folders.
    pub file: String,
}

/// What is to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispatch {
    /// The branch or tag whose workflow file runs.
    pub git_ref: String,
    /// Its inputs.
    pub inputs: BTreeMap<String, String>,
}

/// What is known after asking for a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dispatched {
    /// It runs, as this.
    Started(RunId),
    /// It will run; its number was not told.
    Accepted,
    /// Nothing runs.
    Refused(GithubError),
    /// Perhaps it runs. It must be looked for, and never asked for again.
    Unknown(GithubError),
}

/// What is known after asking for an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    /// GitHub stops it.
    Asked,
    /// It had ended.
    Ended,
}

#[derive(Deserialize)]
struct Details {
    workflow_run_id: RunId,
}

/// The newest runs of a workflow, at most 100.
#[must_use]
pub fn runs(workflow: &WorkflowRef) -> Read<Runs> {
    let path = workflow.repository.path(&["actions", "workflows", &workflow.file, "runs"]);
    Read::new(path).with("per_page", 100).about(Some(workflow.id))
}

/// A run.
#[must_use]
pub fn run(workflow: &WorkflowRef, run: RunId) -> Read<Run> {
    Read::new(workflow.repository.path(&["actions", "runs", &run.to_string()])).about(Some(workflow.id))
}

/// The first 100 jobs of an attempt.
#[must_use]
pub fn jobs(workflow: &WorkflowRef, run: RunId, attempt: Attempt) -> Read<Jobs> {
    let (run, attempt) = (run.to_string(), attempt.to_string());
    let path = workflow.repository.path(&["actions", "runs", &run, "attempts", &attempt, "jobs"]);
    Read::new(path).with("per_page", 100).about(Some(workflow.id))
}

impl GitHub {
    /// Asks for a run, exactly once.
    pub async fn dispatch(&self, workflow: &WorkflowRef, order: &Dispatch) -> Dispatched {
        match self.dispatched(workflow, order).await {
            Ok(dispatched) => dispatched,
            Err(error) if error.proves_nothing_was_done() => Dispatched::Refused(error),
            Err(error) => Dispatched::Unknown(error),
        }
    }

    /// Stops a run; one that has ended is no error.
    ///
    /// # Errors
    /// When GitHub does not do it or does not answer.
    pub async fn cancel(&self, workflow: &WorkflowRef, run: RunId) -> Result<Cancelled> {
        match self.post_to(workflow, run, "cancel").await {
            Ok(()) => Ok(Cancelled::Asked),
            Err(GithubError::Conflict { .. }) => Ok(Cancelled::Ended),
            Err(error) => Err(error),
        }
    }

    /// Runs the failed jobs of a run again, and what needs them: its next attempt.
    ///
    /// # Errors
    /// When GitHub does not do it or does not answer; [`GithubError::proves_nothing_was_done`] tells whether it may have begun.
    pub async fn rerun_failed(&self, workflow: &WorkflowRef, run: RunId) -> Result<()> {
        self.post_to(workflow, run, "rerun-failed-jobs").await
    }

    async fn dispatched(&self, workflow: &WorkflowRef, order: &Dispatch) -> Result<Dispatched> {
        let path = workflow.repository.path(&["actions", "workflows", &workflow.file, "dispatches"]);
        let body = json!({ "ref": order.git_ref, "inputs": order.inputs });
        let ask = self.ask(Method::POST, &path, Class::Act)?.with(body);
        let answer = self.send(&ask, None).await?;
        if answer.good(&ask)?.status == StatusCode::NO_CONTENT {
            return Ok(Dispatched::Accepted);
        }
        Ok(Dispatched::Started(answer.value::<Details>(&ask)?.workflow_run_id))
    }

    async fn post_to(&self, workflow: &WorkflowRef, run: RunId, act: &str) -> Result<()> {
        let path = workflow.repository.path(&["actions", "runs", &run.to_string(), act]);
        let ask = self.ask(Method::POST, &path, Class::Act)?;
        self.send(&ask, None).await?.good(&ask).map(drop)
    }
}

#[cfg(test)]
mod tests;
