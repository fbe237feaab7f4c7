//! How environments stand.
//!
//! Owns: asking a server and putting its answers together. Must never know: the engine's API, how a row is shown.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use jiff::Timestamp;
use serde::Serialize;

use super::find;
use crate::{
    api::{Session, deployments, variables, world::load_settings},
    deploy::{Located, World},
    docker::{ContainerFacts, ContainerState, Health},
    domain::{
        bytes::Bytes,
        commit::Commit,
        deployment::Deployment,
        image::Digest,
        name::{EnvironmentName, Name, ServiceName},
        project::Project,
        record::{ReleaseRecord, ServiceKind, ServiceRecord},
        release::ReleaseId,
        settings::EnvironmentSettings,
    },
    git::Repo,
    problem::Problem,
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
    /// It should run on and does not: somebody stopped it, or it ended.
    pub stopped: bool,
    /// `healthy`, `unhealthy`, `starting`; `None` without a health check.
    pub health: Option<String>,
    /// Restarts by the engine.
    pub restarts: u64,
    /// When the container started.
    pub started: Option<Timestamp>,
    /// Memory in use.
    pub memory: Option<Bytes>,
}

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
    row.pending = variables::pending(&world, &located)?;
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

pub(super) async fn services_of(world: &World, located: &Located) -> Result<Vec<ServiceStatus>, Problem> {
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
        stopped: wanted.is_some_and(|wanted| wanted.kind == ServiceKind::Long)
            && !container.is_some_and(|c| matches!(c.state, ContainerState::Running | ContainerState::Restarting)),
        state: container.map_or_else(|| "missing".to_owned(), |c| state(c.state).to_owned()),
        health: container.and_then(|c| c.health).map(|health| health_word(health).to_owned()),
        restarts: container.map_or(0, |c| c.restarts),
        started: container.and_then(|c| c.started),
        memory,
    }
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
