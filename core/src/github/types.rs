//! What is read of GitHub's answers, and nothing else of them.
//!
//! Owns: their shapes. Must never know: how they were asked for.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident($inner:ty),)*) => {
        $($(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        })*
    };
}

ids! {
    /// A repository, whatever it is called.
    RepositoryId(u64),
    /// A run of a workflow.
    RunId(u64),
    /// A job of one attempt of a run.
    JobId(u64),
    /// Which time a run is run, from 1.
    Attempt(u32),
}

/// Who a token belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Account {
    /// Its name.
    pub login: String,
}

/// A repository.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Repository {
    /// Stays when it is renamed.
    pub id: RepositoryId,
    /// `owner/name`, as it is called now.
    pub full_name: String,
    /// Only those who were let in see it.
    pub private: bool,
    /// Where a workflow must be to be started.
    pub default_branch: String,
}

/// A page of runs, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Runs {
    /// How many there are in all.
    pub total_count: u64,
    /// Those of the page.
    pub workflow_runs: Vec<Run>,
}

/// A run of a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Run {
    /// Its number.
    pub id: RunId,
    /// As `run-name` makes it.
    pub display_title: String,
    /// The workflow's file, as `.github/workflows/x.yml`.
    pub path: String,
    /// The commit that the workflow was taken from.
    pub head_sha: String,
    /// What started it: `push`, `workflow_dispatch`, …
    pub event: String,
    /// How far it is.
    pub status: Option<RunStatus>,
    /// How it ended.
    pub conclusion: Option<Conclusion>,
    /// Which time it is run.
    pub run_attempt: Attempt,
    /// Where people see it.
    pub html_url: String,
    /// When it was started.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

/// The jobs of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Jobs {
    /// How many there are in all.
    pub total_count: u64,
    /// Those of the page.
    pub jobs: Vec<Job>,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// Its name.
    pub name: String,
    /// How far it is.
    pub status: RunStatus,
    /// How it ended.
    pub conclusion: Option<Conclusion>,
    /// When it began; GitHub gives a time to jobs that still wait, too.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// The machine that has it; none has a job that never started.
    pub runner_name: Option<String>,
    /// Its steps, as far as they are known.
    #[serde(default)]
    pub steps: Vec<Step>,
}

/// A step of a job.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Step {
    /// Its place, from 1.
    pub number: u32,
    /// Its name.
    pub name: String,
    /// How far it is.
    pub status: RunStatus,
    /// How it ended.
    pub conclusion: Option<Conclusion>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident => $text:literal,)* })*) => {
        $($(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
        #[serde(from = "String")]
        pub enum $name {
            $($(#[$word_doc])* $word,)*
            /// A word that is not known here.
            Other(Word),
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                match text.as_str() {
                    $($text => Self::$word,)*
                    _ => Self::Other(Word(text)),
                }
            }
        })*
    };
}

/// A word of GitHub's that this version does not know.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Word(pub String);

words! {
    /// How far a run, a job or a step is.
    RunStatus {
        /// It waits for a machine.
        Queued => "queued",
        /// It waits for another run of its group, or is about to be queued.
        Pending => "pending",
        /// It waits for a person's review.
        Waiting => "waiting",
        /// It was asked for.
        Requested => "requested",
        /// It runs.
        InProgress => "in_progress",
        /// It ended.
        Completed => "completed",
    }
    /// How a run, a job or a step ended.
    Conclusion {
        /// Well.
        Success => "success",
        /// Not well.
        Failure => "failure",
        /// Somebody stopped it.
        Cancelled => "cancelled",
        /// It was not needed.
        Skipped => "skipped",
        /// It took longer than it may.
        TimedOut => "timed_out",
        /// It could not even begin.
        StartupFailure => "startup_failure",
        /// It says neither.
        Neutral => "neutral",
        /// It waits for a person.
        ActionRequired => "action_required",
        /// It was overtaken.
        Stale => "stale",
    }
}
