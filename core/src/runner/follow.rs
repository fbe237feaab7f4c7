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

#[cfg(test)]
mod tests {
    use std::{
        collections::VecDeque,
        sync::{Arc, Mutex},
        time::Duration,
    };

    use async_trait::async_trait;
    use futures_util::StreamExt as _;
    use tokio_util::sync::CancellationToken;

    use super::follow;
    use crate::{
        domain::{environment::Folders, id::DeploymentId},
        host::{ByteStream, Command, Host, HostError, Output, Running, Traffic},
        runner::RunnerError,
    };

    /// A server whose journal grows with every question, and whose connection breaks where it says so.
    struct Server {
        answers: Mutex<VecDeque<Answer>>,
        journal: Mutex<Vec<u8>>,
    }

    enum Answer {
        /// The runner's state, after these bytes were appended to the journal.
        Grown(&'static str, &'static str),
        Lost,
    }

    #[async_trait]
    impl Host for Server {
        fn name(&self) -> &str {
            "web"
        }

        async fn run(&self, command: Command) -> Result<Output, HostError> {
            let offset: usize = command.argv[4].parse().unwrap();
            let answer = self.answers.lock().unwrap().pop_front().unwrap_or(Answer::Lost);
            let Answer::Grown(state, bytes) = answer else {
                return Err(HostError::ContactLost { host: "web".into(), reason: "silence".into() });
            };
            let mut journal = self.journal.lock().unwrap();
            journal.extend_from_slice(bytes.as_bytes());
            let stdout = [state.as_bytes(), b"\n", &journal[offset..]].concat();
            Ok(Output { status: 0, stdout, stderr: Vec::new() })
        }

        async fn spawn(&self, _: Command) -> Result<Running, HostError> {
            Err(HostError::Refused(String::new()))
        }

        async fn dial(&self, _: &str) -> Result<ByteStream, HostError> {
            Err(HostError::Refused(String::new()))
        }

        async fn put(&self, _: &str, _: &[u8], _: u32) -> Result<(), HostError> {
            Err(HostError::Refused(String::new()))
        }

        async fn get(&self, _: &str, _: u64) -> Result<Option<Vec<u8>>, HostError> {
            Ok(None)
        }

        fn traffic(&self) -> Traffic {
            Traffic::default()
        }
    }

    /// The numbers of all events, and how the stream ended.
    async fn followed(from: u64, answers: impl IntoIterator<Item = Answer>) -> (Vec<u64>, Option<RunnerError>) {
        let server = Server { answers: Mutex::new(answers.into_iter().collect()), journal: Mutex::default() };
        let folders = Folders::new("/home/me", &"shop".parse().unwrap());
        let patience = Duration::from_secs(1800);
        let mut stream = follow(Arc::new(server), folders, DeploymentId::new(), from, patience, CancellationToken::new());
        let mut numbers = Vec::new();
        while let Some(event) = stream.next().await {
            match event {
                Ok(event) => numbers.push(event.seq),
                Err(error) => return (numbers, Some(error)),
            }
        }
        (numbers, None)
    }

    const ONE: &str = "1\t1\tstarted\t-\tfresh\t-\t.\n";
    const TWO: &str = "2\t2\tbegin\tsoak\t-\t-\t.\n";
    const END: &str = "3\t3\tfinished\tlive\t-\t\t.\n";

    #[tokio::test(start_paused = true)]
    async fn lost_contact_leaves_no_gap_and_repeats_nothing() {
        let (torn, rest) = TWO.split_at(7);
        let silence = std::iter::repeat_with(|| Answer::Lost).take(300);
        let answers = [Answer::Grown("running", ONE), Answer::Grown("running", torn)]
            .into_iter()
            .chain(silence)
            .chain([Answer::Grown("running", rest), Answer::Grown("finished", END)]);
        let (numbers, end) = followed(0, answers).await;
        assert_eq!((numbers, end.is_none()), (vec![1, 2, 3], true));
    }

    #[tokio::test(start_paused = true)]
    async fn who_knows_a_number_never_sees_it_again() {
        let (numbers, _) =
            followed(2, [Answer::Grown("running", ONE), Answer::Grown("finished", &[TWO, END].concat().leak()[..])]).await;
        assert_eq!(numbers, [3]);
    }

    #[tokio::test(start_paused = true)]
    async fn patience_ends_with_the_words_of_the_last_failure() {
        let (numbers, end) = followed(0, [Answer::Grown("running", ONE)]).await;
        assert_eq!(numbers, [1]);
        assert!(matches!(end, Some(RunnerError::ContactLost(HostError::ContactLost { .. }))), "{end:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_dead_runner_is_told_after_its_last_word() {
        let (numbers, end) = followed(0, [Answer::Grown("interrupted", ONE), Answer::Grown("interrupted", "")]).await;
        assert!(matches!((numbers.as_slice(), &end), ([1], Some(RunnerError::Interrupted))), "{end:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_end_that_is_known_already_ends_the_stream() {
        let (numbers, end) =
            followed(3, [Answer::Grown("finished", &[ONE, TWO, END].concat().leak()[..]), Answer::Grown("finished", "")]).await;
        assert!(numbers.is_empty() && end.is_none(), "{numbers:?} {end:?}");
    }
}
