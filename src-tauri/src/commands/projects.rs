//! Projects and their `plimsoll.toml`.

use std::path::Path;

use plimsoll_core::{
    api::{
        projects::{self, Finding, ProjectRow, Understood},
        settings,
    },
    domain::{name::Name, project::Project, settings::Settings},
};
use tauri::{AppHandle, State};

use crate::{
    feed,
    state::{Answer, Desktop},
};

/// All projects by name.
#[tauri::command]
#[specta::specta]
pub(crate) async fn projects_list(desktop: State<'_, Desktop>) -> Answer<Vec<ProjectRow>> {
    projects::list(desktop.session()?).await
}

/// Adds the project in a folder; writes a commented `plimsoll.toml` if there is none.
#[tauri::command]
#[specta::specta]
pub(crate) async fn projects_add(desktop: State<'_, Desktop>, path: String, name: Option<String>) -> Answer<Understood> {
    projects::add(desktop.acting()?.session(), Path::new(&path), name.as_deref()).await
}

/// What is understood of a project now.
#[tauri::command]
#[specta::specta]
pub(crate) async fn projects_show(desktop: State<'_, Desktop>, name: String) -> Answer<Understood> {
    projects::show(desktop.session()?, &name).await
}

/// Every problem of a project with line and remedy.
#[tauri::command]
#[specta::specta]
pub(crate) async fn projects_check(desktop: State<'_, Desktop>, name: String) -> Answer<Vec<Finding>> {
    projects::check(desktop.session()?, &name).await
}

/// Gives a project another name.
#[tauri::command]
#[specta::specta]
pub(crate) async fn projects_rename(desktop: State<'_, Desktop>, from: String, to: String) -> Answer<Project> {
    projects::rename(desktop.acting()?.session(), &from, &to).await
}

/// Forgets a project on this laptop, after a question.
#[tauri::command]
#[specta::specta]
pub(crate) async fn projects_remove(desktop: State<'_, Desktop>, name: String) -> Answer<Name> {
    projects::remove(desktop.acting()?.session(), &name).await
}

/// What a project's `plimsoll.toml` says.
#[tauri::command]
#[specta::specta]
pub(crate) async fn settings_read(desktop: State<'_, Desktop>, project: String) -> Answer<Settings> {
    Ok(settings::read(desktop.session()?, &project).await?.settings)
}

/// Writes a project's `plimsoll.toml`; comments stay.
#[tauri::command]
#[specta::specta]
pub(crate) async fn settings_write(
    app: AppHandle,
    desktop: State<'_, Desktop>,
    project: String,
    settings: Settings,
) -> Answer<Settings> {
    let written = settings::write(desktop.acting()?.session(), &project, settings).await?.settings;
    feed::tell(&app, settings_tags(&project));
    Ok(written)
}

/// Lists of projects and of servers show what settings name, too.
fn settings_tags(project: &str) -> Vec<String> {
    vec!["projects".to_owned(), "servers".to_owned(), format!("project:{project}")]
}

#[cfg(test)]
mod tests {
    use super::settings_tags;

    #[test]
    fn a_change_of_settings_outdates_the_lists_too() {
        assert_eq!(settings_tags("shop"), ["projects", "servers", "project:shop"]);
    }
}
