//! Variables of an environment.

use plimsoll_core::{
    api::variables::{self, Scope, Variable},
    domain::{name::EnvironmentName, secret::Secret},
};
use tauri::{AppHandle, State};

use crate::{
    feed,
    state::{Answer, Desktop},
};

/// Names of all variables.
#[tauri::command]
#[specta::specta]
pub(crate) async fn variables_list(
    desktop: State<'_, Desktop>,
    project: String,
    environment: EnvironmentName,
) -> Answer<Vec<Variable>> {
    variables::list(desktop.session()?, &project, &environment).await
}

/// The value of one variable.
#[tauri::command]
#[specta::specta]
pub(crate) async fn variables_reveal(
    desktop: State<'_, Desktop>,
    project: String,
    environment: EnvironmentName,
    scope: Scope,
    name: String,
) -> Answer<String> {
    Ok(variables::reveal(desktop.session()?, &project, &environment, scope, &name).await?.reveal().to_owned())
}

/// Sets variables; they apply at the next deployment.
#[tauri::command]
#[specta::specta]
pub(crate) async fn variables_set(
    app: AppHandle,
    desktop: State<'_, Desktop>,
    project: String,
    environment: EnvironmentName,
    scope: Scope,
    values: Vec<(String, String)>,
) -> Answer<Vec<Variable>> {
    let values = values.into_iter().map(|(name, value)| (name, Secret::new(value))).collect();
    let answer = variables::set(desktop.acting()?.session(), &project, &environment, scope, values).await?;
    feed::tell_of(&app, &project);
    Ok(answer)
}

/// Removes variables, after a question.
#[tauri::command]
#[specta::specta]
pub(crate) async fn variables_unset(
    app: AppHandle,
    desktop: State<'_, Desktop>,
    project: String,
    environment: EnvironmentName,
    scope: Scope,
    names: Vec<String>,
) -> Answer<Vec<Variable>> {
    let answer = variables::unset(desktop.acting()?.session(), &project, &environment, scope, &names).await?;
    feed::tell_of(&app, &project);
    Ok(answer)
}

/// Sets every variable of a `.env` file's content.
#[tauri::command]
#[specta::specta]
pub(crate) async fn variables_import(
    app: AppHandle,
    desktop: State<'_, Desktop>,
    project: String,
    environment: EnvironmentName,
    scope: Scope,
    content: String,
) -> Answer<Vec<Variable>> {
    let answer = variables::import(desktop.acting()?.session(), &project, &environment, scope, Secret::new(content)).await?;
    feed::tell_of(&app, &project);
    Ok(answer)
}
