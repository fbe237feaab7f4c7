//! Newer versions of the app, signed.

use std::time::Duration;

use plimsoll_core::{
    api::changes,
    problem::{Code, Problem},
};
use serde::Serialize;
use specta::Type;
use tauri::{AppHandle, Manager as _};
use tauri_plugin_updater::{Update, UpdaterExt as _};

use crate::state::{Answer, Desktop};

/// How often it is looked whether the last deployment has ended.
const CALM: Duration = Duration::from_secs(2);

/// A newer version.
#[derive(Debug, Clone, Serialize, Type)]
pub(crate) struct NewerVersion {
    /// Its number.
    pub(crate) version: String,
    /// What is new, as its makers wrote it.
    pub(crate) notes: Option<String>,
}

/// Whether there is a newer version.
#[tauri::command]
#[specta::specta]
pub(crate) async fn update_check(app: AppHandle) -> Answer<Option<NewerVersion>> {
    Ok(find(&app).await?.map(|update| NewerVersion { version: update.version, notes: update.body }))
}

/// Waits until no deployment is in flight, puts the newer version in place and starts it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn update_install(app: AppHandle) -> Answer<()> {
    let Some(update) = find(&app).await? else { return Ok(()) };
    let bytes = update.download(|_, _| {}, || {}).await.map_err(|error| failed(&error))?;
    let session = app.state::<Desktop>().session()?.clone();
    while !changes::in_flight(&session).await?.is_empty() {
        tokio::time::sleep(CALM).await;
    }
    update.install(bytes).map_err(|error| failed(&error))?;
    app.restart()
}

async fn find(app: &AppHandle) -> Answer<Option<Update>> {
    app.updater().map_err(|error| failed(&error))?.check().await.map_err(|error| failed(&error))
}

fn failed(error: &tauri_plugin_updater::Error) -> Problem {
    Problem::new(
        Code::Unsupported,
        "The newer version cannot be had",
        error.to_string(),
        "Try again later, or install it by hand; nothing was changed.",
    )
}
