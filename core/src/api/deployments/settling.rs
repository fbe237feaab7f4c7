//! Deployments that were left open, and what the server remembers.
//!
//! Owns: who may settle one, and taking over what others deployed. Must never know: how a deployment goes.

use serde::Serialize;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use crate::{
    api::{
        Session,
        flight::{self, Flight},
        world::site,
    },
    deploy::{self, Halt, Located, World, locate},
    domain::{deployment::Deployment, environment::EnvironmentKey, id::DeploymentId, name::Name, release::ReleaseId},
    host::lock,
    problem::Problem,
    runner,
};

/// What a settled deployment turned out to be.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Settled {
    /// The deployment as it is recorded now.
    pub deployment: Deployment,
    /// In words: what was found on the server and what was done.
    pub finding: String,
}

/// Settles every deployment that was left open: reads the server's journal, follows what still runs, records what ended.
/// Those that another program works on are left alone.
///
/// # Errors
/// When there is no such project, or a server cannot be reached.
pub async fn resume(session: &Session, project: Option<&str>) -> Result<Vec<Settled>, Problem> {
    let only = match project {
        Some(name) => Some(session.store.projects().named(name).await?.id),
        None => None,
    };
    let (mut settled, mut failed) = (Vec::new(), None);
    for open in session.store.deployments().unfinished(None).await? {
        if only.is_some_and(|id| id != open.environment.project) {
            continue;
        }
        match settle_one(session, open).await {
            Ok(one) => settled.extend(one),
            // One server out of reach keeps no other deployment open.
            Err(problem) => drop(failed.get_or_insert(problem)),
        }
    }
    tidy_up(session, None).await;
    failed.map_or(Ok(settled), Err)
}

/// The projects whose deployments a program of this laptop works on now; those that the server carries on alone are not among
/// them.
///
/// # Errors
/// When the store cannot be read.
pub async fn worked_on(session: &Session) -> Result<Vec<Name>, Problem> {
    let mut projects = Vec::new();
    for open in session.store.deployments().unfinished(None).await? {
        if flight::is_claimed(&session.paths, open.id) {
            projects.push(session.store.projects().get(open.environment.project).await?.name);
        }
    }
    Ok(projects)
}

/// Takes over what the server remembers and this laptop does not: another laptop's deployments, or all of them after a
/// reinstall.
pub(in crate::api) async fn learn(session: &Session, world: &World, located: &Located) -> Result<(), Problem> {
    for recorded in runner::records(world.server.host.as_ref(), &located.folders).await? {
        let Some((outcome, at)) = recorded.end else { continue };
        let mut deployment = recorded.deployment;
        if session.store.deployments().get(deployment.id).await?.is_some() {
            continue;
        }
        deployment.environment = world.environment.clone();
        deployment.status = deploy::status_of(&outcome);
        deployment.problem = outcome.problem("");
        deployment.finished = Some(at);
        session.store.deployments().create(&deployment).await?;
    }
    Ok(())
}

/// Takes away what deployments that have ended left behind on servers that were out of reach then; of one environment, or all
/// of them. What cannot be done now is done another time.
pub(super) async fn tidy_up(session: &Session, only: Option<&EnvironmentKey>) {
    for id in flight::claims(&session.paths) {
        let _ = tidy_one(session, id, only).await;
    }
}

async fn tidy_one(session: &Session, id: DeploymentId, only: Option<&EnvironmentKey>) -> Result<(), Problem> {
    let ended = session.store.deployments().get(id).await?;
    let others = |ended: &Deployment| ended.finished.is_none() || only.is_some_and(|only| *only != ended.environment);
    if ended.as_ref().is_some_and(others) {
        return Ok(());
    }
    let Some(flight) = flight::own(&session.paths, id)? else { return Ok(()) };
    if let Some(ended) = ended {
        let project = session.store.projects().get(ended.environment.project).await?;
        let world = site(session, project.name.as_str(), &ended.environment.name).await?;
        let located = locate(&world).await.map_err(Halt::into_problem)?;
        deploy::tidy(world.server.host.as_ref(), &located.folders, id).await?;
    }
    flight.over();
    Ok(())
}

/// Settles open deployments of an environment that need no waiting: nobody here works on them and no runner does either.
pub(in crate::api) async fn settle_what_ended(session: &Session, world: &World, located: &Located) -> Result<(), Problem> {
    for open in session.store.deployments().unfinished(Some(&world.environment)).await? {
        let Some(ours) = claim(session, world, located, &open).await? else { continue };
        let state = runner::state(world.server.host.as_ref(), &located.folders, open.id).await?;
        if state != runner::State::Running {
            settle(world, located, open).await?;
            ours.over();
        }
    }
    Ok(())
}

/// Settles an open deployment, unless somebody works on it.
pub(super) async fn settle_abandoned(session: &Session, world: &World, open: Deployment) -> Result<Option<Settled>, Problem> {
    // Asking the server is not needed to learn that another program of this laptop has it.
    let Some(flight) = flight::own(&session.paths, open.id)? else { return Ok(None) };
    let located = locate(world).await.map_err(Halt::into_problem)?;
    let Some(ours) = unless_alive(world, &located, &open, flight).await? else { return Ok(None) };
    let settled = settle(world, &located, open).await?;
    ours.over();
    Ok(Some(settled))
}

/// Undoes the deployment whose swap is under way, where a rollback asks for what it would undo to: until its end the old release
/// is warm, and undoing is the shortest way back. The answer is that deployment, once the server undoes it.
pub(super) async fn turn_back(
    session: &Session,
    world: &World,
    wanted: Option<&ReleaseId>,
) -> Result<Option<DeploymentId>, Problem> {
    let located = locate(world).await.map_err(Halt::into_problem)?;
    let Some(swap) = deploy::under_way(world, &located, wanted).await.map_err(Halt::into_problem)? else { return Ok(None) };
    let id = swap.deployment.id;
    if swap.warm {
        runner::cancel(world.server.host.as_ref(), &located.folders, id).await?;
    }
    if let Some(ours) = claim(session, world, &located, &swap.deployment).await? {
        settle(world, &located, swap.deployment).await?;
        ours.over();
    }
    // A wish that comes after the commit takes a swap of its own.
    Ok(deploy::is_undone(world, &located, id).await.map_err(Halt::into_problem)?.then_some(id))
}

async fn settle_one(session: &Session, open: Deployment) -> Result<Option<Settled>, Problem> {
    let project = session.store.projects().get(open.environment.project).await?;
    let world = site(session, project.name.as_str(), &open.environment.name).await?;
    settle_abandoned(session, &world, open).await
}

async fn settle(world: &World, located: &Located, open: Deployment) -> Result<Settled, Problem> {
    let (progress, _) = broadcast::channel(1);
    let cancel = CancellationToken::new();
    let settled = deploy::settle(world, located, open, progress, &cancel).await;
    let deploy::Settled { deployment, finding } = settled.map_err(Halt::into_problem)?;
    Ok(Settled { deployment, finding })
}

/// Claims an open deployment; `None` when somebody works on it.
async fn claim(session: &Session, world: &World, located: &Located, open: &Deployment) -> Result<Option<Flight>, Problem> {
    match flight::own(&session.paths, open.id)? {
        Some(flight) => unless_alive(world, located, open, flight).await,
        None => Ok(None),
    }
}

/// A claim that was this folder's own is nobody's any more: its program has ended. In a copy of another folder (a backup, a
/// second machine) only the server knows whether the program that deploys still tells of itself.
async fn unless_alive(world: &World, located: &Located, open: &Deployment, flight: Flight) -> Result<Option<Flight>, Problem> {
    if flight.was_ours() {
        return Ok(Some(flight));
    }
    let held = lock::read(world.server.host.as_ref(), &located.folders).await?;
    let alive = held.is_some_and(|state| state.owner.id == open.id.to_string() && !state.runner && !state.is_stale());
    if alive {
        flight.over();
        return Ok(None);
    }
    Ok(Some(flight))
}

#[cfg(test)]
mod tests {
    use super::worked_on;
    use crate::{
        api::{flight, testing::bench},
        domain::deployment::Status,
    };

    #[tokio::test]
    async fn only_what_somebody_works_on_is_in_hand() {
        let bench = bench().await;
        let open = bench.deployment(Status::Running).await;
        assert!(worked_on(&bench.session).await.unwrap().is_empty(), "the server goes on alone");
        let flight = flight::own(&bench.session.paths, open.id).unwrap();
        assert_eq!(worked_on(&bench.session).await.unwrap(), ["shop".parse().unwrap()]);
        drop(flight);
        assert!(worked_on(&bench.session).await.unwrap().is_empty());
    }
}
