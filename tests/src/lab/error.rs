//! What can go wrong while the lab is brought up, used or taken down.
//!
//! Owns: the lab's only error type. Must never know: Plimsoll itself.

use std::{io, path::Path, time::Duration};

/// Why the lab failed. A fragment fit for "failed to …: {error}".
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// A program ended with a bad status.
    #[error("`{command}` ended with {status}: {stderr}")]
    Command { command: String, status: String, stderr: String },
    /// A program could not be started, or a file not be read or written.
    #[error("{what}")]
    Io { what: String, source: io::Error },
    /// Something did not come to pass in time.
    #[error("{what} did not happen within {} s{last}", .within.as_secs())]
    Deadline { what: String, within: Duration, last: String },
    /// A machine did not come up.
    #[error("machine `{machine}` does not boot: {source}\n{logs}")]
    Boot { machine: String, logs: String, source: Box<LabError> },
    /// A lab of this name already runs.
    #[error("a lab named `{0}` is already up")]
    AlreadyUp(String),
    /// No lab of this name runs.
    #[error("no lab named `{0}` is up")]
    NotUp(String),
    /// This machine cannot run a lab.
    #[error("{0}")]
    Unsuitable(String),
    /// The lab's registry or a service of it gave an unexpected answer.
    #[error("{what} answered {answer}")]
    Answer { what: String, answer: String },
}

impl LabError {
    /// For `map_err` after something was done to `path`.
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let what = path.display().to_string();
        move |source| Self::Io { what, source }
    }
}
