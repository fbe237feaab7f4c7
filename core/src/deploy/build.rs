//! Stages 3 and 4: the commit travels to the builder, images are built and pushed.
//!
//! Owns: what has to be built at all, and the job. Must never know: how a builder works.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;

use super::{
    halt::Halt,
    images::{push_name, registry_of},
    logins,
    recorder::Recorder,
    resolve::Compose,
    world::World,
};
use crate::{
    build::{BuildJob, BuildSecret, BuildSink, BuildStep, BuildStepState, BuildTarget, Builder, Built, Ended, SourceReport},
    compose::bake,
    domain::{
        bytes::Bytes,
        deployment::Stage,
        event::{LogLine, Progress, StepEventKind},
        image::{Digest, PinnedImage},
        name::ServiceName,
        secret::Secret,
    },
    plan::deploy::ImageAction,
    problem::{Code, Problem},
    store::logs::LogSink,
};

/// What building comes to: images that were there already, and a job for the rest.
pub(super) struct Work {
    pub(super) there: BTreeMap<ServiceName, PinnedImage>,
    repositories: BTreeMap<ServiceName, String>,
    /// What is worth saying about the repositories that were there already.
    pub(super) remarks: Vec<String>,
    pub(super) job: Option<BuildJob>,
}

/// Finds out which images have to be built. One that was pushed for this commit and these inputs is not built again.
pub(super) async fn prepare(world: &World, compose: &Compose) -> Result<Work, Halt> {
    let mut work = Work { there: BTreeMap::new(), repositories: BTreeMap::new(), remarks: Vec::new(), job: None };
    let mut tags = BTreeMap::new();
    for (service, _) in compose.decisions.iter().filter(|(_, d)| d.action == ImageAction::Build) {
        let registry = registry_of(world)?;
        let (repository, tag) = push_name(world, compose, service).await?;
        let reference = format!("{repository}:{tag}");
        match found(world, compose, &repository, registry.resolve(&reference).await?).await? {
            Some(image) => drop(work.there.insert(service.clone(), image)),
            None => {
                let differences = registry.ensure_repository(&repository).await?;
                let told =
                    differences.into_iter().map(|difference| format!("{repository} is left as it is: {}", difference.words()));
                work.remarks.extend(told);
                tags.insert(service.clone(), vec![reference]);
                work.repositories.insert(service.clone(), repository);
            }
        }
    }
    if !tags.is_empty() {
        work.job = Some(job(world, compose, tags).await?);
    }
    Ok(work)
}

async fn found(world: &World, compose: &Compose, repository: &str, digest: Option<Digest>) -> Result<Option<PinnedImage>, Halt> {
    let Some(digest) = digest else { return Ok(None) };
    let image = PinnedImage { repository: repository.to_owned(), digest };
    let there = registry_of(world)?.image(&image, &compose.platform).await?;
    Ok(there.filter(|found| found.runs.is_some()).map(|_| image))
}

async fn job(world: &World, compose: &Compose, tags: BTreeMap<ServiceName, Vec<String>>) -> Result<BuildJob, Halt> {
    let secrets = secrets(compose, &tags.keys().cloned().collect());
    let inputs = bake::Inputs {
        services: tags.keys().cloned().collect(),
        tags,
        platforms: vec![compose.platform.clone()],
        variables: compose.build_variables.clone(),
        ..bake::Inputs::default()
    };
    let bake = bake::render(&compose.model, &inputs)?;
    let services = bake.targets.into_iter().map(|(service, target)| BuildTarget { service, target }).collect();
    Ok(BuildJob {
        project: world.project.id,
        repo: compose.repo.clone(),
        commit: compose.commit.id.clone(),
        bake: bake.json,
        services,
        platform: compose.platform.clone(),
        auths: logins::of_builds(world, compose).await?,
        secrets,
    })
}

/// Build secrets that come from a variable; the builder lays them into memory.
fn secrets(compose: &Compose, services: &BTreeSet<ServiceName>) -> Vec<BuildSecret> {
    let used = compose.model.built().filter(|s| services.contains(&s.name)).filter_map(|s| s.build.as_ref());
    let mut values = BTreeMap::new();
    for secret in used.flat_map(|build| &build.secrets) {
        let object = compose.model.secrets.iter().find(|object| object.key == secret.source);
        let variable = object.and_then(|object| object.environment.as_ref());
        if let Some(value) = variable.and_then(|name| compose.build_variables.get(name)) {
            values.insert(secret.id.clone(), Secret::new(value));
        }
    }
    values.into_iter().map(|(id, value)| BuildSecret { id, value }).collect()
}

/// Brings the commit to the builder.
pub(super) async fn source(
    builder: &dyn Builder,
    job: &BuildJob,
    recorder: &mut Recorder,
    cancel: &CancellationToken,
) -> Result<((), String), Halt> {
    match builder.source(job, cancel).await? {
        Ended::Done(report) => {
            let SourceReport { payload_bytes, wire_bytes_up, .. } = report;
            recorder.event(StepEventKind::SourceSent { payload_bytes, wire_bytes_up }).await?;
            Ok(((), sent(report)))
        }
        Ended::Cancelled => Err(Halt::Cancelled),
    }
}

fn sent(report: SourceReport) -> String {
    if report.was_there {
        return "was there already".to_owned();
    }
    format!("{} sent, {} on the wire", Bytes(report.payload_bytes), Bytes(report.wire_bytes_up))
}

/// Builds and pushes. A token that ended in mid-push is asked for anew, and the push repeated once: the builder has
/// everything in its cache, so the images are the same.
pub(super) async fn build(
    world: &World,
    builder: &Arc<dyn Builder>,
    work: &Work,
    job: &BuildJob,
    recorder: &mut Recorder,
    cancel: &CancellationToken,
) -> Result<(BTreeMap<ServiceName, PinnedImage>, String), Halt> {
    let refused = match once(builder, work, job, recorder, cancel).await {
        Err(Halt::Problem(problem)) if problem.code == Code::RegistryRefused => problem,
        answer => return answer,
    };
    let registry = registry_of(world)?;
    if !registry.renewed().await {
        return Err(Halt::Problem(refused));
    }
    let text = format!("{} ({}); once more with a new token", refused.title, refused.detail);
    recorder.event(StepEventKind::Note { stage: Stage::Build, text }).await?;
    let mut job = job.clone();
    if let Some(fresh) = registry.auth().await? {
        job.auths.retain(|auth| auth.host != fresh.host);
        job.auths.push(fresh);
    }
    once(builder, work, &job, recorder, cancel).await
}

/// One build; steps become events as they come.
async fn once(
    builder: &Arc<dyn Builder>,
    work: &Work,
    job: &BuildJob,
    recorder: &mut Recorder,
    cancel: &CancellationToken,
) -> Result<(BTreeMap<ServiceName, PinnedImage>, String), Halt> {
    let (steps, mut coming) = mpsc::channel(256);
    let sink = Arc::new(Sink { log: recorder.sink(), steps, progress: recorder.progress(), shown: Mutex::default() });
    let running = {
        let (builder, job, cancel) = (builder.clone(), job.clone(), cancel.clone());
        tokio::spawn(async move { builder.build(&job, sink.as_ref(), &cancel).await })
    };
    while let Some(step) = coming.recv().await {
        recorder.event(event(step)).await?;
    }
    let ended = running.await.map_err(|error| broke_off(&error))??;
    let Ended::Done(built) = ended else { return Err(Halt::Cancelled) };
    note(recorder, &built).await?;
    let images = pinned(work, built);
    let text = format!("{} built on {}", images.len(), builder.label());
    Ok((images, text))
}

async fn note(recorder: &mut Recorder, built: &Built) -> Result<(), Halt> {
    for text in &built.notes {
        recorder.event(StepEventKind::Note { stage: Stage::Build, text: text.clone() }).await?;
    }
    Ok(())
}

fn pinned(work: &Work, built: Built) -> BTreeMap<ServiceName, PinnedImage> {
    let named = |(service, digest): (ServiceName, Digest)| {
        let repository = work.repositories.get(&service)?.clone();
        Some((service, PinnedImage { repository, digest }))
    };
    built.digests.into_iter().filter_map(named).collect()
}

fn event(BuildStep { service, name, state }: BuildStep) -> StepEventKind {
    let stage = Stage::Build;
    match state {
        BuildStepState::Started => StepEventKind::StepStarted { stage, step: name, service },
        BuildStepState::Finished { ms, cached } => {
            let note = if cached { "cached".to_owned() } else { String::new() };
            StepEventKind::StepFinished { stage, step: name, service, ms, ok: true, note }
        }
        BuildStepState::Failed { ms, reason } => {
            StepEventKind::StepFinished { stage, step: name, service, ms, ok: false, note: reason }
        }
    }
}

fn broke_off(error: &tokio::task::JoinError) -> Problem {
    Problem::new(
        Code::Internal,
        "The build broke off on this laptop",
        error.to_string(),
        "Deploy again; report this if it happens twice.",
    )
}

/// Passes on what a builder tells. Lines wait for the disk, steps wait for the recorder, progress waits for nobody.
struct Sink {
    log: Option<LogSink>,
    steps: mpsc::Sender<BuildStep>,
    progress: broadcast::Sender<Progress>,
    shown: Mutex<BTreeMap<String, std::time::Instant>>,
}

/// At most ten a second for each subject.
const PROGRESS_EVERY: std::time::Duration = std::time::Duration::from_millis(100);

#[async_trait]
impl BuildSink for Sink {
    async fn lines(&self, lines: Vec<LogLine>) {
        let Some(log) = &self.log else { return };
        for line in lines {
            // A closed log has its own error, which the end of the deployment reports.
            if log.write(line).await.is_err() {
                return;
            }
        }
    }

    async fn step(&self, step: BuildStep) {
        let _ = self.steps.send(step).await;
    }

    fn progress(&self, progress: Progress) {
        let now = std::time::Instant::now();
        let mut shown = self.shown.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let due = shown.get(&progress.subject).is_none_or(|last| now.duration_since(*last) >= PROGRESS_EVERY);
        if due || progress.total == Some(progress.done) {
            shown.insert(progress.subject.clone(), now);
            let _ = self.progress.send(progress);
        }
    }
}
