//! What runs now.

use plimsoll_core::{
    api::running::{self, EnvironmentStatus, Power, ServiceStatus},
    domain::name::{EnvironmentName, ServiceName},
};
use tauri::State;

use crate::state::{Answer, Desktop};

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
    desktop: State<'_, Desktop>,
    project: String,
    environment: EnvironmentName,
    services: Vec<ServiceName>,
) -> Answer<Vec<ServiceStatus>> {
    running::power(desktop.session()?, &project, &environment, &services, Power::Restart).await
}

/// Stops services; none named means all.
#[tauri::command]
#[specta::specta]
pub(crate) async fn running_stop(
    desktop: State<'_, Desktop>,
    project: String,
    environment: EnvironmentName,
    services: Vec<ServiceName>,
) -> Answer<Vec<ServiceStatus>> {
    running::power(desktop.session()?, &project, &environment, &services, Power::Stop).await
}

/// Starts services; none named means all.
#[tauri::command]
#[specta::specta]
pub(crate) async fn running_start(
    desktop: State<'_, Desktop>,
    project: String,
    environment: EnvironmentName,
    services: Vec<ServiceName>,
) -> Answer<Vec<ServiceStatus>> {
    running::power(desktop.session()?, &project, &environment, &services, Power::Start).await
}
