//! What a deployment's events add up to.
//!
//! Owns: the fold. Must never know: how it is shown.

use jiff::Timestamp;
use plimsoll_core::{
    domain::{
        commit::Commit,
        deployment::{Stage, Status},
        event::{StepEvent, StepEventKind},
        id::DeploymentId,
        release::ReleaseId,
    },
    problem::Problem,
};

use super::human;
use crate::{exit::Outcome, signals::Moment};

/// Everything known so far.
#[derive(Debug, Default)]
pub(crate) struct Story {
    /// The deployment.
    pub(crate) deployment: Option<DeploymentId>,
    /// What it is made from.
    pub(crate) commit: Option<Commit>,
    /// What is to serve.
    pub(crate) release: Option<ReleaseId>,
    /// What served before; the outer `None` means that it is not known yet.
    pub(crate) previous: Option<Option<ReleaseId>>,
    /// Stages that ended, with their milliseconds.
    pub(crate) stages: Vec<(Stage, u64)>,
    /// The stage that runs.
    pub(crate) current: Option<Stage>,
    /// The stage that failed.
    pub(crate) failed: Option<Stage>,
    /// Why the server goes on alone.
    pub(crate) detached: Option<String>,
    /// How it ended.
    pub(crate) status: Option<Status>,
    /// Why it did not go live.
    pub(crate) problem: Option<Problem>,
    swap_began: bool,
    began: Option<Timestamp>,
    latest: Option<Timestamp>,
}

impl Story {
    /// Before the first event.
    pub(crate) fn of(deployment: DeploymentId) -> Self {
        Self { deployment: Some(deployment), ..Self::default() }
    }

    /// Takes the next event.
    pub(crate) fn take(&mut self, event: &StepEvent) {
        self.began.get_or_insert(event.at);
        self.latest = Some(event.at);
        match &event.kind {
            StepEventKind::Started { deployment } => self.deployment = Some(*deployment),
            StepEventKind::Resolved { commit } => self.commit = Some(commit.clone()),
            StepEventKind::ReleaseKnown { release, previous } => {
                self.release = Some(release.clone());
                self.previous = Some(previous.clone());
            }
            StepEventKind::StageStarted { stage, .. } => self.begin(*stage),
            StepEventKind::StageFinished { stage, ms, .. } => self.end(*stage, *ms),
            StepEventKind::StageFailed { stage, ms } => {
                self.end(*stage, *ms);
                self.failed = Some(*stage);
            }
            StepEventKind::Detached { reason } => self.detached = Some(reason.clone()),
            StepEventKind::Finished { status, release, problem } => {
                self.status = Some(*status);
                self.release = release.clone().or(self.release.take());
                self.problem.clone_from(problem);
                self.failed = self.failed.or(self.current);
            }
            StepEventKind::StageSkipped { .. }
            | StepEventKind::StepStarted { .. }
            | StepEventKind::StepFinished { .. }
            | StepEventKind::Note { .. } => {}
        }
    }

    fn begin(&mut self, stage: Stage) {
        self.current = Some(stage);
        self.swap_began |= stage == Stage::Swap;
    }

    fn end(&mut self, stage: Stage, ms: u64) {
        self.current = None;
        self.stages.push((stage, ms));
    }

    /// Where it stands, as far as stopping it is concerned.
    pub(crate) fn moment(&self) -> Moment {
        match (self.swap_began, self.current) {
            (false, _) => Moment::BeforeSwap,
            (true, Some(Stage::Swap)) => Moment::Swap,
            (true, _) => Moment::AfterSwap,
        }
    }

    /// Whether the runner has begun to change what serves.
    pub(crate) fn swap_began(&self) -> bool {
        self.swap_began
    }

    /// How it ended; without an end the server goes on, or nothing has moved.
    pub(crate) fn outcome(&self) -> Outcome {
        Outcome::Ended {
            status: self.settled_status(),
            problem: self.problem.as_ref().map(|p| p.code),
            stage: self.failed.or(self.current),
        }
    }

    /// The status to report.
    pub(crate) fn settled_status(&self) -> Status {
        self.status.unwrap_or(if self.swap_began { Status::Running } else { Status::Cancelled })
    }

    /// How long it took, in words.
    pub(crate) fn took(&self) -> String {
        let ms = self.began.zip(self.latest).map_or(0, |(from, to)| human::between(from, to));
        human::duration(ms)
    }

    /// What people call the thing that is deployed: the commit, else the release.
    pub(crate) fn label(&self) -> Option<String> {
        let commit = self.commit.as_ref().map(|c| c.id.short().to_owned());
        commit.or_else(|| self.release.as_ref().map(ToString::to_string))
    }
}
