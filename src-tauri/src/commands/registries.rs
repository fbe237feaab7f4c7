//! Registries.

use std::sync::atomic::Ordering;

use plimsoll_core::{
    api::registries::{self, Added},
    domain::{
        name::Name,
        registry::{Registry, RegistryKind},
        secret::Secret,
    },
};
use tauri::State;

use crate::state::{Answer, Desktop};

/// All registries by name.
#[tauri::command]
#[specta::specta]
pub(crate) async fn registries_list(desktop: State<'_, Desktop>) -> Answer<Vec<Registry>> {
    registries::list(desktop.session()?).await
}

/// Adds a registry after logging in to it once. The note says when the password could not go to the keychain.
#[tauri::command]
#[specta::specta]
pub(crate) async fn registries_add(
    desktop: State<'_, Desktop>,
    name: String,
    kind: RegistryKind,
    password: Option<String>,
) -> Answer<Added> {
    let added = registries::add(desktop.acting()?.session(), &name, kind, password.map(Secret::new)).await?;
    Ok(noted(&desktop, added))
}

/// Logs in once, to see that the registry answers and takes the password.
#[tauri::command]
#[specta::specta]
pub(crate) async fn registries_check(desktop: State<'_, Desktop>, name: String) -> Answer<Registry> {
    registries::check(desktop.session()?, &name).await
}

/// Changes what a registry is and where, after logging in to it once; without a password the kept one stays.
#[tauri::command]
#[specta::specta]
pub(crate) async fn registries_edit(
    desktop: State<'_, Desktop>,
    name: String,
    kind: RegistryKind,
    password: Option<String>,
) -> Answer<Added> {
    let changed = registries::edit(desktop.acting()?.session(), &name, kind, password.map(Secret::new)).await?;
    Ok(noted(&desktop, changed))
}

/// Replaces the password, after logging in with it once.
#[tauri::command]
#[specta::specta]
pub(crate) async fn registries_set_password(desktop: State<'_, Desktop>, name: String, password: String) -> Answer<Added> {
    let added = registries::set_password(desktop.acting()?.session(), &name, Secret::new(password)).await?;
    Ok(noted(&desktop, added))
}

/// A password that could not go to the keychain is remembered by this process alone.
fn noted(desktop: &Desktop, added: Added) -> Added {
    if added.note.is_some() {
        desktop.given.store(true, Ordering::Relaxed);
    }
    added
}

/// Forgets a registry and its password, after a question.
#[tauri::command]
#[specta::specta]
pub(crate) async fn registries_remove(desktop: State<'_, Desktop>, name: String) -> Answer<Name> {
    registries::remove(desktop.acting()?.session(), &name).await
}
