//! Output of deployments, in a database of its own.
//!
//! Owns: line numbers without gaps, reading a range, following. Must never know: secrets (a Redactor removes them
//! on the way in) or who prints.
//!
//! Lines lie in zstd blocks of up to 1000, one row per block: a batch is one row, one transaction and one
//! compression, and no index grows while lines arrive.

mod append;
mod block;
mod follow;
mod read;
mod search;
mod tend;
mod writer;

#[cfg(test)]
mod tests;

pub use read::{LogFilter, Page};
pub use search::{Hit, Pattern};
pub use writer::{LogSink, LogWriter};

use super::{StoreError, database::Database};
use crate::domain::event::LogLine;

/// A stored line.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct NumberedLine {
    /// 1, 2, 3, … within the deployment.
    pub number: u64,
    /// The line.
    #[serde(flatten)]
    pub line: LogLine,
}

/// The logs.
#[derive(Debug, Clone)]
pub struct Logs {
    pub(super) db: Database,
    /// Tells which deployments have ended.
    pub(super) state: Database,
}

/// Packing and unpacking takes milliseconds of computing, which is too long between two awaits.
async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is going down.
            Err(_) => Err(StoreError::LogClosed),
        },
    }
}
