//! Stage 8: the runner swaps on the server; we only follow its journal.
//!
//! Owns: what the runner is told, following it, and passing on the wish to cancel or leave.
//! Must never know: how the runner does it.

use std::{collections::BTreeMap, time::Duration};

use futures_util::StreamExt as _;
use tokio_util::sync::CancellationToken;

use super::{halt::Halt, machine::Machine, recorder::Recorder, stack::StackState, swap_events::Translator, ways, world::World};
use crate::{
    docker::{ContainerFacts, compose_cli},
    domain::{
        deployment::{Deployment, Stage},
        environment::Folders,
        event::StepEventKind,
        id::DeploymentId,
        name::StackName,
        probe::{Probe, ProbeTarget},
        record::{ReleaseRecord, ServiceRecord},
        server::BootHook,
        settings::{EnvironmentSettings, ReleaseCommand, Settings},
    },
    failpoint::reach,
    problem::{Code, Problem},
    runner::{self, Order, Outcome, RemovedService, RunnerError},
};

/// How long a service may take to become ready, unless `plimsoll.toml` says otherwise.
pub(super) const READY: Duration = Duration::from_secs(60);
const PROBE_INTERVAL: Duration = Duration::from_millis(300);
const PROBE_TIMEOUT: Duration = Duration::from_secs(5);
const RELEASE_COMMAND: Duration = Duration::from_secs(900);
/// The user is told of the first question that gets no answer (within 18 s), and we go on trying.
const NOTICE: Duration = Duration::ZERO;
/// After this long without contact the laptop stops waiting.
const PATIENCE: Duration = Duration::from_secs(600);
/// An interrupted runner is started again so often, then the user is told.
const RESUMES: u32 = 3;

/// What goes into an order beside the two releases and what runs.
pub(super) struct Swap<'a> {
    pub(super) world: &'a World,
    pub(super) stack: &'a StackName,
    pub(super) deployment: &'a Deployment,
    pub(super) hook: Option<BootHook>,
    /// `None` in a rollback.
    pub(super) release_command: Option<ReleaseCommand>,
}

impl Swap<'_> {
    /// The order for the runner. A service is touched when no running container has its image and configuration.
    pub(super) fn order(&self, new: &ReleaseRecord, state: &StackState, containers: &[ContainerFacts]) -> Result<Order, Halt> {
        let old = state.record.as_ref();
        let deadline = |service: &ServiceRecord| deadline(&self.world.settings, service);
        let left = ways::left(new, state);
        Ok(Order {
            record: self.deployment.clone(),
            stack: self.stack.clone(),
            new: new.release.id.clone(),
            old: old.map(|record| record.release.id.clone()),
            services: ways::services(new, state, containers, deadline),
            removed: left.stopped.into_iter().map(|service| RemovedService { service, deadline: READY }).collect(),
            dropped: left.dropped,
            release_command: self.release_command.clone(),
            release_command_needs: new.release_command_needs.clone(),
            release_command_deadline: RELEASE_COMMAND,
            probes: new.probes.clone(),
            soak: self.world.place.soak,
            keep: self.world.place.keep,
            hook: self.hook,
            docker: compose_cli(&self.world.server.access),
            lock: lock_id(self.deployment.id)?,
        })
    }
}

/// The health checks of a release: one for each service that has one, then the public URL.
pub(super) fn probes(
    targets: &BTreeMap<crate::domain::name::ServiceName, Option<ProbeTarget>>,
    settings: &Settings,
    place: &EnvironmentSettings,
) -> Vec<Probe> {
    let probe =
        |target: ProbeTarget, deadline: Duration| Probe { target, interval: PROBE_INTERVAL, timeout: PROBE_TIMEOUT, deadline };
    let mut probes: Vec<Probe> = targets
        .iter()
        .filter_map(|(service, target)| {
            let deadline = settings.services.get(service).and_then(|s| s.deadline).unwrap_or(READY);
            target.clone().map(|target| probe(target, deadline))
        })
        .collect();
    if let Some(url) = &place.url {
        probes.push(probe(ProbeTarget::Public { url: url.clone(), expect: place.expect.clone() }, READY));
    }
    probes
}

fn deadline(settings: &Settings, service: &ServiceRecord) -> Duration {
    settings.services.get(&service.name).and_then(|s| s.deadline).unwrap_or(READY)
}

/// The lock's id is the deployment's: whoever finds the lock finds the deployment.
fn lock_id(id: DeploymentId) -> Result<crate::domain::id::LockId, Problem> {
    id.to_string()
        .parse()
        .map_err(|_| Problem::new(Code::Internal, "The lock has no id", id.to_string(), "Report this with the deployment's id."))
}

/// What following a swap came to.
pub(super) struct Followed {
    pub(super) outcome: Outcome,
    pub(super) gap_ms: Option<u64>,
    pub(super) migrated: bool,
    /// The failing service's last output.
    pub(super) log: String,
}

/// Who may end the following.
pub(super) struct Wishes<'a> {
    /// Undo.
    pub(super) cancel: &'a CancellationToken,
    /// Leave; the server goes on.
    pub(super) detach: &'a CancellationToken,
}

/// Follows a started runner to its end. Its journal is read from the beginning, whatever is in our history already: what it
/// says as a whole is asked for (how long a step took, whether the release command ran), not only what is new.
pub(super) async fn follow(
    machine: &Machine,
    folders: &Folders,
    id: DeploymentId,
    recorder: &mut Recorder,
    known: u64,
    wishes: Wishes<'_>,
) -> Result<Followed, Halt> {
    let mut following = Following {
        machine,
        folders,
        id,
        recorder,
        wishes,
        known,
        seen: 0,
        told: false,
        resumes: 0,
        translator: Translator::default(),
    };
    let outcome = following.until_ended().await?;
    let Translator { gap_ms, migrated, .. } = following.translator;
    let log = runner::failed_log(machine.host.as_ref(), folders, id).await.unwrap_or_default();
    Ok(Followed { outcome, gap_ms, migrated, log })
}

struct Following<'a, 'r> {
    machine: &'a Machine,
    folders: &'a Folders,
    id: DeploymentId,
    recorder: &'r mut Recorder,
    wishes: Wishes<'a>,
    /// Up to this line the journal is in our history.
    known: u64,
    seen: u64,
    told: bool,
    resumes: u32,
    translator: Translator,
}

impl Following<'_, '_> {
    async fn until_ended(&mut self) -> Result<Outcome, Halt> {
        let mut patience = NOTICE;
        loop {
            match self.until_silence(patience).await? {
                Ok(outcome) => return Ok(outcome),
                Err(RunnerError::Interrupted) if self.resumes < RESUMES => {
                    self.resumes += 1;
                    runner::resume(self.machine.host.as_ref(), self.folders, self.id).await?;
                }
                Err(RunnerError::ContactLost(error)) if patience == NOTICE => {
                    patience = PATIENCE;
                    let text = format!("lost contact, the server goes on by itself; trying again ({error})");
                    self.recorder.event(StepEventKind::Note { stage: Stage::Swap, text }).await?;
                }
                Err(RunnerError::ContactLost(error)) => {
                    return Err(Halt::Detached(Box::new(lost(self.machine, &error.to_string()))));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn until_silence(&mut self, patience: Duration) -> Result<Result<Outcome, RunnerError>, Halt> {
        let host = self.machine.host.clone();
        let mut lines = runner::follow(host, self.folders.clone(), self.id, self.seen, patience, CancellationToken::new());
        loop {
            let line = tokio::select! {
                line = lines.next() => line,
                () = self.wishes.detach.cancelled() => return Err(Halt::Detached(Box::new(left(self.machine)))),
                () = self.wishes.cancel.cancelled(), if !self.told => {
                    self.told = true;
                    runner::cancel(self.machine.host.as_ref(), self.folders, self.id).await?;
                    continue;
                }
            };
            match line {
                Some(Ok(line)) => {
                    self.seen = line.seq;
                    let event = self.translator.event(&line);
                    if let Some(event) = event.filter(|_| line.seq > self.known) {
                        self.recorder.journal(line.seq, line.at, event).await?;
                        reach(format_args!("journal-read"));
                    }
                    if let runner::journal::JournalKind::Finished(outcome) = line.kind {
                        return Ok(Ok(outcome));
                    }
                }
                Some(Err(error)) => return Ok(Err(error)),
                None => return self.ended_before().await,
            }
        }
    }

    /// The stream ended without an end of its own: it was read before. The server knows.
    async fn ended_before(&self) -> Result<Result<Outcome, RunnerError>, Halt> {
        match runner::state(self.machine.host.as_ref(), self.folders, self.id).await? {
            runner::State::Finished(outcome) => Ok(Ok(outcome)),
            _ => Ok(Err(RunnerError::Interrupted)),
        }
    }
}

fn lost(machine: &Machine, cause: &str) -> Problem {
    Problem::new(
        Code::ContactLost,
        format!("Contact with {} is lost; the server goes on by itself", machine.server.name),
        cause.to_owned(),
        "When it is reachable again, `plimsoll resume` reads how it ended.",
    )
}

fn left(machine: &Machine) -> Problem {
    Problem::new(
        Code::ContactLost,
        format!("Detached; {} goes on by itself", machine.server.name),
        "the swap finishes or undoes itself there",
        "`plimsoll resume` or `plimsoll status` reads how it ended.",
    )
}
