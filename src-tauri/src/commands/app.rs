//! The app itself: its settings, its facts, the questions that wait, the sample.

use std::sync::atomic::Ordering;

use plimsoll_core::{
    api::{
        diagnostics,
        preferences::{self, Preferences},
        projects::Understood,
        registries::{self, KeychainState},
        sample,
    },
    domain::name::Name,
    problem::{Code, Problem},
};
use serde::Serialize;
use specta::Type;
use tauri::{AppHandle, Manager as _, State};
use tauri_plugin_autostart::ManagerExt as _;

use crate::{
    goto::Goto,
    questions::{OpenQuestion, Said},
    state::{Answer, Desktop},
    updates,
};

/// What the app is and what is there around it.
#[derive(Debug, Clone, Serialize, Type)]
pub(crate) struct AppFacts {
    /// Its version.
    pub(crate) version: String,
    /// `linux`, `macos`, `windows`.
    pub(crate) platform: String,
    /// Where this laptop's data lies.
    pub(crate) data_folder: String,
    /// Whether passwords can be kept; else they stay in memory until the app ends.
    pub(crate) keychain: bool,
    /// Why they cannot.
    pub(crate) keychain_state: KeychainState,
    /// Whether there is a tray; without one closing the window quits.
    pub(crate) tray: bool,
    /// Whether newer versions can be asked for; else they come from where the app was installed.
    pub(crate) updates: bool,
    /// A sentence when the database had to be restored from a backup.
    pub(crate) notice: Option<String>,
}

/// What the app is and what is there around it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn app_facts(desktop: State<'_, Desktop>) -> Answer<AppFacts> {
    let session = desktop.session()?;
    let keychain_state = registries::keychain().await;
    Ok(AppFacts {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        platform: std::env::consts::OS.to_owned(),
        data_folder: session.data_folder().display().to_string(),
        keychain: keychain_state == KeychainState::Open,
        keychain_state,
        tray: desktop.has_tray(),
        updates: updates::SOURCE.is_some(),
        notice: session.notice.clone(),
    })
}

/// The settings of the app.
#[tauri::command]
#[specta::specta]
pub(crate) async fn app_settings_read(desktop: State<'_, Desktop>) -> Answer<Preferences> {
    preferences::read(desktop.session()?).await
}

/// Replaces the settings of the app; what concerns the system is done at once, and first: nothing is kept that it refused.
#[tauri::command]
#[specta::specta]
pub(crate) async fn app_settings_write(app: AppHandle, settings: Preferences) -> Answer<Preferences> {
    let desktop = app.state::<Desktop>();
    let before = preferences::read(desktop.session()?).await?.start_at_login;
    start_at_login(&app, before, settings.start_at_login)?;
    preferences::write(desktop.session()?, &settings).await?;
    desktop.keep_in_tray.store(settings.keep_in_tray, Ordering::Relaxed);
    Ok(settings)
}

fn start_at_login(app: &AppHandle, before: bool, wanted: bool) -> Answer<()> {
    let login = app.autolaunch();
    let done = match to_be_changed(login.is_enabled().ok(), before, wanted) {
        Some(true) => login.enable(),
        Some(false) => login.disable(),
        None => Ok(()),
    };
    // Whoever changed something else has not asked for it.
    if before == wanted { Ok(()) } else { done.map_err(|error| not_at_login(&error)) }
}

/// What the system is told: also when somebody else has changed it there.
fn to_be_changed(is: Option<bool>, before: bool, wanted: bool) -> Option<bool> {
    (is.unwrap_or(before) != wanted).then_some(wanted)
}

fn not_at_login(error: &dyn std::fmt::Display) -> Problem {
    Problem::new(
        Code::LocalFile,
        "Starting at login cannot be changed",
        error.to_string(),
        "Change it in the system's own settings; here nothing was changed.",
    )
}

/// Versions, settings without secrets, the last problems: for a report.
#[tauri::command]
#[specta::specta]
pub(crate) async fn app_diagnostics(desktop: State<'_, Desktop>) -> Answer<String> {
    diagnostics::text(desktop.session()?, concat!("Plimsoll desktop ", env!("CARGO_PKG_VERSION"))).await
}

/// Sets the sample shop up on this machine's own Docker, after a question; deploying it is the next thing.
#[tauri::command]
#[specta::specta]
pub(crate) async fn sample_try(desktop: State<'_, Desktop>) -> Answer<Understood> {
    sample::up(desktop.acting()?.session()).await
}

/// Takes the sample away, after a question that names the consequences.
#[tauri::command]
#[specta::specta]
pub(crate) async fn sample_remove(desktop: State<'_, Desktop>) -> Answer<Name> {
    sample::down(desktop.acting()?.session()).await
}

/// The questions that wait for an answer.
#[tauri::command]
#[specta::specta]
pub(crate) async fn questions_open(desktop: State<'_, Desktop>) -> Answer<Vec<OpenQuestion>> {
    Ok(desktop.questions.open())
}

/// Answers a question; `false` when it does not wait any more.
#[tauri::command]
#[specta::specta]
pub(crate) async fn question_answer(desktop: State<'_, Desktop>, id: u32, said: Said) -> Answer<bool> {
    Ok(desktop.questions.answer(id, said))
}

/// Where the page shall go, once.
#[tauri::command]
#[specta::specta]
pub(crate) async fn goto_take(desktop: State<'_, Desktop>) -> Answer<Option<Goto>> {
    Ok(desktop.goto.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take())
}

/// Ends a stream by the number of its channel.
#[tauri::command]
#[specta::specta]
pub(crate) async fn stream_stop(desktop: State<'_, Desktop>, channel: u32) -> Answer<()> {
    desktop.streams.stop(channel);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::to_be_changed;

    #[test]
    fn the_system_is_told_what_it_does_not_know() {
        assert_eq!(to_be_changed(Some(false), false, true), Some(true));
        assert_eq!(to_be_changed(Some(true), true, false), Some(false));
        assert_eq!(to_be_changed(Some(true), false, true), None, "it is so already");
        assert_eq!(to_be_changed(Some(false), true, true), Some(true), "somebody else has changed it");
        // It cannot be asked.
        assert_eq!(to_be_changed(None, false, true), Some(true));
        assert_eq!(to_be_changed(None, false, false), None);
    }
}
