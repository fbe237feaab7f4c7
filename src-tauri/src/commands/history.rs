//! What was deployed, and what it printed.

use jiff::Timestamp;
use plimsoll_core::{
    api::{
        activity::{self, ActivityFilter, ActivityRow},
        deployment::{self, Shown},
        deployments::{self, HistoryFilter, HistoryRow},
        log::{self, LogMatches, LogPage},
    },
    domain::{id::DeploymentId, name::EnvironmentName, release::Release},
};
use tauri::State;

use crate::state::{Answer, Desktop};

/// The deployments of a project, newest first.
#[tauri::command]
#[specta::specta]
pub(crate) async fn history_list(desktop: State<'_, Desktop>, project: String, filter: HistoryFilter) -> Answer<Vec<HistoryRow>> {
    deployments::history(desktop.session()?, &project, &filter).await
}

/// The releases of an environment that can be made live again; asks its server.
#[tauri::command]
#[specta::specta]
pub(crate) async fn release_restorable(
    desktop: State<'_, Desktop>,
    project: String,
    environment: EnvironmentName,
) -> Answer<Vec<Release>> {
    deployments::restorable(desktop.session()?, &project, &environment).await
}

/// A deployment with everything its page begins with.
#[tauri::command]
#[specta::specta]
pub(crate) async fn deployment_show(desktop: State<'_, Desktop>, id: DeploymentId) -> Answer<Shown> {
    deployment::show(desktop.session()?, id).await
}

/// Lines of a deployment's log from a number on (from 1).
#[tauri::command]
#[specta::specta]
pub(crate) async fn deployment_logs(
    desktop: State<'_, Desktop>,
    id: DeploymentId,
    from_line: u64,
    limit: u32,
) -> Answer<LogPage> {
    log::page(desktop.session()?, id, from_line, limit).await
}

/// One line in full.
#[tauri::command]
#[specta::specta]
pub(crate) async fn deployment_line(desktop: State<'_, Desktop>, id: DeploymentId, number: u64) -> Answer<String> {
    log::line(desktop.session()?, id, number).await
}

/// Finds a text in the whole log, without its colours; `any_case` ignores the case of ASCII letters.
#[tauri::command]
#[specta::specta]
pub(crate) async fn deployment_search(
    desktop: State<'_, Desktop>,
    id: DeploymentId,
    text: String,
    any_case: bool,
) -> Answer<LogMatches> {
    log::search(desktop.session()?, id, &text, any_case).await
}

/// Every line of the whole log that speaks of an error.
#[tauri::command]
#[specta::specta]
pub(crate) async fn deployment_errors(desktop: State<'_, Desktop>, id: DeploymentId) -> Answer<LogMatches> {
    log::errors(desktop.session()?, id).await
}

/// Deployments of all projects, newest first.
#[tauri::command]
#[specta::specta]
pub(crate) async fn activity_list(
    desktop: State<'_, Desktop>,
    limit: u32,
    before: Option<Timestamp>,
    project: Option<String>,
) -> Answer<Vec<ActivityRow>> {
    activity::list(desktop.session()?, &ActivityFilter { project, before, limit, ..Default::default() }).await
}
