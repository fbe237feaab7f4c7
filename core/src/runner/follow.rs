//! Following a swap from afar.
//!
//! Owns: reading the journal as it grows, across lost contact. Must never know: what to do about what it reads.

use std::{sync::Arc, time::Duration};

use futures_util::stream::{self, BoxStream, StreamExt as _};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{
    control::call,
    error::RunnerError,
    journal::{self, JournalEvent, JournalKind},
};
use crate::{
    domain::{environment::Folders, id::DeploymentId},
    host::{Host, HostError},
};

/// How long one question waits on the server for news.
const WAIT_S: u64 = 8;
/// How long one question may take in all: a silent network is noticed within 20 s.
const DEADLINE: Duration = Duration::from_secs(18);
/// Pauses between tries while contact is lost.
const BACKOFF: [Duration; 4] =
    [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(5)];

/// Every event of a deployment's journal after number `from` (0 is all), as the server writes it.
///
/// Lost contact is taken up again without a gap or a repetition. The stream ends after `Finished`, when `cancel` fires,
/// or with an error: `ContactLost` when contact stayed away for `patience` (the server goes on; follow again later from
/// the last number), `Interrupted` when the runner died (resume it, then follow again).
#[must_use]
pub fn follow(
    host: Arc<dyn Host>,
    folders: Folders,
    deployment: DeploymentId,
    from: u64,
    patience: Duration,
    cancel: CancellationToken,
) -> BoxStream<'static, Result<JournalEvent, RunnerError>> {
    let folder = folders.deployment(&deployment.to_string());
    let reader = Reader { host, folders, folder, offset: 0, last: from, patience, over: false };
    let batches = stream::unfold(reader, |mut reader| async {
        if reader.over {
            return None;
        }
        let batch = reader.batch().await;
        Some((stream::iter(batch), reader))
    });
    batches.flatten().take_until(cancel.cancelled_owned()).boxed()
}

struct Reader {
    host: Arc<dyn Host>,
    folders: Folders,
    folder: String,
    /// Bytes of the journal that were read as whole lines.
    offset: usize,
    /// Number of the last event that was handed out.
    last: u64,
    patience: Duration,
    over: bool,
}

impl Reader {
    async fn batch(&mut self) -> Vec<Result<JournalEvent, RunnerError>> {
        match self.patient_poll().await {
            Ok(answer) => self.take(&answer),
            Err(error) => {
                self.over = true;
                vec![Err(error)]
            }
        }
    }

    /// Asks until there is an answer or patience ends.
    async fn patient_poll(&self) -> Result<Vec<u8>, RunnerError> {
        let mut silent_since = None;
        for pause in BACKOFF.into_iter().chain(std::iter::repeat(BACKOFF[BACKOFF.len() - 1])) {
            let error = match self.poll().await {
                Err(RunnerError::Host(error)) if is_contact(&error) => error,
                other => return other,
            };
            if silent_since.get_or_insert_with(Instant::now).elapsed() >= self.patience {
                return Err(RunnerError::ContactLost(error));
            }
            tokio::time::sleep(pause).await;
        }
        unreachable!("the pauses never end")
    }

    async fn poll(&self) -> Result<Vec<u8>, RunnerError> {
        let (offset, wait) = (self.offset.to_string(), WAIT_S.to_string());
        let words = ["follow", &self.folder, &offset, &wait];
        Ok(call(self.host.as_ref(), &self.folders, &words, Vec::new(), DEADLINE).await?.stdout)
    }

    /// The answer is a line with the runner's state, then the journal from our offset on.
    fn take(&mut self, answer: &[u8]) -> Vec<Result<JournalEvent, RunnerError>> {
        let (state, bytes) = match answer.iter().position(|b| *b == b'\n') {
            Some(at) => (&answer[..at], &answer[at + 1..]),
            None => (answer, &[][..]),
        };
        let (events, read) = journal::parse_all(bytes);
        self.offset += read;
        let fresh: Vec<_> = events.into_iter().filter(|event| event.seq > self.last).collect();
        self.last = fresh.last().map_or(self.last, |event| event.seq);
        self.over = fresh.iter().any(|event| matches!(event.kind, JournalKind::Finished(_)));
        let interrupted = !self.over && read == 0 && matches!(state, b"interrupted" | b"none");
        let finished_before = !self.over && read == 0 && state == b"finished";
        self.over |= interrupted || finished_before;
        let end = interrupted.then_some(Err(RunnerError::Interrupted));
        fresh.into_iter().map(Ok).chain(end).collect()
    }
}

fn is_contact(error: &HostError) -> bool {
    matches!(error, HostError::Unreachable { .. } | HostError::ContactLost { .. } | HostError::TimedOut { .. })
}
