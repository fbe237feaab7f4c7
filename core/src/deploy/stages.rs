//! One stage of a run, between its two events.
//!
//! Owns: that each stage is announced, stored, timed and can be cut off. Must never know: what any stage does.

use std::time::Instant;

use tokio_util::sync::CancellationToken;

use super::{halt::Halt, run::Run};
use crate::{
    domain::{deployment::Stage, event::StepEventKind},
    failpoint::reach,
    problem::Code,
};

/// A stage that has begun.
pub(super) struct Begun {
    stage: Stage,
    started: Instant,
    cancel: CancellationToken,
    lost: CancellationToken,
}

impl Begun {
    pub(super) fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// A cancel cuts the work; building cancels itself, and what is over cannot be cancelled.
    pub(super) async fn until_stopped<T>(&self, work: impl Future<Output = Result<T, Halt>>) -> Result<T, Halt> {
        if matches!(self.stage, Stage::Source | Stage::Build | Stage::Record) {
            return work.await;
        }
        tokio::select! {
            result = work => result,
            () = self.cancel.cancelled() => Err(Halt::Cancelled),
            () = self.lost.cancelled() => Err(super::heartbeat::taken().into()),
        }
    }
}

/// Runs work that borrows the run as one stage, between its two events. Every stage up to the swap can be done again, so a cut
/// connection costs one repetition and not the deployment.
macro_rules! staged {
    ($run:expr, $stage:expr, $work:expr) => {{
        let begun = $run.enter($stage).await?;
        let mut result = begun.until_stopped($work).await;
        if $run.lost_contact(&begun, &result).await? {
            result = begun.until_stopped($work).await;
        }
        $run.leave(begun, result).await?
    }};
}
pub(super) use staged;

impl Run {
    /// Begins a stage: its first event is stored, its estimate told.
    pub(super) async fn enter(&mut self, stage: Stage) -> Result<Begun, Halt> {
        self.announce(stage).await?;
        reach(format_args!("enter-{stage}"));
        let lost = self.lock.as_ref().map(|lock| lock.lost.clone()).unwrap_or_default();
        Ok(Begun { stage, started: Instant::now(), cancel: self.cancel.clone(), lost })
    }

    /// Whether a stage was cut off by the network; said in the history.
    pub(super) async fn lost_contact<T>(&mut self, begun: &Begun, result: &Result<T, Halt>) -> Result<bool, Halt> {
        let stage = begun.stage;
        match result {
            Err(Halt::Problem(problem)) if problem.code == Code::ContactLost => {
                let text = format!("{}; once more", problem.title);
                self.recorder.event(StepEventKind::Note { stage, text }).await?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Ends a stage: its last event is stored.
    pub(super) async fn leave<T>(&mut self, begun: Begun, result: Result<(T, String), Halt>) -> Result<T, Halt> {
        let (stage, ms) = (begun.stage, begun.elapsed_ms());
        reach(format_args!("leave-{stage}"));
        match result {
            Ok((value, note)) => {
                self.recorder.event(StepEventKind::StageFinished { stage, ms, note }).await?;
                self.world.store.durations().add(self.deployment.id, self.world.project.id, stage, ms).await?;
                Ok(value)
            }
            Err(halt) => {
                self.recorder.event(StepEventKind::StageFailed { stage, ms }).await?;
                Err(halt)
            }
        }
    }

    async fn announce(&mut self, stage: Stage) -> Result<(), Halt> {
        // The server says itself how far the swap is, and begins none under a lock that is not ours any more.
        if let Some(lock) = self.lock.as_ref().filter(|_| stage != Stage::Swap) {
            lock.step(&stage.to_string()).await?;
        }
        let estimate = self.world.store.durations().estimate(self.world.project.id, stage).await?;
        let estimate_ms = estimate.map(|estimate| estimate.ms);
        Ok(self.recorder.event(StepEventKind::StageStarted { stage, estimate_ms }).await?)
    }
}
