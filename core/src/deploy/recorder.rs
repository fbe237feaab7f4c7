//! What a deployment tells: stored first, then shown.
//!
//! Owns: the numbering of events, the redaction of everything that is told, progress. Must never know: who listens.

use jiff::Timestamp;
use tokio::sync::broadcast;

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
        Ok(Self { store: store.clone(), deployment, next, redactor: Redactor::none(), log: None, progress })
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
        let event = StepEvent { index: self.next, at, journal, kind: redacted(&self.redactor, kind) };
        self.store.events().append(self.deployment, &event).await?;
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
