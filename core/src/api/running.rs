//! What runs now: status, logs, restart, commands inside.
//!
//! Owns: those acts. Must never know: the engine's API.

use std::collections::BTreeSet;

use futures_util::{
    StreamExt as _,
    future::join_all,
    stream::{self, BoxStream},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Session, deployments, variables,
    world::{load_settings, world},
};
use crate::{
    compose::dotenv,
    deploy::{Halt, Located, World, locate},
    docker::{self, ContainerFacts, ContainerState, Engine, Health, LineSplitter, LogOptions, LogSource, compose_cli},
    domain::{
        bytes::Bytes,
        commit::Commit,
        deployment::Deployment,
        image::Digest,
        name::{EnvironmentName, Name, ServiceName},
        project::Project,
        record::{ReleaseRecord, ServiceKind, ServiceRecord},
        release::ReleaseId,
        secret::Secret,
        settings::EnvironmentSettings,
    },
    git::Repo,
    host::{Command, Running, lock},
    problem::{Code, Problem},
    redact::Redactor,
};

/// How an environment stands.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct EnvironmentStatus {
    /// The project.
    pub project: Name,
    /// The environment.
    pub environment: EnvironmentName,
    /// Its server.
    pub server: Name,
    /// The public URL.
    pub url: Option<String>,
    /// The release that serves, by the server's own record.
    pub release: Option<ReleaseId>,
    /// Its commit.
    pub commit: Option<Commit>,
    /// When it went live.
    pub since: Option<Timestamp>,
    /// Every service.
    pub services: Vec<ServiceStatus>,
    /// Commits of the current branch that are not live yet, newest first.
    pub ahead: Vec<Commit>,
    /// Names of variables that apply at the next deployment.
    pub pending: Vec<String>,
    /// A deployment in flight.
    pub running: Option<Deployment>,
    /// Why the server could not be asked.
    pub problem: Option<Problem>,
}

/// How a service stands.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ServiceStatus {
    /// Its name.
    pub name: ServiceName,
    /// The digest the release wants.
    pub wanted: Option<Digest>,
    /// Whether the running container was made from it.
    pub matches: bool,
    /// `running`, `exited`, `restarting`, … or `missing`.
    pub state: String,
    /// `healthy`, `unhealthy`, `starting`; `None` without a health check.
    pub health: Option<String>,
    /// Restarts by the engine.
    pub restarts: u64,
    /// When the container started.
    pub started: Option<Timestamp>,
    /// Memory in use.
    pub memory: Option<Bytes>,
}

/// What to do with running services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Power {
    /// Stop and start.
    Restart,
    /// Stop.
    Stop,
    /// Start.
    Start,
}

/// A line that a container printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ContainerLine {
    /// Its service.
    pub service: ServiceName,
    /// When, by the engine.
    pub at: Option<Timestamp>,
    /// From standard error.
    pub stderr: bool,
    /// The text, redacted.
    pub text: String,
}

/// How long a container may take to stop by itself; Compose's own default.
const GRACE: std::time::Duration = std::time::Duration::from_secs(10);
/// A command in a container may run as long as its user wants.
const EXEC: std::time::Duration = std::time::Duration::from_secs(24 * 3600);

/// The status of every environment of one project, or of all projects.
///
/// # Errors
/// When there is no such project. A server that cannot be reached is a `problem` in its row.
pub async fn status(session: &Session, project: Option<&str>) -> Result<Vec<EnvironmentStatus>, Problem> {
    let projects = match project {
        Some(name) => vec![session.store.projects().named(name).await?],
        None => session.store.projects().list().await?,
    };
    let mut rows = Vec::new();
    for project in projects {
        for (environment, place) in load_settings(&project).await?.environments {
            rows.push(one(session, &project, environment, place).await?);
        }
    }
    Ok(rows)
}

/// Restarts, stops or starts the containers of an environment, or of some services.
///
/// # Errors
/// When the server cannot be reached, a deployment is in flight, or a service is unknown.
pub async fn power(
    session: &Session,
    project: &str,
    environment: &EnvironmentName,
    services: &[ServiceName],
    power: Power,
) -> Result<Vec<ServiceStatus>, Problem> {
    let (world, located) = find(session, project, environment).await?;
    refuse_in_flight(&world, &located).await?;
    let engine = &world.server.engine;
    let all = containers(&world, &located, services).await?;
    for container in all.into_iter().filter(|container| !has_done_its_work(&located, container)) {
        match power {
            Power::Restart => engine.restart(&container.id, GRACE).await?,
            Power::Stop => engine.stop(&container.id, GRACE).await?,
            Power::Start => engine.start(&container.id).await?,
        }
    }
    services_of(&world, &located).await
}

/// The output of running containers: the last `tail` lines, then what follows if `follow`.
///
/// # Errors
/// When the server cannot be reached or a service is unknown.
pub async fn logs(
    session: &Session,
    project: &str,
    environment: &EnvironmentName,
    services: &[ServiceName],
    tail: u32,
    follow: Follow,
) -> Result<BoxStream<'static, Result<ContainerLine, Problem>>, Problem> {
    let (world, located) = find(session, project, environment).await?;
    let redactor = redactor(&located)?;
    let follow = match follow {
        Follow::No => docker::Follow::No,
        Follow::Yes => docker::Follow::Yes,
    };
    let options = LogOptions { follow, tail: Some(tail) };
    let streams = containers(&world, &located, services).await?.into_iter().filter_map(|container| {
        let service: ServiceName = container.service.as_deref()?.parse().ok()?;
        Some(lines(&world.server.engine, &container.id, service, options, redactor.clone()))
    });
    Ok(stream::select_all(streams.collect::<Vec<_>>()).boxed())
}

/// Whether a stream ends at the present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    /// It ends with what is there.
    No,
    /// It goes on with what comes.
    Yes,
}

/// Starts a command in a service's running container, without a terminal; standard input is passed on.
///
/// # Errors
/// When the server cannot be reached or the service does not run.
pub async fn exec(
    session: &Session,
    project: &str,
    environment: &EnvironmentName,
    service: &ServiceName,
    argv: &[String],
) -> Result<Running, Problem> {
    let (world, located) = find(session, project, environment).await?;
    let found = containers(&world, &located, std::slice::from_ref(service)).await?;
    let running = found.into_iter().find(|container| container.state == ContainerState::Running);
    let container = running.ok_or_else(|| not_running(service))?;
    let mut words = compose_cli(&world.server.access);
    words.extend(["exec", "-i", container.id.as_str()].map(str::to_owned));
    words.extend(argv.iter().cloned());
    Ok(world.server.host.spawn(Command::new(words).bulk().deadline(EXEC)).await?)
}

async fn find(session: &Session, project: &str, environment: &EnvironmentName) -> Result<(World, Located), Problem> {
    let world = world(session, project, environment, None).await?;
    let located = locate(&world).await.map_err(Halt::into_problem)?;
    Ok((world, located))
}

async fn one(
    session: &Session,
    project: &Project,
    environment: EnvironmentName,
    place: EnvironmentSettings,
) -> Result<EnvironmentStatus, Problem> {
    let mut row = EnvironmentStatus {
        project: project.name.clone(),
        environment: environment.clone(),
        server: place.server,
        url: place.url,
        release: None,
        commit: None,
        since: None,
        services: Vec::new(),
        ahead: Vec::new(),
        pending: Vec::new(),
        running: deployments::in_flight(session, project.id, &environment).await?,
        problem: None,
    };
    if let Err(problem) = fill(session, &mut row).await {
        row.problem = Some(problem);
    }
    Ok(row)
}

async fn fill(session: &Session, row: &mut EnvironmentStatus) -> Result<(), Problem> {
    let (world, located) = find(session, row.project.as_str(), &row.environment).await?;
    deployments::settle_what_ended(session, &world, &located).await?;
    deployments::learn(session, &world, &located).await?;
    row.running = deployments::in_flight(session, world.project.id, &row.environment).await?;
    row.services = services_of(&world, &located).await?;
    row.pending = variables::pending(&world, &located).await?;
    let Some(record) = &located.state.record else { return Ok(()) };
    row.release = Some(record.release.id.clone());
    row.commit = Some(record.release.commit.clone());
    row.since = deployments::live_since(session, &world.environment, &record.release.id).await?;
    let repo = Repo::open(&world.project.path).await?;
    let head = repo.resolve("HEAD").await?;
    // A snapshot or a commit of another clone has no distance from here.
    row.ahead = repo.ahead(&record.release.commit.id, &head.id).await.unwrap_or_default();
    Ok(())
}

async fn services_of(world: &World, located: &Located) -> Result<Vec<ServiceStatus>, Problem> {
    let containers = located.state.apps(world.server.engine.containers_of(&located.stack).await?);
    let wanted = located.state.record.as_ref();
    let mut names: Vec<ServiceName> = wanted.iter().flat_map(|r| &r.services).map(|s| s.name.clone()).collect();
    let others = containers.iter().filter(|c| !c.one_off).filter_map(|c| c.service.as_deref()?.parse().ok());
    names.extend(others.collect::<Vec<ServiceName>>());
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    Ok(join_all(names.iter().map(|name| service(world, wanted, &containers, name))).await)
}

async fn service(
    world: &World,
    record: Option<&ReleaseRecord>,
    containers: &[ContainerFacts],
    name: &ServiceName,
) -> ServiceStatus {
    let wanted: Option<&ServiceRecord> = record.and_then(|r| r.services.iter().find(|s| s.name == *name));
    let container = containers.iter().find(|c| !c.one_off && c.service.as_deref() == Some(name.as_str()));
    let memory = match container.filter(|c| c.state == ContainerState::Running) {
        Some(container) => world.server.engine.stats(&container.id).await.ok().map(|stats| stats.memory),
        None => None,
    };
    ServiceStatus {
        name: name.clone(),
        wanted: record.and_then(|r| r.release.services.get(name)).map(|image| image.image.digest.clone()),
        matches: wanted.is_some_and(|wanted| container.is_some_and(|c| c.image_id == wanted.image_id)),
        state: container.map_or_else(|| "missing".to_owned(), |c| state(c.state).to_owned()),
        health: container.and_then(|c| c.health).map(|health| health_word(health).to_owned()),
        restarts: container.map_or(0, |c| c.restarts),
        started: container.and_then(|c| c.started),
        memory,
    }
}

async fn containers(world: &World, located: &Located, services: &[ServiceName]) -> Result<Vec<ContainerFacts>, Problem> {
    let all = located.state.apps(world.server.engine.containers_of(&located.stack).await?);
    let is = |container: &ContainerFacts, name: &ServiceName| container.service.as_deref() == Some(name.as_str());
    if let Some(unknown) = services.iter().find(|name| !all.iter().any(|c| is(c, name))) {
        return Err(not_running(unknown));
    }
    let chosen = |c: &ContainerFacts| !c.one_off && (services.is_empty() || services.iter().any(|name| is(c, name)));
    Ok(all.into_iter().filter(chosen).collect())
}

/// Services that end by themselves, such as migrations, run once per release, whoever restarts the rest.
fn has_done_its_work(located: &Located, container: &ContainerFacts) -> bool {
    let mut services = located.state.record.iter().flat_map(|record| &record.services);
    let kind = services.find(|service| Some(service.name.as_str()) == container.service.as_deref()).map(|service| service.kind);
    match kind {
        Some(ServiceKind::OneShot) => true,
        Some(ServiceKind::MayEnd) => container.state == ContainerState::Exited && container.exit_code == 0,
        Some(ServiceKind::Long) | None => false,
    }
}

async fn refuse_in_flight(world: &World, located: &Located) -> Result<(), Problem> {
    match lock::read(world.server.host.as_ref(), &located.folders).await? {
        Some(state) if !state.is_stale() => Err(Problem::new(
            Code::Locked,
            format!("{} is deploying here", state.owner.who),
            format!("{}, since {}, at step {}", state.owner.what, state.owner.since, state.owner.step),
            "Wait for its end, then try again.",
        )),
        _ => Ok(()),
    }
}

/// Keeps the values of an environment's variables out of what is shown.
pub(super) async fn redactor_of(session: &Session, project: &str, environment: &EnvironmentName) -> Result<Redactor, Problem> {
    redactor(&find(session, project, environment).await?.1)
}

fn redactor(located: &Located) -> Result<Redactor, Problem> {
    let text = located.state.env.as_ref().map(|text| dotenv::read(text.reveal())).transpose()?.unwrap_or_default();
    Redactor::new(text.into_values().map(Secret::new)).map_err(|error| {
        Problem::new(Code::InvalidInput, "The log cannot be shown without secrets", error.to_string(), "Set fewer variables.")
    })
}

/// What a container prints, in lines, redacted.
pub(super) fn lines(
    engine: &Engine,
    container: &str,
    service: ServiceName,
    options: LogOptions,
    redactor: Redactor,
) -> BoxStream<'static, Result<ContainerLine, Problem>> {
    let chunks = engine.logs(container, options).boxed();
    let splitters = (LineSplitter::default(), LineSplitter::default());
    let batches = stream::unfold((chunks, splitters, false), move |(mut chunks, mut split, over)| {
        let (service, redactor) = (service.clone(), redactor.clone());
        async move {
            if over {
                return None;
            }
            let line = |stderr: bool, text: &str| ContainerLine {
                service: service.clone(),
                at: None,
                stderr,
                text: redactor.text(text).into_owned(),
            };
            let (batch, over) = match chunks.next().await {
                Some(Ok(chunk)) => {
                    let stderr = chunk.source == LogSource::Stderr;
                    let splitter = if stderr { &mut split.1 } else { &mut split.0 };
                    (splitter.push(&chunk.bytes).iter().map(|text| Ok(line(stderr, text))).collect(), false)
                }
                Some(Err(error)) => (vec![Err(Problem::from(error))], true),
                None => {
                    let rest = [(false, split.0.finish()), (true, split.1.finish())];
                    split = (LineSplitter::default(), LineSplitter::default());
                    (rest.into_iter().filter_map(|(stderr, text)| Some(Ok(line(stderr, &text?)))).collect::<Vec<_>>(), true)
                }
            };
            Some((stream::iter(batch), (chunks, split, over)))
        }
    });
    batches.flatten().boxed()
}

fn not_running(service: &ServiceName) -> Problem {
    Problem::new(
        Code::NotFound,
        format!("{service} does not run"),
        "it has no such container on the server",
        "See with `plimsoll status` what runs.",
    )
}

fn state(state: ContainerState) -> &'static str {
    match state {
        ContainerState::Created => "created",
        ContainerState::Running => "running",
        ContainerState::Paused => "paused",
        ContainerState::Restarting => "restarting",
        ContainerState::Removing => "removing",
        ContainerState::Exited => "exited",
        ContainerState::Dead => "dead",
    }
}

fn health_word(health: Health) -> &'static str {
    match health {
        Health::Starting => "starting",
        Health::Healthy => "healthy",
        Health::Unhealthy => "unhealthy",
    }
}
