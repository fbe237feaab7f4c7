//! Questions that only a person can answer.
//!
//! Owns: which questions there are. Must never know: how they are put to the person.

use async_trait::async_trait;
use serde::Serialize;

use crate::domain::{name::Name, secret::Secret};

/// Someone who can be asked. A shell without a terminal answers [`Answer::Nobody`].
#[async_trait]
pub trait Ask: Send + Sync {
    /// Puts a yes-or-no question.
    async fn confirm(&self, question: Question) -> Answer;

    /// Asks for a text that must not be seen; `None` when nobody is there or nothing was given.
    async fn secret(&self, prompt: &str) -> Option<Secret>;
}

/// What is to be decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Question {
    /// A host is seen for the first time.
    NewHostKey { server: String, algorithm: String, fingerprint: String },
    /// A host shows another key than before.
    ChangedHostKey { server: String, pinned: String, offered: String },
    /// The ssh configuration would run this command on this machine.
    SshCommand { command: String },
    /// Something is deleted; these sentences say what goes and what stays. Where it does not come back, a window has the
    /// name typed first.
    Delete { what: String, consequences: Vec<String>, typed: Option<Name> },
    /// Something is done that people may notice; these sentences say what follows.
    Act { act: Act, what: String, consequences: Vec<String> },
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// It is started on this machine.
    Start,
    /// It stops and starts.
    Restart,
    /// It stops.
    Stop,
    /// A variable goes.
    Unset,
    /// An older release comes back.
    RollBack,
    /// What runs already is replaced by releases.
    TakeOver,
    /// It goes on although there is no way back.
    GoOn,
}

/// The decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Go on.
    Yes,
    /// Stop.
    No,
    /// There is no one to ask.
    Nobody,
}
