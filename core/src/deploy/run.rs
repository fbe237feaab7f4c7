//! One deployment from its first event to its last.
//!
//! Owns: the story: which stage follows which, what a halt means where. Must never know: how a stage does its work.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::{
    build, deliver, forecast,
    found::{self, Kept},
    gate,
    halt::Halt,
    heartbeat::Heartbeat,
    left_behind, logins, memory, outside, preflight, protect, pull, record,
    recorder::Recorder,
    redaction, resolve,
    resolve::Compose,
    rollback,
    stack::StackState,
    stage::{self, Staged},
    stages::staged,
    swap::Swap,
    verify, way_back,
    world::{Request, What, World},
};
use crate::{
    docker::ContainerFacts,
    domain::{
        deployment::{Deployment, DeploymentKind, Stage, Status},
        environment::Folders,
        event::{Progress, StepEventKind},
        id::DeploymentId,
        image::PinnedImage,
        name::{ServiceName, StackName},
        record::ReleaseRecord,
        release::Release,
        server::ServerFacts,
    },
    failpoint::reach,
    host::{Host, HostError, lock},
    problem::Problem,
    store::StoreError,
};

/// The exact image of some services.
type Images = BTreeMap<ServiceName, PinnedImage>;

/// A deployment in flight.
pub struct Run {
    pub(super) world: World,
    pub(super) request: Request,
    pub(super) deployment: Deployment,
    pub(super) recorder: Recorder,
    pub(super) lock: Option<Heartbeat>,
    pub(super) folders: Option<Folders>,
    pub(super) cancel: CancellationToken,
    pub(super) detach: CancellationToken,
}

/// How a run ended for this laptop.
#[derive(Debug, Clone, PartialEq)]
pub enum Ended {
    /// It is over, and recorded.
    Over(Box<Deployment>),
    /// It is over, and recorded; the server was out of reach when what was laid down there was to go.
    Untidy(Box<Deployment>),
    /// The server goes on alone; the deployment is open until it is settled.
    Left(Box<Deployment>, Box<Problem>),
}

impl Run {
    /// Records that a deployment with this id begins.
    ///
    /// # Errors
    /// When it cannot be recorded.
    pub async fn begin(
        id: DeploymentId,
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
        let deployment = fresh(id, &world, kind);
        world.store.deployments().create(&deployment).await?;
        let mut recorder = Recorder::open(&world.store, deployment.id, progress).await?;
        recorder.event(StepEventKind::Started { deployment: deployment.id }).await?;
        reach(format_args!("started"));
        Ok(Self { world, request, deployment, recorder, lock: None, folders: None, cancel, detach })
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
        let tidied = self.tidy().await;
        self.deployment.finished.get_or_insert_with(Timestamp::now);
        reach(format_args!("before-end"));
        self.recorder.end(&mut self.deployment).await?;
        reach(format_args!("after-end"));
        let ended = if tidied.is_ok() { Ended::Over } else { Ended::Untidy };
        Ok(ended(Box::new(self.deployment)))
    }

    async fn deploy(&mut self) -> Result<(), Halt> {
        let mut compose = staged!(self, Stage::Resolve, self.resolve());
        self.folders = Some(compose.folders.clone());
        if self.already_live(&compose).await? {
            return Ok(());
        }
        if self.finished_what_was_left(&compose.folders).await? {
            compose = self.resolve().await?.0;
        }
        let (facts, compose) = staged!(self, Stage::Preflight, self.preflight(compose.clone()));
        let built = self.build(&compose).await?;
        let (release, compose) = staged!(self, Stage::Gate, self.gate(compose.clone(), &built, &facts));
        let staged = staged!(self, Stage::Stage, self.put_in_place(&compose, &release));
        let (record, containers) = staged!(self, Stage::Pull, self.pull(&compose, &release, &staged));
        let swap = Swap {
            world: &self.world,
            stack: &compose.stack,
            deployment: &self.deployment,
            hook: facts.boot_hook,
            release_command: record.release_command.clone(),
        };
        let order = swap.order(&record, &compose.state, &containers)?;
        self.swap(&compose.folders, &order).await?;
        staged!(self, Stage::Record, self.record(&record, &compose.stack));
        Ok(())
    }

    /// What is learnt once the swap is over. Nothing here can fail the deployment any more: the server has decided.
    pub(super) async fn record(&mut self, record: &ReleaseRecord, stack: &StackName) -> Result<((), String), Halt> {
        if self.deployment.status != Status::Live {
            return Ok(((), String::new()));
        }
        let stage = Stage::Record;
        if let Err(error) = record::remember(&self.world, stack, Some(&record.release.id)).await {
            let text = format!("what serves could not be remembered: {error}");
            self.recorder.event(StepEventKind::Note { stage, text }).await?;
        }
        if let Some(folders) = &self.folders
            && let Err(halt) = protect::let_go(&self.world, folders, &record.release.id).await
        {
            let text = format!("tags of old releases stay in the registry: {}", halt.into_problem());
            self.recorder.event(StepEventKind::Note { stage, text }).await?;
        }
        if let Some(text) = outside::unseen(&self.world.place, &record.release.id).await {
            self.recorder.event(StepEventKind::Note { stage, text }).await?;
        }
        Ok(((), String::new()))
    }

    async fn resolve(&mut self) -> Result<(Compose, String), Halt> {
        let compose = resolve::compose(&self.world, &self.request).await?;
        let secrets = compose.variables.values().chain(compose.build_secrets());
        // A login that cannot be had now fails where it is needed, with its own error.
        let logins = logins::of_builds(&self.world, &compose).await.unwrap_or_default();
        self.recorder.keep_out(redaction::of(&self.world, secrets, &logins, &compose.public()).await?);
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

    /// Whether somebody's half a swap came to its end now: then what serves is to be read anew.
    async fn finished_what_was_left(&mut self, folders: &Folders) -> Result<bool, Halt> {
        let finished = tokio::select! {
            finished = left_behind::finish(&self.world.server.host, folders) => finished?,
            () = self.cancel.cancelled() => return Err(Halt::Cancelled),
        };
        let Some(text) = finished else { return Ok(false) };
        self.recorder.event(StepEventKind::Note { stage: Stage::Resolve, text }).await?;
        Ok(true)
    }

    async fn preflight(&mut self, mut compose: Compose) -> Result<((ServerFacts, Compose), String), Halt> {
        let world = self.world.clone();
        let (facts, builder) = tokio::join!(self.take_lock(&compose.folders), preflight::builder(&world, &compose));
        let (facts, _) = (facts?, builder?);
        preflight::probably_fits(&world, forecast::disk(&world, &compose).await?, &facts)?;
        memory::fits(&world, &compose, &facts).await?;
        preflight::unchanged(&self.world, &compose.folders, &compose.state).await?;
        preflight::sources(&self.world, &compose, self.deployment.id).await?;
        let found = way_back::over_found(&self.world, &compose, self.request.undo).await?;
        if let Some(record) = compose.state.record.as_ref().filter(|_| !found) {
            way_back::to(&self.world, record, self.request.undo).await?;
        }
        if found {
            compose = self.keep_found(compose).await?;
        }
        let note = format!("{}, {}", compose.platform, facts.disk_free.map_or_else(String::new, |free| format!("{free} free")));
        Ok(((facts, compose), note))
    }

    /// What runs there and is of no release becomes one, so that there is a way back to it.
    async fn keep_found(&mut self, mut compose: Compose) -> Result<Compose, Halt> {
        let text = match found::keep(&self.world, &compose.stack, &compose.folders).await? {
            Kept::Nothing => return Ok(compose),
            Kept::Not(why) => match &compose.state.current {
                Some(release) => format!("what runs there cannot be kept, a failure brings release {release} back: {why}"),
                None => format!("what runs there cannot be kept, so that a failure has nothing to go back to: {why}"),
            },
            Kept::As(release) => {
                compose.state = StackState::read(self.world.server.host.as_ref(), &compose.folders).await?;
                compose = resolve::over(&self.world, &self.request, compose).await?;
                self.deployment.previous = Some(release.clone());
                self.world.store.deployments().update(&self.deployment).await?;
                format!("what runs there is kept as release {release}: a failure brings it back")
            }
        };
        self.recorder.event(StepEventKind::Note { stage: Stage::Preflight, text }).await?;
        Ok(compose)
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

    async fn put_in_place(&mut self, compose: &Compose, release: &Release) -> Result<(Staged, String), Halt> {
        let staged = stage::run(&self.world, compose, release, self.deployment.id).await?;
        Ok((staged, format!("release {}", release.id)))
    }

    /// The release's record, and what runs by then.
    async fn pull(
        &mut self,
        compose: &Compose,
        release: &Release,
        staged: &Staged,
    ) -> Result<((ReleaseRecord, Vec<ContainerFacts>), String), Halt> {
        let pulled = pull::run(&self.world, release, &mut self.recorder).await?;
        let record = record::write(&self.world, compose, release, staged, pulled);
        let containers = self.world.server.engine.containers_of(&compose.stack);
        let both = tokio::try_join!(record, async { Ok(containers.await?) })?;
        Ok((both, format!("{} images", release.services.len())))
    }

    async fn build(&mut self, compose: &Compose) -> Result<Images, Halt> {
        let work = build::prepare(&self.world, compose).await?;
        for text in work.remarks.iter().cloned() {
            self.recorder.event(StepEventKind::Note { stage: Stage::Source, text }).await?;
        }
        let mut images = work.there.clone();
        let (Some(job), Some(builder)) = (&work.job, self.world.builder.clone()) else {
            let reason = if images.is_empty() { "nothing to build" } else { "every image was pushed before" };
            for stage in [Stage::Source, Stage::Build] {
                self.recorder.event(StepEventKind::StageSkipped { stage, reason: reason.into() }).await?;
            }
            return Ok(images);
        };
        let cancel = self.cancel.clone();
        staged!(self, Stage::Source, build::source(builder.as_ref(), job, &mut self.recorder, &cancel));
        let world = self.world.clone();
        let built = staged!(self, Stage::Build, build::build(&world, &builder, &work, job, &mut self.recorder, &cancel));
        images.extend(built);
        Ok(images)
    }

    async fn gate(
        &mut self,
        mut compose: Compose,
        built: &Images,
        facts: &ServerFacts,
    ) -> Result<((Release, Compose), String), Halt> {
        let opened = gate::open(&self.world, &compose, built, facts).await?;
        compose.switching = opened.switching;
        self.deployment.to_pull = Some(opened.missing);
        let source = compose.source_hash(&self.world.settings);
        let release = Release::new(compose.commit.clone(), opened.images, source, compose.fingerprint.clone(), Timestamp::now());
        self.know_release(&release).await?;
        protect::keep(&self.world, &release).await?;
        let note = format!("{} images, {} to pull", release.services.len(), opened.missing);
        Ok(((release, compose), note))
    }

    pub(super) async fn know_release(&mut self, release: &Release) -> Result<(), Halt> {
        self.deployment.release = Some(release.id.clone());
        self.world.store.releases().add(&self.world.environment, release).await?;
        self.world.store.deployments().update(&self.deployment).await?;
        let known = StepEventKind::ReleaseKnown { release: release.id.clone(), previous: self.deployment.previous.clone() };
        Ok(self.recorder.event(known).await?)
    }

    /// Gives the lock back, also one that a cancel cut the taking of, and removes what was laid down for nothing. A server out of
    /// reach is no reason to fail: it is done later, and the lock goes stale.
    async fn tidy(&mut self) -> Result<(), HostError> {
        let (Some(folders), host, id) = (&self.folders, self.world.server.host.as_ref(), self.deployment.id) else {
            return Ok(());
        };
        if self.lock.take().is_some() || self.deployment.status == Status::Cancelled {
            tidy(host, folders, id).await
        } else {
            deliver::clear(host, folders, &id.to_string()).await
        }
    }
}

/// Takes away what an ended deployment has on its server.
///
/// # Errors
/// When the server cannot be reached.
pub async fn tidy(host: &dyn Host, folders: &Folders, id: DeploymentId) -> Result<(), HostError> {
    let released = lock::release(host, folders, &id.to_string()).await;
    // Whatever became of the lock: a connection that broke in the one call may be back for the other.
    deliver::clear(host, folders, &id.to_string()).await?;
    released.map(drop)
}

fn fresh(id: DeploymentId, world: &World, kind: DeploymentKind) -> Deployment {
    Deployment { id, ..Deployment::begun(world.environment.clone(), kind, Timestamp::now()) }
}
