//! Deployments: planning, deploying, history, logs, settling what was left open.
//!
//! Owns: starting one. Must never know: how a stage is carried out.

mod history;
mod settling;
mod streams;

use std::collections::BTreeSet;

use serde::Deserialize;
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;

use super::{
    Session, flight, rollback, updates,
    world::{site, world},
};
use crate::{
    deploy::{self, Halt, Request, Run, World},
    domain::{
        deployment::Deployment,
        environment::EnvironmentKey,
        id::{DeploymentId, ProjectId},
        name::{EnvironmentName, ServiceName},
        release::ReleaseId,
    },
    git::Repo,
    plan::deploy::DeployPlan,
    problem::{Code, Problem},
};

pub(super) use history::{HISTORY, live, live_since, serving};
pub use history::{HistoryFilter, HistoryRow, history, restorable};
pub use settling::{Settled, resume, worked_on};
pub(super) use settling::{learn, settle_what_ended};
pub use streams::{events, logs, so_far};

pub use crate::{
    deploy::{Undo, Update, What},
    store::logs::NumberedLine as Line,
};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct DeployRequest {
    /// The project's name.
    pub project: String,
    /// Where.
    pub environment: EnvironmentName,
    /// What.
    pub what: What,
    /// Only these services; empty means all. The others keep their digests.
    pub services: BTreeSet<ServiceName>,
    /// Pulled services whose tag is resolved anew.
    pub refresh: BTreeSet<ServiceName>,
    /// Another builder than `plimsoll.toml` names: `build-vm:NAME`, `local`, `github-actions`.
    pub builder: Option<String>,
    /// Whether it must be possible to go back.
    #[serde(default)]
    pub undo: Undo,
}

/// A deployment on its way.
pub struct Deploying {
    /// Its id.
    pub id: DeploymentId,
    /// It was in flight already; this call joined it.
    pub joined: bool,
    /// What happens, from the first event on; ends after `Finished`.
    pub updates: mpsc::Receiver<Update>,
    /// Cancel: before the swap it stops and cleans up, during the swap it means undo.
    pub cancel: CancellationToken,
    /// Detach: during the swap the server goes on alone; before it, the same as cancel.
    pub detach: CancellationToken,
}

/// What a deployment would do, with reasons; nothing is changed.
///
/// # Errors
/// As for the stages resolve and preflight of [`deploy`].
pub async fn plan(session: &Session, request: &DeployRequest) -> Result<DeployPlan, Problem> {
    let world = world(session, &request.project, &request.environment, request.builder.as_deref()).await?;
    deploy::plan(&world, &asked(request)).await.map_err(Halt::into_problem)
}

/// Starts a deployment or a rollback (or joins the same one in flight). Errors after the start arrive as `Finished`. A
/// rollback is asked about first, unless it only undoes a swap that is under way.
///
/// # Errors
/// When the answer was no, the project, environment or store cannot be found or opened, or the server cannot be reached.
pub async fn deploy(session: &Session, request: DeployRequest) -> Result<Deploying, Problem> {
    if let What::Release(release) = &request.what {
        let world = site(session, &request.project, &request.environment).await?;
        if let Some(undoing) = turn_back(session, &world, release.as_ref()).await? {
            return Ok(undoing);
        }
        rollback::ask(session, &request.project, &request.environment, release.clone()).await?;
    }
    begin(session, request).await
}

/// A rollback in the warm window is the undoing of the swap that is under way.
pub(super) async fn turn_back(
    session: &Session,
    world: &World,
    wanted: Option<&ReleaseId>,
) -> Result<Option<Deploying>, Problem> {
    let undoing = settling::turn_back(session, world, wanted).await?;
    Ok(undoing.map(|id| updates::join(session, id)))
}

/// Starts what was consented to.
pub(super) async fn begin(session: &Session, request: DeployRequest) -> Result<Deploying, Problem> {
    let world = world(session, &request.project, &request.environment, request.builder.as_deref()).await?;
    settling::tidy_up(session, Some(&world.environment)).await;
    for open in session.store.deployments().unfinished(Some(&world.environment)).await? {
        if settling::settle_abandoned(session, &world, open.clone()).await?.is_none() && same(&world, &request, &open).await {
            return Ok(updates::join(session, open.id));
        }
    }
    let (cancel, detach) = (CancellationToken::new(), CancellationToken::new());
    let (progress, listening) = broadcast::channel(64);
    // Ours before anybody can see it: another program would take it for abandoned.
    let id = DeploymentId::new();
    let flight = flight::own(&session.paths, id)?;
    let run = Run::begin(id, world, asked(&request), progress, cancel.clone(), detach.clone()).await?;
    let store = session.store.clone();
    let ended = tokio::spawn(async move {
        let ended = run.carry_out().await;
        match (&ended, flight) {
            (Ok(deploy::Ended::Over(_)), Some(flight)) => flight.over(),
            // Another call of ours goes on from here.
            (_, flight) => drop(flight),
        }
        // The daily backup and the retention of logs; what is cut off here is done the next time.
        let _ = store.tend(&CancellationToken::new()).await;
        ended
    });
    let updates = updates::forward(session, id, listening, ended);
    Ok(Deploying { id, joined: false, updates, cancel, detach })
}

/// One deployment by its id, or by an unambiguous beginning or end of it.
///
/// # Errors
/// When there is none, or more than one.
pub async fn find(session: &Session, id: &str) -> Result<Deployment, Problem> {
    Ok(session.store.deployments().find(id).await?)
}

/// The deployment of an environment that is in flight or open.
pub(super) async fn in_flight(
    session: &Session,
    project: ProjectId,
    environment: &EnvironmentName,
) -> Result<Option<Deployment>, Problem> {
    let key = EnvironmentKey { project, name: environment.clone() };
    Ok(session.store.deployments().unfinished(Some(&key)).await?.pop())
}

/// Whether a deployment in flight is the very one that is asked for.
async fn same(world: &World, request: &DeployRequest, open: &Deployment) -> bool {
    match &request.what {
        What::Release(id) => id.is_some() && *id == open.release,
        What::WorkTree => false,
        What::Commit(reference) => {
            let Ok(repo) = Repo::open(&world.project.path).await else { return false };
            let Ok(commit) = repo.resolve(reference).await else { return false };
            open.commit.as_ref().is_some_and(|open| open.id == commit.id) && request.services.is_empty()
        }
    }
}

fn asked(request: &DeployRequest) -> Request {
    Request {
        what: request.what.clone(),
        services: request.services.clone(),
        refresh: request.refresh.clone(),
        undo: request.undo,
    }
}

/// The deployment with this id.
pub(super) async fn known(session: &Session, id: DeploymentId) -> Result<Deployment, Problem> {
    session.store.deployments().get(id).await?.ok_or_else(|| {
        Problem::new(
            Code::NotFound,
            "There is no such deployment",
            id.to_string(),
            "See with `plimsoll history PROJECT` which there are.",
        )
    })
}
