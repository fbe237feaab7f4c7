//! A commit as a deployment sees it.
//!
//! Owns: its id and the few words people know it by. Must never know: git.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A full object id: 40 (SHA-1) or 64 (SHA-256) hex digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type), specta(type = String))]
#[serde(try_from = "String", into = "String")]
pub struct CommitId(String);

/// The text is not a full object id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a commit id")]
pub struct CommitIdError(String);

impl CommitId {
    /// The whole id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Seven digits, for people.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.0[..7]
    }
}

impl FromStr for CommitId {
    type Err = CommitIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let valid = matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase());
        if valid { Ok(Self(text.to_owned())) } else { Err(CommitIdError(text.to_owned())) }
    }
}

impl TryFrom<String> for CommitId {
    type Error = CommitIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<CommitId> for String {
    fn from(id: CommitId) -> Self {
        id.0
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is deployed from: a commit, or a snapshot of a work tree that no branch holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Commit {
    /// The object id.
    pub id: CommitId,
    /// First line of its message.
    pub subject: String,
    /// Who wrote it.
    pub author: String,
    /// When it was committed.
    pub at: Timestamp,
    /// The branch it was found on, where there is one.
    pub branch: Option<String>,
    /// A snapshot of uncommitted changes (`--dirty`).
    pub dirty: bool,
}
