//! What a deployment tells: stored first, then shown.
//!
//! Owns: the numbering of events, the redaction of everything that is told, progress. Must never know: who listens.

use std::{future::pending, panic::resume_unwind};

use jiff::Timestamp;
use tokio::{sync::broadcast, task::JoinHandle};

use crate::{
    domain::{
        deployment::{Deployment, Stage},
        event::{LogLine, Progress, StepEvent, StepEventKind},
        id::DeploymentId,
    },
    problem::Problem,
    redact::Redactor,
    store::{
        Store, StoreError,
        logs::{LogSink, LogWriter},
    },
};

/// Something to show.
#[derive(Debug, Clone)]
pub enum Update {
    /// Stored and numbered.
    Event(StepEvent),
    /// The latest amount of something.
    Progress(Progress),
    /// Lines, redacted.
    Logs(Vec<LogLine>),
}

/// Writes down what happens to one deployment.
pub struct Recorder {
    store: Store,
    deployment: DeploymentId,
    next: u64,
    /// The last write, while nobody has waited to its end: a cancel cuts the waiting, and the write goes on.
    begun: Option<JoinHandle<Result<(), StoreError>>>,
    redactor: Redactor,
    log: Option<LogWriter>,
    progress: broadcast::Sender<Progress>,
}

impl Recorder {
    /// Goes on after the events that are stored already.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn open(
        store: &Store,
        deployment: DeploymentId,
        progress: broadcast::Sender<Progress>,
    ) -> Result<Self, StoreError> {
        let next = store.events().next(deployment).await?;
        Ok(Self { store: store.clone(), deployment, next, begun: None, redactor: Redactor::none(), log: None, progress })
    }

    /// From now on these texts are kept out of everything, and lines may be written.
    pub(super) fn keep_out(&mut self, redactor: Redactor) {
        self.log = Some(self.store.logs().writer(self.deployment, redactor.clone()));
        self.redactor = redactor;
    }

    /// Stores an event that happened now.
    pub(super) async fn event(&mut self, kind: StepEventKind) -> Result<(), StoreError> {
        self.store_event(Timestamp::now(), None, kind).await
    }

    /// Stores what the runner's journal tells, with its number and time there.
    pub(super) async fn journal(&mut self, number: u64, at: Timestamp, kind: StepEventKind) -> Result<(), StoreError> {
        self.store_event(at, Some(number), kind).await
    }

    async fn store_event(&mut self, at: Timestamp, journal: Option<u64>, kind: StepEventKind) -> Result<(), StoreError> {
        // What came of an event whose teller was cut off is its teller's affair; only its number matters here.
        let _ = self.stored().await;
        let event = StepEvent { index: self.next, at, journal, kind: redacted(&self.redactor, kind) };
        let (events, deployment) = (self.store.events(), self.deployment);
        self.begun = Some(tokio::spawn(async move { events.append(deployment, &event).await }));
        self.stored().await
    }

    /// Waits for the write that was begun.
    async fn stored(&mut self) -> Result<(), StoreError> {
        let Some(begun) = &mut self.begun else { return Ok(()) };
        let stored = begun.await;
        self.begun = None;
        match stored {
            Ok(stored) => stored?,
            Err(gone) if gone.is_panic() => resume_unwind(gone.into_panic()),
            // The runtime goes down, and we with it.
            Err(_) => return pending().await,
        }
        self.next += 1;
        Ok(())
    }

    /// Stores the end: the deployment's row and its last event, both or neither. The log is closed first; one that could not
    /// be written to its end says so in the history, and does not keep the end from being recorded.
    pub(super) async fn end(mut self, deployment: &mut Deployment) -> Result<(), StoreError> {
        if let Some(log) = self.log.take()
            && let Err(error) = log.close().await
        {
            let text = format!("the log is not whole: {error}");
            let _ = self.event(StepEventKind::Note { stage: Stage::Record, text }).await;
        }
        let _ = self.stored().await;
        deployment.problem = deployment.problem.take().map(|problem| clean(&self.redactor, problem));
        let kind = StepEventKind::Finished {
            status: deployment.status,
            release: deployment.release.clone(),
            problem: deployment.problem.clone(),
        };
        let event = StepEvent { index: self.next, at: Timestamp::now(), journal: None, kind };
        self.store.deployments().record(deployment, &event).await
    }

    /// Stops telling without an end: the server goes on alone.
    pub(super) async fn leave(mut self, reason: &Problem) -> Result<(), StoreError> {
        self.event(StepEventKind::Detached { reason: reason.title.clone() }).await?;
        match self.log.take() {
            Some(log) => log.close().await.map(drop),
            None => Ok(()),
        }
    }

    /// Keeps what a failing service printed last in the log of the swap.
    /// A log that cannot be written (a full disk) is no reason to misjudge a swap.
    pub(super) async fn output(&self, text: &str) {
        let Some(log) = &self.log else { return };
        for line in text.lines() {
            let line = LogLine { at: Timestamp::now(), stage: Stage::Swap, source: None, text: line.to_owned() };
            if log.write(line).await.is_err() {
                return;
            }
        }
    }

    /// A way into the log for those who print much.
    pub(super) fn sink(&self) -> Option<LogSink> {
        self.log.as_ref().map(LogWriter::sink)
    }

    /// A way to tell how far something is; may be dropped.
    pub(super) fn progress(&self) -> broadcast::Sender<Progress> {
        self.progress.clone()
    }
}

fn redacted(redactor: &Redactor, kind: StepEventKind) -> StepEventKind {
    let clean = |text: String| redactor.text(&text).into_owned();
    match kind {
        StepEventKind::StageFinished { stage, ms, note } => StepEventKind::StageFinished { stage, ms, note: clean(note) },
        StepEventKind::StepFinished { stage, step, service, ms, ok, note } => {
            StepEventKind::StepFinished { stage, step: clean(step), service, ms, ok, note: clean(note) }
        }
        StepEventKind::StepStarted { stage, step, service } => StepEventKind::StepStarted { stage, step: clean(step), service },
        StepEventKind::Note { stage, text } => StepEventKind::Note { stage, text: clean(text) },
        other => other,
    }
}

fn clean(redactor: &Redactor, problem: Problem) -> Problem {
    let clean = |text: String| redactor.text(&text).into_owned();
    Problem { code: problem.code, title: clean(problem.title), detail: clean(problem.detail), hint: clean(problem.hint) }
}

#[cfg(test)]
mod tests {
    use tokio::{sync::broadcast, task::yield_now};

    use super::Recorder;
    use crate::{
        domain::{deployment::Stage, event::StepEventKind},
        store::testing,
    };

    fn note(text: &str) -> StepEventKind {
        StepEventKind::Note { stage: Stage::Pull, text: text.to_owned() }
    }

    #[tokio::test]
    async fn whoever_is_cut_off_while_it_tells_leaves_no_gap() {
        let (_dir, store) = testing::store().await;
        let one = testing::deployment(&testing::project(&store, "shop").await, 0);
        store.deployments().create(&one).await.unwrap();
        let mut recorder = Recorder::open(&store, one.id, broadcast::channel(1).0).await.unwrap();
        for round in 0..100 {
            let patience = async {
                for _ in 0..round * 20 {
                    yield_now().await;
                }
            };
            tokio::select! {
                biased;
                () = patience => {}
                told = recorder.event(note("cut off")) => told.unwrap(),
            }
            recorder.event(note(&round.to_string())).await.unwrap();
        }
        let stored = store.events().read(one.id, 0, 0).await.unwrap();
        assert!(stored.iter().enumerate().all(|(place, event)| event.index == place as u64), "{stored:?}");
        assert_eq!(stored.iter().filter(|event| event.kind != note("cut off")).count(), 100);
    }
}
