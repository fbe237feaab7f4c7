//! Deploying, rolling back, watching.

use plimsoll_core::{
    api::{
        Token,
        deployments::{self, DeployRequest, Deploying, Undo, What},
        rollback::{self, RollbackPlan},
    },
    domain::{id::DeploymentId, name::EnvironmentName, release::ReleaseId},
    plan::deploy::DeployPlan,
    problem::{Code, Problem},
};
use serde::Serialize;
use specta::Type;
use tauri::{AppHandle, Manager as _, State, ipc::Channel};

use crate::{
    batch::WatchMessage,
    feed,
    flights::Flight,
    state::{Answer, Desktop},
    watch::Watching,
};

/// A deployment on its way.
#[derive(Debug, Clone, Serialize, Type)]
pub(crate) struct DeployStarted {
    /// Its id.
    pub(crate) id: DeploymentId,
    /// It was in flight already; this call joined it.
    pub(crate) joined: bool,
}

/// What a deployment would do, with reasons; nothing is changed.
#[tauri::command]
#[specta::specta]
pub(crate) async fn deploy_plan(desktop: State<'_, Desktop>, request: DeployRequest) -> Answer<DeployPlan> {
    deployments::plan(desktop.session()?, &request).await
}

/// Starts a deployment, or joins the same one in flight.
#[tauri::command]
#[specta::specta]
pub(crate) async fn deploy_start(app: AppHandle, request: DeployRequest) -> Answer<DeployStarted> {
    start(&app, request).await
}

/// What a rollback would change, exactly; nothing is changed.
#[tauri::command]
#[specta::specta]
pub(crate) async fn rollback_plan(
    desktop: State<'_, Desktop>,
    project: String,
    environment: EnvironmentName,
    release: Option<ReleaseId>,
) -> Answer<RollbackPlan> {
    rollback::plan(desktop.session()?, &project, &environment, release).await
}

/// Carries out the rollback that `rollback_plan` has shown under this token.
#[tauri::command]
#[specta::specta]
pub(crate) async fn rollback_start(app: AppHandle, token: Token) -> Answer<DeployStarted> {
    let desktop = app.state::<Desktop>();
    let acting = desktop.acting()?;
    let deploying = rollback::start(acting.session(), &token).await?;
    Ok(keep(&app, deploying))
}

/// Stops a deployment of this process; in the swap it is undone.
#[tauri::command]
#[specta::specta]
pub(crate) async fn deploy_cancel(desktop: State<'_, Desktop>, id: DeploymentId) -> Answer<()> {
    own(&desktop, id)?.cancel.cancel();
    Ok(())
}

/// Leaves a swap to the server alone.
#[tauri::command]
#[specta::specta]
pub(crate) async fn deploy_detach(desktop: State<'_, Desktop>, id: DeploymentId) -> Answer<()> {
    own(&desktop, id)?.detach.cancel();
    Ok(())
}

/// Sends a snapshot from event `from` on, then batches until the end or `stream_stop`.
#[tauri::command]
#[specta::specta]
pub(crate) async fn deploy_watch(
    desktop: State<'_, Desktop>,
    id: DeploymentId,
    from: u32,
    channel: Channel<WatchMessage>,
) -> Answer<()> {
    let stop = desktop.streams.begin(channel.id());
    let progress = desktop.flights.get(id).map(|flight| flight.progress());
    let send = move |message| channel.send(message).is_ok();
    let watching = Watching::begin(desktop.session()?, id, u64::from(from), progress, &send).await?;
    tauri::async_runtime::spawn(async move { watching.run(stop, &send).await });
    Ok(())
}

/// A plain request for everything of an environment; where there is no way back it is asked about.
pub(crate) fn request(project: String, environment: EnvironmentName, what: What) -> DeployRequest {
    let (services, refresh) = Default::default();
    DeployRequest { project, environment, what, services, refresh, builder: None, undo: Undo::Asked }
}

/// Starts it and keeps it as long as it flies.
pub(crate) async fn start(app: &AppHandle, request: DeployRequest) -> Answer<DeployStarted> {
    let desktop = app.state::<Desktop>();
    // Until it is among the flights.
    let acting = desktop.acting()?;
    let deploying = deployments::deploy(acting.session(), request).await?;
    Ok(keep(app, deploying))
}

fn keep(app: &AppHandle, deploying: Deploying) -> DeployStarted {
    let started = DeployStarted { id: deploying.id, joined: deploying.joined };
    let settled = app.clone();
    app.state::<Desktop>().flights.keep(deploying, move || feed::settle_later(&settled));
    started
}

fn own(desktop: &Desktop, id: DeploymentId) -> Answer<Flight> {
    desktop.flights.get(id).ok_or_else(|| {
        Problem::new(
            Code::NotFound,
            "This deployment is not carried out here",
            "it has ended, or another program of this laptop works on it",
            "Stop it where it was started.",
        )
    })
}
