//! Newer versions of the app, signed.

use plimsoll_core::{
    api::deployments,
    domain::name::Name,
    problem::{Code, Problem},
};
use serde::Serialize;
use specta::Type;
use tauri::{AppHandle, Manager as _};
use tauri_plugin_updater::{Update, UpdaterExt as _};

use crate::{
    notice,
    state::{Answer, Desktop, Raised},
    updates::{self, When},
    words,
};

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

/// Puts the newer version in place and starts it. While something is being done it is postponed to its end; the answer names
/// the projects that are deployed.
#[tauri::command]
#[specta::specta]
pub(crate) async fn update_install(app: AppHandle) -> Answer<Vec<Name>> {
    let desktop = app.state::<Desktop>();
    // One is enough, however often it is asked for; what it waits for is said again, or why that cannot be known.
    let Some(coming) = desktop.await_update() else { return deployments::worked_on(desktop.session()?).await };
    let Some(update) = find(&app).await? else { return Ok(Vec::new()) };
    let bytes = update.download(|_, _| {}, || {}).await.map_err(|error| failed(&error))?;
    match updates::when(&desktop).await? {
        When::Now(still) => install(&app, &update, bytes, still).map(|()| Vec::new()),
        When::After(projects) => {
            postpone(app.clone(), update, bytes, coming);
            Ok(projects)
        }
    }
}

fn postpone(app: AppHandle, update: Update, bytes: Vec<u8>, coming: Raised) {
    tauri::async_runtime::spawn(async move {
        let desktop = app.state::<Desktop>();
        let done = updates::calm(&desktop).await.and_then(|still| install(&app, &update, bytes, still));
        // It can be asked for again.
        drop(coming);
        if let Err(problem) = done {
            notice::tell(&app, words::not_updated(&problem));
        }
    });
}

/// The app that begins then knows nothing of what was held still.
fn install(app: &AppHandle, update: &Update, bytes: Vec<u8>, still: Raised) -> Answer<()> {
    let done = update.install(bytes);
    if let Err(error) = done {
        drop(still);
        return Err(failed(&error));
    }
    app.restart()
}

async fn find(app: &AppHandle) -> Answer<Option<Update>> {
    let source = updates::SOURCE.ok_or_else(updates::elsewhere)?;
    let address = source.address.parse().map_err(|error| failed(&error))?;
    let asking = app.updater_builder().pubkey(source.key).endpoints(vec![address]);
    let updater = asking.and_then(|asking| asking.build()).map_err(|error| failed(&error))?;
    updater.check().await.map_err(|error| failed(&error))
}

fn failed(error: &dyn std::fmt::Display) -> Problem {
    Problem::new(
        Code::Unsupported,
        "The newer version cannot be had",
        error.to_string(),
        "Try again later, or install it by hand; nothing was changed.",
    )
}
