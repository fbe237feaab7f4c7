//! Deployments: planning, deploying, rolling back, history, logs, settling what was left open.
//!
//! Owns: those acts. Must never know: how a stage is carried out.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;

use super::{
    Session, flight,
    running::Follow,
    updates,
    world::{load_settings, world},
};
use crate::{
    deploy::{self, Halt, Located, Request, Run, World, locate},
    domain::{
        deployment::{Deployment, Stage, Status},
        environment::EnvironmentKey,
        event::StepEvent,
        id::{DeploymentId, ProjectId},
        name::{EnvironmentName, ServiceName},
        release::{Release, ReleaseId},
    },
    git::Repo,
    plan::deploy::DeployPlan,
    problem::{Code, Problem},
    runner,
    store::{
        deployments::Filter,
        logs::{LogFilter, NumberedLine},
    },
};

pub use crate::{
    deploy::{Undo, Update, What},
    store::logs::NumberedLine as Line,
};

/// Deployments of an environment that are looked at for what can be restored.
pub(super) const HISTORY: u32 = 200;
/// More of them never overlap, so the last one to end is among them.
const OVERLAPPING: u32 = 5;

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

/// What a settled deployment turned out to be.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Settled {
    /// The deployment as it is recorded now.
    pub deployment: Deployment,
    /// In words: what was found on the server and what was done.
    pub finding: String,
}

/// Which deployments are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct HistoryFilter {
    /// Only this environment.
    pub environment: Option<EnvironmentName>,
    /// Only these outcomes.
    pub status: Vec<Status>,
    /// At most so many, newest first; 0 means 50.
    pub limit: u32,
    /// Only those started before.
    pub before: Option<Timestamp>,
}

/// A deployment with its release and stage times.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct HistoryRow {
    /// The deployment.
    #[serde(flatten)]
    pub deployment: Deployment,
    /// The release can be made live again.
    pub restorable: bool,
    /// It is the one that serves.
    pub serving: bool,
    /// Stages with their times in milliseconds.
    pub stages: Vec<(Stage, u64)>,
}

/// What a deployment would do, with reasons; nothing is changed.
///
/// # Errors
/// As for the stages resolve and preflight of [`deploy`].
pub async fn plan(session: &Session, request: &DeployRequest) -> Result<DeployPlan, Problem> {
    let world = world(session, &request.project, &request.environment, request.builder.as_deref()).await?;
    deploy::plan(&world, &asked(request)).await.map_err(Halt::into_problem)
}

/// Starts a deployment or a rollback (or joins the same one in flight). Errors after the start arrive as `Finished`.
///
/// # Errors
/// When the project, environment or store cannot be found or opened, or the server cannot be reached.
pub async fn deploy(session: &Session, request: DeployRequest) -> Result<Deploying, Problem> {
    let world = world(session, &request.project, &request.environment, request.builder.as_deref()).await?;
    for open in session.store.deployments().unfinished(Some(&world.environment)).await? {
        let id = open.id;
        let back = leads_back(&world, &request, &open).await?;
        match flight::own(&session.paths, id)? {
            Some(ours) if back => {
                drop((settle(&world, open, Wish::Undo).await?, ours));
                return Ok(updates::join(session, id));
            }
            Some(ours) => drop((settle(&world, open, Wish::None).await?, ours)),
            None if back => {
                wish_back(&world, id).await?;
                return Ok(updates::join(session, id));
            }
            None if same(&world, &request, &open).await => return Ok(updates::join(session, id)),
            None => {}
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
        drop(flight);
        // The daily backup and the retention of logs; what is cut off here is done the next time.
        let _ = store.tend(&CancellationToken::new()).await;
        ended
    });
    let updates = updates::forward(session, id, listening, ended);
    Ok(Deploying { id, joined: false, updates, cancel, detach })
}

/// The deployments of a project, newest first.
///
/// # Errors
/// When there is no such project.
pub async fn history(session: &Session, project: &str, filter: &HistoryFilter) -> Result<Vec<HistoryRow>, Problem> {
    let project = session.store.projects().named(project).await?;
    let filter = Filter {
        project: Some(project.id),
        environment: filter.environment.clone(),
        status: filter.status.clone(),
        before: filter.before,
        limit: filter.limit,
    };
    let settings = load_settings(&project).await.unwrap_or_default();
    let mut kept = BTreeMap::new();
    let mut rows = Vec::new();
    for deployment in session.store.deployments().list(&filter).await? {
        let key = deployment.environment.clone();
        if !kept.contains_key(&key) {
            let keep = settings.environments.get(&key.name).map_or(crate::domain::settings::DEFAULT_KEEP, |place| place.keep);
            kept.insert(key.clone(), Kept::of(session, &key, keep).await?);
        }
        let kept = &kept[&key];
        let release = deployment.release.as_ref().filter(|_| deployment.status == Status::Live);
        rows.push(HistoryRow {
            serving: release.is_some() && release == kept.serving.as_ref() && kept.by == Some(deployment.id),
            restorable: release.is_some_and(|id| kept.restorable.contains(id) && Some(id) != kept.serving.as_ref()),
            stages: session.store.durations().of(deployment.id).await?,
            deployment,
        });
    }
    Ok(rows)
}

/// The releases of an environment that can be made live again, newest first.
///
/// # Errors
/// When there is no such project or environment, or its server cannot be reached.
pub async fn restorable(session: &Session, project: &str, environment: &EnvironmentName) -> Result<Vec<Release>, Problem> {
    let world = world(session, project, environment, None).await?;
    let located = locate(&world).await.map_err(Halt::into_problem)?;
    let known = session.store.releases().list(&world.environment, 1000).await?;
    let there =
        |release: &Release| located.state.restorable.contains(&release.id) && Some(&release.id) != located.state.current.as_ref();
    Ok(known.into_iter().filter(there).collect())
}

/// One deployment by its id, or by an unambiguous beginning or end of it.
///
/// # Errors
/// When there is none, or more than one.
pub async fn find(session: &Session, id: &str) -> Result<Deployment, Problem> {
    Ok(session.store.deployments().find(id).await?)
}

/// The events of a deployment from an index on, then live ones until `Finished`.
///
/// # Errors
/// When there is no such deployment.
pub async fn events(
    session: &Session,
    id: DeploymentId,
    from: u64,
) -> Result<BoxStream<'static, Result<StepEvent, Problem>>, Problem> {
    known(session, id).await?;
    Ok(session.store.events().follow(id, from).map(|event| event.map_err(Problem::from)).boxed())
}

/// The events of a deployment from an index on that are there now.
///
/// # Errors
/// When there is no such deployment.
pub async fn so_far(session: &Session, id: DeploymentId, from: u64) -> Result<Vec<StepEvent>, Problem> {
    known(session, id).await?;
    Ok(session.store.events().read(id, from, 0).await?)
}

/// The log of a deployment, of one stage if given, from a line number on; with `Follow::Yes` until it ends.
///
/// # Errors
/// When there is no such deployment.
pub async fn logs(
    session: &Session,
    id: DeploymentId,
    stage: Option<Stage>,
    from: u64,
    follow: Follow,
) -> Result<BoxStream<'static, Result<Vec<NumberedLine>, Problem>>, Problem> {
    known(session, id).await?;
    let filter = LogFilter { stage, ..LogFilter::default() };
    let logs = session.store.logs();
    if follow == Follow::Yes {
        return Ok(logs.follow(id, from, filter).map(|lines| lines.map_err(Problem::from)).boxed());
    }
    let pages = stream::unfold(Some(from.max(1)), move |from| {
        let (logs, filter) = (logs.clone(), filter.clone());
        async move {
            let from = from?;
            match logs.page(id, from, &filter).await {
                Ok(page) if page.next == from => None,
                Ok(page) => Some((Ok(page.lines), Some(page.next))),
                Err(error) => Some((Err(Problem::from(error)), None)),
            }
        }
    });
    Ok(pages.boxed())
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
    flight::sweep(&session.paths);
    let (mut settled, mut failed) = (Vec::new(), None);
    for open in session.store.deployments().unfinished(None).await? {
        if only.is_some_and(|id| id != open.environment.project) {
            continue;
        }
        let Some(ours) = flight::own(&session.paths, open.id)? else { continue };
        match settle_one(session, open).await {
            Ok(one) => settled.push(one),
            // One server out of reach keeps no other deployment open.
            Err(problem) => drop(failed.get_or_insert(problem)),
        }
        drop(ours);
    }
    failed.map_or(Ok(settled), Err)
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

/// When a release went live last.
pub(super) async fn live_since(
    session: &Session,
    environment: &EnvironmentKey,
    release: &ReleaseId,
) -> Result<Option<Timestamp>, Problem> {
    let history = live(session, environment, HISTORY).await?;
    Ok(history.into_iter().find(|d| d.release.as_ref() == Some(release)).and_then(|d| d.finished))
}

/// Takes over what the server remembers and this laptop does not: another laptop's deployments, or all of them after a
/// reinstall.
pub(super) async fn learn(session: &Session, world: &World, located: &Located) -> Result<(), Problem> {
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

/// Settles open deployments of an environment that need no waiting: nobody here works on them and no runner does either.
pub(super) async fn settle_what_ended(session: &Session, world: &World, located: &Located) -> Result<(), Problem> {
    for open in session.store.deployments().unfinished(Some(&world.environment)).await? {
        let Some(ours) = flight::own(&session.paths, open.id)? else { continue };
        let state = runner::state(world.server.host.as_ref(), &located.folders, open.id).await?;
        if state != runner::State::Running {
            settle(world, open, Wish::None).await?;
        }
        drop(ours);
    }
    Ok(())
}

/// What shall become of an open deployment whose swap is still under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    /// Whatever it comes to.
    None,
    /// The old release.
    Undo,
}

async fn settle(world: &World, open: Deployment, wish: Wish) -> Result<Settled, Problem> {
    let located = locate(world).await.map_err(Halt::into_problem)?;
    let (progress, _) = broadcast::channel(1);
    let cancel = CancellationToken::new();
    if wish == Wish::Undo {
        cancel.cancel();
    }
    let settled = deploy::settle(world, &located, open, progress, &cancel).await;
    let deploy::Settled { deployment, finding } = settled.map_err(Halt::into_problem)?;
    Ok(Settled { deployment, finding })
}

async fn settle_one(session: &Session, open: Deployment) -> Result<Settled, Problem> {
    let project = session.store.projects().get(open.environment.project).await?;
    let world = world(session, project.name.as_str(), &open.environment.name, None).await?;
    settle(&world, open, Wish::None).await
}

/// Whether a rollback asks for what an open deployment would undo to: while its swap is under way, the old release is warm, and
/// undoing is the shortest way back.
async fn leads_back(world: &World, request: &DeployRequest, open: &Deployment) -> Result<bool, Problem> {
    let What::Release(wanted) = &request.what else { return Ok(false) };
    if open.previous.is_none() || wanted.is_some() && *wanted != open.previous {
        return Ok(false);
    }
    let located = locate(world).await.map_err(Halt::into_problem)?;
    let state = runner::state(world.server.host.as_ref(), &located.folders, open.id).await?;
    Ok(matches!(state, runner::State::Running | runner::State::Interrupted))
}

async fn wish_back(world: &World, id: DeploymentId) -> Result<(), Problem> {
    let located = locate(world).await.map_err(Halt::into_problem)?;
    Ok(runner::cancel(world.server.host.as_ref(), &located.folders, id).await?)
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

/// The deployment that made live what serves an environment, by this laptop's own history.
pub(super) async fn serving(session: &Session, environment: &EnvironmentKey) -> Result<Option<Deployment>, Problem> {
    Ok(live(session, environment, OVERLAPPING).await?.into_iter().next())
}

/// What can be restored in an environment, by this laptop's own history.
struct Kept {
    serving: Option<ReleaseId>,
    /// The deployment that made it live.
    by: Option<DeploymentId>,
    restorable: BTreeSet<ReleaseId>,
}

impl Kept {
    async fn of(session: &Session, environment: &EnvironmentKey, keep: u32) -> Result<Self, Problem> {
        let history = live(session, environment, HISTORY).await?;
        let by = history.first().map(|deployment| deployment.id);
        let serving = history.first().and_then(|deployment| deployment.release.clone());
        let mut seen = BTreeSet::new();
        let releases = history.into_iter().filter_map(|deployment| deployment.release);
        let distinct = releases.filter(|id| seen.insert(id.clone())).take(keep as usize + 1);
        Ok(Self { serving, by, restorable: distinct.collect() })
    }
}

/// What was live in an environment, the last one first.
pub(super) async fn live(session: &Session, environment: &EnvironmentKey, limit: u32) -> Result<Vec<Deployment>, Problem> {
    let filter = Filter {
        project: Some(environment.project),
        environment: Some(environment.name.clone()),
        status: vec![Status::Live],
        limit,
        before: None,
    };
    let mut history = session.store.deployments().list(&filter).await?;
    // Of two that overlapped, the one that ended last serves.
    history.sort_by_key(|deployment| std::cmp::Reverse(deployment.finished));
    Ok(history)
}
