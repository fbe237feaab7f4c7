//! One deployment from its first event to its last.
//!
//! Owns: the story: which stage follows which, what a halt means where. Must never know: how a stage does its work.

use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::{
    build, deliver, gate,
    halt::Halt,
    heartbeat::Heartbeat,
    preflight, pull, record,
    recorder::Recorder,
    redaction, resolve,
    resolve::Compose,
    rollback, stage,
    swap::{self, Followed, Swap, Wishes},
    verify,
    world::{Request, What, World},
};
use crate::{
    domain::{
        bytes::Bytes,
        deployment::{Deployment, DeploymentKind, Stage, Status},
        environment::Folders,
        event::{Progress, StepEventKind},
        id::DeploymentId,
        record::ReleaseRecord,
        release::Release,
        server::ServerFacts,
    },
    problem::Problem,
    runner,
    store::StoreError,
};

/// A deployment in flight.
pub struct Run {
    pub(super) world: World,
    pub(super) request: Request,
    pub(super) deployment: Deployment,
    pub(super) recorder: Recorder,
    pub(super) lock: Option<Heartbeat>,
    pub(super) folders: Option<Folders>,
    cancel: CancellationToken,
    detach: CancellationToken,
}

/// How a run ended for this laptop.
#[derive(Debug, Clone, PartialEq)]
pub enum Ended {
    /// It is over, and recorded.
    Over(Box<Deployment>),
    /// The server goes on alone; the deployment is open until it is settled.
    Left(Box<Deployment>, Box<Problem>),
}

impl Run {
    /// Records that a deployment begins.
    ///
    /// # Errors
    /// When it cannot be recorded.
    pub async fn begin(
        world: World,
        request: Request,
        progress: broadcast::Sender<Progress>,
        cancel: CancellationToken,
        detach: CancellationToken,
    ) -> Result<Self, StoreError> {
        let kind = match request.what {
            What::Release(_) => DeploymentKind::Rollback,
            What::Commit(_) | What::WorkTree => DeploymentKind::Deploy,
        };
        let deployment = fresh(&world, kind);
        world.store.deployments().create(&deployment).await?;
        let mut recorder = Recorder::open(&world.store, deployment.id, progress).await?;
        recorder.event(StepEventKind::Started { deployment: deployment.id }).await?;
        Ok(Self { world, request, deployment, recorder, lock: None, folders: None, cancel, detach })
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> DeploymentId {
        self.deployment.id
    }

    /// Carries it out to its end.
    ///
    /// # Errors
    /// When its end cannot be recorded; it is then open, and settled later.
    pub async fn carry_out(mut self) -> Result<Ended, StoreError> {
        let result = match self.request.what.clone() {
            What::Release(release) => rollback::run(&mut self, release).await,
            What::Commit(_) | What::WorkTree => self.deploy().await,
        };
        match result {
            Ok(()) => {}
            Err(Halt::Detached(problem)) => {
                self.recorder.leave(&problem).await?;
                return Ok(Ended::Left(Box::new(self.deployment), problem));
            }
            Err(Halt::Cancelled) => self.deployment.status = Status::Cancelled,
            Err(Halt::Problem(problem)) => {
                self.deployment.status = Status::Failed;
                self.deployment.problem = Some(*problem);
            }
        }
        self.tidy().await;
        self.deployment.finished.get_or_insert_with(Timestamp::now);
        self.recorder.end(&mut self.deployment).await?;
        Ok(Ended::Over(Box::new(self.deployment)))
    }

    async fn deploy(&mut self) -> Result<(), Halt> {
        let compose = self.stage(Stage::Resolve, async |run| run.resolve().await).await?;
        self.folders = Some(compose.folders.clone());
        if self.already_live(&compose).await? {
            return Ok(());
        }
        let facts = self.stage(Stage::Preflight, async |run| run.preflight(&compose).await).await?;
        let built = self.build(&compose).await?;
        let release = self.stage(Stage::Gate, async |run| run.gate(&compose, &built, &facts).await).await?;
        let staged = self
            .stage(Stage::Stage, async |run| {
                let staged = stage::run(&run.world, &compose, &release, run.deployment.id).await?;
                Ok((staged, format!("release {}", release.id)))
            })
            .await?;
        let record = self
            .stage(Stage::Pull, async |run| {
                let pulled = pull::run(&run.world, &release, &mut run.recorder).await?;
                let record = record::write(&run.world, &compose, &release, &staged, pulled).await?;
                Ok((record, format!("{} images", release.services.len())))
            })
            .await?;
        let command = record.release_command.clone();
        let old = compose.state.record.as_ref();
        let order = Swap {
            world: &self.world,
            stack: &compose.stack,
            deployment: &self.deployment,
            hook: facts.boot_hook,
            release_command: command,
        }
        .order(&record, old)
        .await?;
        self.swap(&compose.folders, &order).await?;
        self.remember(&compose, &record).await
    }

    async fn resolve(&mut self) -> Result<(Compose, String), Halt> {
        let compose = resolve::compose(&self.world, &self.request).await?;
        self.recorder.keep_out(redaction::of(&self.world, &compose.variables, &compose.build_variables).await?);
        self.deployment.commit = Some(compose.commit.clone());
        self.deployment.previous = compose.state.current.clone();
        self.world.store.deployments().update(&self.deployment).await?;
        self.recorder.event(StepEventKind::Resolved { commit: compose.commit.clone() }).await?;
        let note = format!("{} {}", compose.commit.id.short(), compose.commit.subject);
        Ok((compose, note))
    }

    async fn already_live(&mut self, compose: &Compose) -> Result<bool, Halt> {
        let Some(record) = verify::same(compose, &self.world.settings) else { return Ok(false) };
        if let Some(wrong) = verify::prove(&self.world, compose, &record).await? {
            let text = format!("the release is recorded as live, but {wrong}");
            self.recorder.event(StepEventKind::Note { stage: Stage::Resolve, text }).await?;
            return Ok(false);
        }
        self.deployment.release = Some(record.release.id);
        self.deployment.status = Status::NothingToDo;
        Ok(true)
    }

    async fn preflight(&mut self, compose: &Compose) -> Result<(ServerFacts, String), Halt> {
        let facts = self.take_lock(&compose.folders).await?;
        preflight::builder(&self.world, compose).await?;
        preflight::sources(&self.world, compose, self.deployment.id).await?;
        if let Some(record) = &compose.state.record {
            preflight::undoable(&self.world, record).await?;
        }
        let note = format!("{}, {}", compose.platform, facts.disk_free.map_or_else(String::new, |free| format!("{free} free")));
        Ok((facts, note))
    }

    /// Asks the server and takes its lock.
    pub(super) async fn take_lock(&mut self, folders: &Folders) -> Result<ServerFacts, Halt> {
        let kind = match self.deployment.kind {
            DeploymentKind::Deploy => "deploy",
            DeploymentKind::Rollback => "rollback",
        };
        let what = format!("{kind} of {} to {}", self.world.project.name, self.world.environment.name);
        let ready = preflight::server(&self.world, folders, self.deployment.id, &what).await?;
        self.lock = Some(ready.lock);
        Ok(ready.facts)
    }

    async fn build(
        &mut self,
        compose: &Compose,
    ) -> Result<std::collections::BTreeMap<crate::domain::name::ServiceName, crate::domain::image::PinnedImage>, Halt> {
        let work = build::prepare(&self.world, compose).await?;
        let mut images = work.there.clone();
        let (Some(job), Some(builder)) = (&work.job, self.world.builder.clone()) else {
            let reason = if images.is_empty() { "nothing to build" } else { "every image was pushed before" };
            for stage in [Stage::Source, Stage::Build] {
                self.recorder.event(StepEventKind::StageSkipped { stage, reason: reason.into() }).await?;
            }
            return Ok(images);
        };
        let cancel = self.cancel.clone();
        self.stage(Stage::Source, async |_| {
            let report = build::source(builder.as_ref(), job, &cancel).await?;
            let sent = format!("{} sent, {} on the wire", Bytes(report.payload_bytes), Bytes(report.wire_bytes_up));
            Ok(((), if report.was_there { "was there already".to_owned() } else { sent }))
        })
        .await?;
        let built = self
            .stage(Stage::Build, async |run| {
                let built = build::build(&builder, &work, job, &mut run.recorder, &cancel).await?;
                let note = format!("{} built on {}", built.len(), builder.label());
                Ok((built, note))
            })
            .await?;
        images.extend(built);
        Ok(images)
    }

    async fn gate(
        &mut self,
        compose: &Compose,
        built: &std::collections::BTreeMap<crate::domain::name::ServiceName, crate::domain::image::PinnedImage>,
        facts: &ServerFacts,
    ) -> Result<(Release, String), Halt> {
        let opened = gate::open(&self.world, compose, built, facts).await?;
        let source = compose.source_hash(&self.world.settings);
        let release = Release::new(compose.commit.clone(), opened.images, source, compose.fingerprint.clone(), Timestamp::now());
        self.know_release(&release).await?;
        let note = format!("{} images, {} to pull", release.services.len(), opened.missing);
        Ok((release, note))
    }

    pub(super) async fn know_release(&mut self, release: &Release) -> Result<(), Halt> {
        self.deployment.release = Some(release.id.clone());
        self.world.store.releases().add(&self.world.environment, release).await?;
        self.world.store.deployments().update(&self.deployment).await?;
        let known = StepEventKind::ReleaseKnown { release: release.id.clone(), previous: self.deployment.previous.clone() };
        Ok(self.recorder.event(known).await?)
    }

    /// Starts the runner and follows it. From the moment it runs nothing here can fail the deployment: the server decides.
    pub(super) async fn swap(&mut self, folders: &Folders, order: &runner::Order) -> Result<(), Halt> {
        let followed = self
            .stage(Stage::Swap, async |run| {
                if run.cancel.is_cancelled() {
                    return Err(Halt::Cancelled);
                }
                runner::start(run.world.server.host.as_ref(), folders, order).await?;
                if let Some(lock) = &run.lock {
                    lock.hand_over();
                }
                let followed = run.follow(folders).await?;
                Ok((followed, String::new()))
            })
            .await?;
        self.lock = None;
        record::conclude(&mut self.deployment, followed);
        Ok(())
    }

    async fn follow(&mut self, folders: &Folders) -> Result<Followed, Halt> {
        let wishes = Wishes { cancel: &self.cancel, detach: &self.detach };
        let followed = swap::follow(&self.world.server, folders, self.deployment.id, &mut self.recorder, 0, wishes).await;
        match followed {
            Err(Halt::Problem(problem)) => Err(Halt::Detached(problem)),
            other => other,
        }
    }

    async fn remember(&mut self, compose: &Compose, record: &ReleaseRecord) -> Result<(), Halt> {
        if self.deployment.status == Status::Live {
            redaction::remember(&self.world, compose, record).await?;
        }
        Ok(())
    }

    /// Runs a stage between its two events. Up to the swap a cancel cuts it; building and swapping cancel themselves.
    pub(super) async fn stage<T>(
        &mut self,
        stage: Stage,
        work: impl AsyncFnOnce(&mut Self) -> Result<(T, String), Halt>,
    ) -> Result<T, Halt> {
        self.announce(stage).await?;
        let started = Instant::now();
        let (cancel, lost) = (self.cancel.clone(), self.lock.as_ref().map(|lock| lock.lost.clone()).unwrap_or_default());
        let result = if matches!(stage, Stage::Source | Stage::Build | Stage::Swap) {
            work(self).await
        } else {
            tokio::select! {
                result = work(self) => result,
                () = cancel.cancelled() => Err(Halt::Cancelled),
                () = lost.cancelled() => Err(super::heartbeat::taken().into()),
            }
        };
        let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
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
        if let Some(lock) = &self.lock {
            lock.step(&stage.to_string()).await?;
        }
        let estimate = self.world.store.durations().estimate(self.world.project.id, stage).await?;
        let estimate_ms = estimate.map(|estimate| estimate.ms);
        Ok(self.recorder.event(StepEventKind::StageStarted { stage, estimate_ms }).await?)
    }

    /// Gives the lock back and removes what was laid down for nothing. A server out of reach is no reason to fail: the lock
    /// goes stale, the next deployment replaces the rest.
    async fn tidy(&mut self) {
        if let Some(lock) = self.lock.take() {
            lock.release().await;
        }
        if let Some(folders) = &self.folders {
            let _ = deliver::clear(self.world.server.host.as_ref(), folders, &self.deployment.id.to_string()).await;
        }
    }
}

fn fresh(world: &World, kind: DeploymentKind) -> Deployment {
    Deployment {
        id: DeploymentId::new(),
        environment: world.environment.clone(),
        kind,
        commit: None,
        release: None,
        previous: None,
        status: Status::Running,
        started: Timestamp::now(),
        finished: None,
        problem: None,
        gap_ms: None,
        migrated: false,
    }
}
