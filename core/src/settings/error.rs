//! What can be wrong with `plimsoll.toml`.
//!
//! Owns: those errors and their wording. Must never know: how they are found.

use std::{fmt, io, ops::Range, path::PathBuf};

use crate::problem::{Code, Problem};

/// A place in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

impl Position {
    pub(super) fn of(text: &str, span: Option<Range<usize>>) -> Self {
        let before = text.get(..span.map_or(0, |s| s.start)).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)
    }
}

/// Why `plimsoll.toml` cannot be used. A fragment fit for "cannot use plimsoll.toml because …".
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read or written.
    #[error("{} cannot be read or written: {source}", .path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Not TOML.
    #[error("{at}, column {}: {reason}", .at.column)]
    Syntax {
        /// Where.
        at: Position,
        /// What was expected.
        reason: String,
    },
    /// A key that means nothing here.
    #[error("{at}: `{key}` is not a key of {table}")]
    UnknownKey {
        /// Where.
        at: Position,
        /// The key.
        key: String,
        /// In which table, in words.
        table: String,
        /// What was probably meant.
        nearest: Option<String>,
        /// What is allowed there.
        allowed: Vec<String>,
    },
    /// A value that is not allowed.
    #[error("{at}: `{key}` {problem}")]
    Value {
        /// Where.
        at: Position,
        /// The key, with its tables.
        key: String,
        /// What is wrong with the value: "must be …", "contains …".
        problem: String,
        /// What is allowed.
        allowed: String,
    },
    /// A key that must be there.
    #[error("{at}: {table} needs `{key}`")]
    Missing {
        /// Where its table begins.
        at: Position,
        /// The table, in words.
        table: String,
        /// The key.
        key: String,
    },
}

impl From<SettingsError> for Problem {
    fn from(error: SettingsError) -> Self {
        let hint = match &error {
            SettingsError::File { .. } => "Check the file's permissions and the free space on this disk.".to_owned(),
            SettingsError::Syntax { .. } => "Mend that line; strings stand in double quotes.".to_owned(),
            SettingsError::UnknownKey { nearest: Some(nearest), .. } => format!("Write `{nearest}` if that is what is meant."),
            SettingsError::UnknownKey { allowed, .. } => format!("Use one of: {}.", allowed.join(", ")),
            SettingsError::Value { allowed, .. } => format!("Write {allowed}."),
            SettingsError::Missing { key, .. } => format!("Add `{key}` there."),
        };
        let (code, title) = match &error {
            SettingsError::File { .. } => (Code::LocalFile, "plimsoll.toml cannot be read or written"),
            _ => (Code::SettingsInvalid, "plimsoll.toml cannot be used"),
        };
        Self::new(code, title, error.to_string(), hint)
    }
}
