//! The history that the server keeps.
//!
//! Owns: reading it back. Must never know: the laptop's own history.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    control::call,
    error::RunnerError,
    journal::{self, JournalKind},
    outcome::Outcome,
};
use crate::{
    domain::{deployment::Deployment, environment::Folders},
    host::Host,
};

/// A deployment as the server remembers it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// As the laptop that started it knew it.
    pub deployment: Deployment,
    /// How and when it ended, by the server's clock; `None` if it has not.
    pub end: Option<(Outcome, Timestamp)>,
}

/// Every deployment of an environment whose runner was started, oldest first.
///
/// # Errors
/// When the host cannot be reached.
pub async fn records(host: &dyn Host, folders: &Folders) -> Result<Vec<Recorded>, RunnerError> {
    let output = call(host, folders, &["records", folders.root()], Vec::new(), Duration::from_secs(60)).await?;
    let lines: Vec<&[u8]> = output.stdout.split(|b| *b == b'\n').collect();
    Ok(lines.chunks_exact(2).filter_map(|pair| recorded(pair[0], pair[1])).collect())
}

/// A record's line and the last line of its journal.
fn recorded(record: &[u8], last: &[u8]) -> Option<Recorded> {
    let deployment = serde_json::from_slice(record).ok()?;
    let end = journal::parse(last).and_then(|event| match event.kind {
        JournalKind::Finished(outcome) => Some((outcome, event.at)),
        _ => None,
    });
    Some(Recorded { deployment, end })
}
