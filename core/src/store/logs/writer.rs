//! The way into a log: a bounded queue, batches, secrets removed.
//!
//! Owns: backpressure and that nothing accepted is dropped. Must never know: what the lines mean.

use std::time::Duration;

use tokio::{sync::mpsc, task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;

use super::{Logs, block};
use crate::{
    domain::{event::LogLine, id::DeploymentId},
    redact::Redactor,
    store::StoreError,
};

/// A batch is written after this long even if it is not full.
const PATIENCE: Duration = Duration::from_millis(100);
/// Longer lines are cut, and say so.
const LONGEST: usize = 64 << 10;

/// Writes the log of one deployment. Dropping it writes what was accepted, without waiting for it.
#[derive(Debug)]
pub struct LogWriter {
    sink: LogSink,
    closing: CancellationToken,
    task: JoinHandle<Result<u64, StoreError>>,
}

/// A handle for one of several sources of the same log.
#[derive(Debug, Clone)]
pub struct LogSink(mpsc::Sender<LogLine>);

impl LogSink {
    /// Hands over a line; waits while the disk is behind.
    ///
    /// # Errors
    /// [`StoreError::LogClosed`] after the writer was closed or failed; [`LogWriter::close`] says why.
    pub async fn write(&self, line: LogLine) -> Result<(), StoreError> {
        self.0.send(line).await.map_err(|_| StoreError::LogClosed)
    }
}

impl LogWriter {
    /// Hands over a line; waits while the disk is behind.
    ///
    /// # Errors
    /// As for [`LogSink::write`].
    pub async fn write(&self, line: LogLine) -> Result<(), StoreError> {
        self.sink.write(line).await
    }

    /// Another handle to the same log.
    #[must_use]
    pub fn sink(&self) -> LogSink {
        self.sink.clone()
    }

    /// Accepts no more lines, writes all that were accepted, and returns how many lines the log has.
    ///
    /// # Errors
    /// Why a batch could not be written.
    pub async fn close(self) -> Result<u64, StoreError> {
        self.closing.cancel();
        drop(self.sink);
        self.task.await.unwrap_or(Err(StoreError::LogClosed))
    }
}

impl Logs {
    /// Begins to write the log of a deployment, after the lines that are there already.
    #[must_use]
    pub fn writer(&self, deployment: DeploymentId, redactor: Redactor) -> LogWriter {
        let (sender, lines) = mpsc::channel(block::LINES);
        let closing = CancellationToken::new();
        let task = tokio::spawn(run(self.clone(), deployment, redactor, lines, closing.clone()));
        LogWriter { sink: LogSink(sender), closing, task }
    }
}

async fn run(
    logs: Logs,
    deployment: DeploymentId,
    redactor: Redactor,
    mut lines: mpsc::Receiver<LogLine>,
    closing: CancellationToken,
) -> Result<u64, StoreError> {
    loop {
        let mut batch = Vec::new();
        fill(&mut batch, &mut lines, &closing).await;
        if batch.is_empty() {
            return logs.count(deployment).await;
        }
        for line in &mut batch {
            clean(line, &redactor);
        }
        logs.append(deployment, batch).await?;
    }
}

/// Waits for a first line, then takes what comes within the patience; nothing means the end.
async fn fill(batch: &mut Vec<LogLine>, lines: &mut mpsc::Receiver<LogLine>, closing: &CancellationToken) {
    let mut deadline = None;
    while batch.len() < block::LINES {
        let room = block::LINES - batch.len();
        let until = deadline.unwrap_or_else(|| Instant::now() + Duration::from_hours(24));
        tokio::select! {
            biased;
            () = closing.cancelled(), if !lines.is_closed() => lines.close(),
            taken = lines.recv_many(batch, room) => if taken == 0 { return },
            () = tokio::time::sleep_until(until) => if deadline.is_some() { return },
        }
        deadline = deadline.or_else(|| (!batch.is_empty()).then(|| Instant::now() + PATIENCE));
    }
}

fn clean(line: &mut LogLine, redactor: &Redactor) {
    if let std::borrow::Cow::Owned(text) = redactor.text(&line.text) {
        line.text = text;
    }
    if line.text.len() > LONGEST {
        let more = line.text.len() - LONGEST;
        line.text.truncate(line.text.floor_char_boundary(LONGEST));
        line.text.push_str(&format!(" [cut, {more} more bytes]"));
    }
}
