//! What only the system can do: dialogs, other programs, the clipboard.

use std::path::Path;

use plimsoll_core::{
    api::{log, preferences, projects},
    domain::id::DeploymentId,
    problem::{Code, Problem},
};
use tauri::{AppHandle, Manager as _, State};
use tauri_plugin_dialog::{DialogExt as _, FilePath};
use tokio::sync::oneshot;

use crate::{
    opener,
    state::{Answer, Desktop},
};

/// The system's own folder dialog; nothing when it was closed.
#[tauri::command]
#[specta::specta]
pub(crate) async fn browse_folder(app: AppHandle) -> Answer<Option<String>> {
    if let Some(folder) = chosen_for_a_test() {
        return Ok(Some(folder));
    }
    let (answer, answered) = oneshot::channel();
    app.dialog().file().pick_folder(move |folder| drop(answer.send(folder)));
    Ok(answered.await.ok().flatten().map(|folder: FilePath| folder.to_string()))
}

/// Asks where to and saves the whole log as text; the file's path, or nothing when the dialog was closed.
#[tauri::command]
#[specta::specta]
pub(crate) async fn deployment_log_save(app: AppHandle, id: DeploymentId) -> Answer<Option<String>> {
    let desktop = app.state::<Desktop>();
    let acting = desktop.acting()?;
    let text = log::text(acting.session(), id).await?;
    let (answer, answered) = oneshot::channel();
    app.dialog().file().set_file_name(format!("plimsoll-{id}.log")).save_file(move |file| drop(answer.send(file)));
    let Some(file) = answered.await.ok().flatten() else { return Ok(None) };
    let path = file.into_path().map_err(|error| failed("The log cannot be saved", &error))?;
    tokio::fs::write(&path, text).await.map_err(|error| failed("The log cannot be saved", &error))?;
    Ok(Some(path.display().to_string()))
}

/// Opens the public address of a project in the browser; no other address is opened.
#[tauri::command]
#[specta::specta]
pub(crate) async fn open_url(desktop: State<'_, Desktop>, url: String) -> Answer<()> {
    let known = projects::urls(desktop.session()?).await?;
    if !known.contains(&url) {
        let title = format!("{} is not opened", url.escape_debug());
        return Err(Problem::new(Code::InvalidInput, title, "no project has this address", "Open it in the browser yourself."));
    }
    open(Path::new(&url)).await
}

/// Shows a project's folder.
#[tauri::command]
#[specta::specta]
pub(crate) async fn open_folder(desktop: State<'_, Desktop>, project: String) -> Answer<()> {
    open(&projects::folder(desktop.session()?, &project).await?).await
}

/// Shows the folder with this laptop's data.
#[tauri::command]
#[specta::specta]
pub(crate) async fn open_data_folder(desktop: State<'_, Desktop>) -> Answer<()> {
    open(desktop.session()?.data_folder()).await
}

/// Puts a text on the clipboard.
#[tauri::command]
#[specta::specta]
pub(crate) async fn copy_text(desktop: State<'_, Desktop>, text: String) -> Answer<()> {
    desktop.clipboard.put(text).await.map_err(|error| failed("The clipboard cannot be used", &error))
}

/// Draws the page larger or smaller, in percent.
#[tauri::command]
#[specta::specta]
pub(crate) async fn set_zoom(window: tauri::WebviewWindow, percent: u16) -> Answer<()> {
    window
        .set_zoom(f64::from(preferences::possible_zoom(percent)) / 100.0)
        .map_err(|error| failed("The zoom cannot be set", &error))
}

/// Opens something with the program the system has for it.
pub(crate) async fn open(what: &Path) -> Answer<()> {
    let what = what.to_owned();
    let done = tauri::async_runtime::spawn_blocking(move || opener::open(&what)).await;
    done.map_err(|error| failed("It cannot be opened", &error))?.map_err(|error| failed("It cannot be opened", &error))
}

/// The dialog belongs to the system, and no test can drive it: in debug builds a variable says what it would have answered.
fn chosen_for_a_test() -> Option<String> {
    if cfg!(debug_assertions) { std::env::var("PLIMSOLL_CHOSEN_FOLDER").ok() } else { None }
}

fn failed(title: &str, error: &dyn std::fmt::Display) -> Problem {
    Problem::new(Code::LocalFile, title, error.to_string(), "Try again, or do it by hand.")
}
