//! What containers print.

use bollard::{container::LogOutput, query_parameters::LogsOptionsBuilder};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};

use super::{
    Engine, Result,
    error::{EngineError, translate},
    names::checked,
};

/// Which part of a container's log is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogOptions {
    /// Go on until the container ends.
    pub follow: Follow,
    /// Only the last lines; `None` for all.
    pub tail: Option<u32>,
}

/// Whether a log is followed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Follow {
    /// What is there now.
    #[default]
    No,
    /// And what is printed from now on.
    Yes,
}

/// A piece of what a container printed; borders fall anywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogChunk {
    /// Where it was printed.
    pub source: LogSource,
    /// Exactly what was printed.
    pub bytes: Bytes,
}

/// Where something was printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LogSource {
    /// Standard output, or a terminal.
    Stdout,
    /// Standard error.
    Stderr,
}

impl Engine {
    /// What a container printed, oldest first. Without [`Follow`] the stream ends; with it, it ends with the container.
    /// A stream that is not read holds nobody up: it has a connection of its own lane.
    pub fn logs(&self, container: &str, options: LogOptions) -> impl Stream<Item = Result<LogChunk>> + Send + use<> {
        let tail = options.tail.map_or_else(|| "all".to_owned(), |n| n.to_string());
        let wanted =
            LogsOptionsBuilder::default().stdout(true).stderr(true).follow(options.follow == Follow::Yes).tail(&tail).build();
        let host = self.host().to_owned();
        match checked(container) {
            Ok(container) => {
                let chunks = self.bulk().logs(container, Some(wanted));
                chunks
                    .map(move |chunk| chunk.map(piece).map_err(|e| translate(&host, "read a container's log", &e)))
                    .left_stream()
            }
            Err(error) => futures_util::stream::once(async { Err::<LogChunk, EngineError>(error) }).right_stream(),
        }
    }
}

fn piece(output: LogOutput) -> LogChunk {
    let source = if matches!(output, LogOutput::StdErr { .. }) { LogSource::Stderr } else { LogSource::Stdout };
    LogChunk { source, bytes: output.into_bytes() }
}
