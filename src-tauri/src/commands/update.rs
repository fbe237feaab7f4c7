//! Newer versions of the app, signed.

use std::{sync::atomic::Ordering, time::Duration};

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
    state::{Answer, Desktop},
    updates::{self, When},
};

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

/// Puts the newer version in place and starts it. While deployments are in flight it is postponed to their end; the answer
/// names their projects.
#[tauri::command]
#[specta::specta]
pub(crate) async fn update_install(app: AppHandle) -> Answer<Vec<Name>> {
    let Some(update) = find(&app).await? else { return Ok(Vec::new()) };
    let bytes = update.download(|_, _| {}, || {}).await.map_err(|error| failed(&error))?;
    match now_or_later(&app).await? {
        When::Now => install(&app, &update, bytes).map(|()| Vec::new()),
        When::After(projects) => {
            postpone(app, update, bytes);
            Ok(projects)
        }
    }
}

async fn now_or_later(app: &AppHandle) -> Answer<When> {
    let desktop = app.state::<Desktop>();
    let worked_on = deployments::worked_on(desktop.session()?).await?;
    Ok(updates::when(desktop.flights.all().len(), worked_on))
}

/// One postponement is enough, however often it is asked for.
fn postpone(app: AppHandle, update: Update, bytes: Vec<u8>) {
    if app.state::<Desktop>().update_waits.swap(true, Ordering::Relaxed) {
        return;
    }
    tauri::async_runtime::spawn(async move {
        while !matches!(now_or_later(&app).await, Ok(When::Now)) {
            tokio::time::sleep(CALM).await;
        }
        // One that fails can be asked for again.
        let _ = install(&app, &update, bytes);
        app.state::<Desktop>().update_waits.store(false, Ordering::Relaxed);
    });
}

fn install(app: &AppHandle, update: &Update, bytes: Vec<u8>) -> Answer<()> {
    let desktop = app.state::<Desktop>();
    desktop.updating.store(true, Ordering::Relaxed);
    if let Err(error) = update.install(bytes) {
        desktop.updating.store(false, Ordering::Relaxed);
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
