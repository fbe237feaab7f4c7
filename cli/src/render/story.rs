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
    problem::{Code, Problem},
};

use super::human;
use crate::{
    exit::{Outcome, Reach},
    signals::Moment,
};

/// How the swap stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Swap {
    /// Its stage has not begun.
    #[default]
    Ahead,
    /// Its stage has begun; the server has not done anything yet.
    Starting,
    /// The server has begun.
    Moving,
}

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
    /// How it ended.
    pub(crate) status: Option<Status>,
    /// Why it did not go live.
    pub(crate) problem: Option<Problem>,
    reach: Option<Reach>,
    swap: Swap,
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
            StepEventKind::StageFinished { stage, ms, .. } | StepEventKind::StageFailed { stage, ms } => self.end(*stage, *ms),
            StepEventKind::StepStarted { stage: Stage::Swap, .. } => self.swap = Swap::Moving,
            StepEventKind::Detached { reason } => self.problem = Some(left(reason)),
            StepEventKind::Finished { status, release, problem } => {
                self.status = Some(*status);
                self.release = release.clone().or(self.release.take());
                self.problem.clone_from(problem);
            }
            StepEventKind::StageSkipped { .. }
            | StepEventKind::StepStarted { .. }
            | StepEventKind::StepFinished { .. }
            | StepEventKind::SourceSent { .. }
            | StepEventKind::Note { .. } => {}
        }
    }

    fn begin(&mut self, stage: Stage) {
        self.current = Some(stage);
        match stage {
            Stage::Resolve | Stage::Preflight | Stage::Gate => self.reach = Some(Reach::Checks),
            Stage::Source | Stage::Build | Stage::Stage | Stage::Pull | Stage::Record => self.reach = Some(Reach::Work),
            Stage::Swap => {
                self.reach = Some(Reach::Work);
                self.swap = Swap::Starting;
            }
        }
    }

    fn end(&mut self, stage: Stage, ms: u64) {
        self.current = None;
        self.stages.push((stage, ms));
    }

    /// Where it stands, as far as stopping it is concerned.
    pub(crate) fn moment(&self) -> Moment {
        match (self.swap, self.current) {
            (Swap::Ahead, _) => Moment::BeforeSwap,
            (_, Some(Stage::Swap)) => Moment::Swap,
            _ => Moment::AfterSwap,
        }
    }

    /// Whether the server has begun to change what serves.
    pub(crate) fn moved(&self) -> bool {
        self.swap == Swap::Moving
    }

    /// How it ended; without an end the server goes on, or nothing has moved.
    pub(crate) fn outcome(&self) -> Outcome {
        Outcome::Ended {
            status: self.settled_status(),
            problem: self.problem.as_ref().map(|p| p.code),
            reach: if self.moved() { Reach::Swap } else { self.reach.unwrap_or(Reach::Checks) },
        }
    }

    /// The status to report.
    pub(crate) fn settled_status(&self) -> Status {
        self.status.unwrap_or(if self.swap == Swap::Ahead { Status::Cancelled } else { Status::Running })
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

fn left(reason: &str) -> Problem {
    Problem::new(Code::ContactLost, reason, "", "Run `plimsoll resume` to learn how it ended.")
}
