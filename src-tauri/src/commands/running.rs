//! What runs now.

use plimsoll_core::{
    api::running::{self, EnvironmentStatus, Power, ServiceStatus},
    domain::name::{EnvironmentName, ServiceName},
};
use tauri::{AppHandle, State};

use crate::{
    feed,
    state::{Answer, Desktop},
};

/// How every environment of one project, or of all, stands; asks the servers.
#[tauri::command]
#[specta::specta]
pub(crate) async fn status_read(desktop: State<'_, Desktop>, project: Option<String>) -> Answer<Vec<EnvironmentStatus>> {
    running::status(desktop.session()?, project.as_deref()).await
}

/// Restarts services; none named means all.
#[tauri::command]
#[specta::specta]
pub(crate) async fn running_restart(
    app: AppHandle,
    desktop: State<'_, Desktop>,
    project: String,
    environment: EnvironmentName,
    services: Vec<ServiceName>,
) -> Answer<Vec<ServiceStatus>> {
    let answer = running::power(desktop.acting()?.session(), &project, &environment, &services, Power::Restart).await?;
    feed::tell_of(&app, &project);
    Ok(answer)
}

/// Stops services; none named means all.
#[tauri::command]
#[specta::specta]
pub(crate) async fn running_stop(
    app: AppHandle,
    desktop: State<'_, Desktop>,
    project: String,
    environment: EnvironmentName,
    services: Vec<ServiceName>,
) -> Answer<Vec<ServiceStatus>> {
    let answer = running::power(desktop.acting()?.session(), &project, &environment, &services, Power::Stop).await?;
    feed::tell_of(&app, &project);
    Ok(answer)
}

/// Starts services; none named means all.
#[tauri::command]
#[specta::specta]
pub(crate) async fn running_start(
    app: AppHandle,
    desktop: State<'_, Desktop>,
    project: String,
    environment: EnvironmentName,
    services: Vec<ServiceName>,
) -> Answer<Vec<ServiceStatus>> {
    let answer = running::power(desktop.acting()?.session(), &project, &environment, &services, Power::Start).await?;
    feed::tell_of(&app, &project);
    Ok(answer)
}
