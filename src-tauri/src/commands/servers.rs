//! Servers.

use plimsoll_core::{
    api::{
        Token,
        hosts::{self, ConfigEntry, Scanned},
        servers::{self, KeyProof, ServerCheck, ServerRow, Trusted},
    },
    domain::{name::Name, server::Server},
};
use tauri::State;

use crate::state::{Answer, Desktop};

/// All servers by name, with what is known of each without asking it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn servers_list(desktop: State<'_, Desktop>) -> Answer<Vec<ServerRow>> {
    servers::rows(desktop.session()?).await
}

/// The key that a destination shows, before anything is sent to it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn servers_scan(desktop: State<'_, Desktop>, destination: String) -> Answer<Scanned> {
    hosts::scan(desktop.session()?, &destination).await
}

/// The entries of the ssh configuration that name one machine.
#[tauri::command]
#[specta::specta]
pub(crate) async fn servers_ssh_hosts(desktop: State<'_, Desktop>) -> Answer<Vec<ConfigEntry>> {
    hosts::configured(desktop.session()?).await
}

/// Adds a server whose key `servers_scan` has shown under this token; without one the person is asked.
#[tauri::command]
#[specta::specta]
pub(crate) async fn servers_add(
    desktop: State<'_, Desktop>,
    name: String,
    destination: String,
    token: Option<Token>,
) -> Answer<Server> {
    servers::add(desktop.acting()?.session(), &name, &destination, KeyProof::token(token)).await
}

/// Gives a server another address; another key than the pinned one must have been shown, or is asked about.
#[tauri::command]
#[specta::specta]
pub(crate) async fn servers_edit(
    desktop: State<'_, Desktop>,
    name: String,
    destination: String,
    token: Option<Token>,
) -> Answer<Server> {
    servers::edit(desktop.acting()?.session(), &name, &destination, KeyProof::token(token)).await
}

/// Connects and reports facts and what is missing.
#[tauri::command]
#[specta::specta]
pub(crate) async fn servers_check(desktop: State<'_, Desktop>, name: String) -> Answer<ServerCheck> {
    servers::check(desktop.session()?, &name).await
}

/// Accepts a changed key after the person has compared both.
#[tauri::command]
#[specta::specta]
pub(crate) async fn servers_trust(desktop: State<'_, Desktop>, name: String) -> Answer<Trusted> {
    servers::trust(desktop.acting()?.session(), &name, KeyProof::Ask).await
}

/// Gives a server another name.
#[tauri::command]
#[specta::specta]
pub(crate) async fn servers_rename(desktop: State<'_, Desktop>, from: String, to: String) -> Answer<Server> {
    servers::rename(desktop.acting()?.session(), &from, &to).await
}

/// Forgets a server on this laptop, after a question that names the consequences.
#[tauri::command]
#[specta::specta]
pub(crate) async fn servers_remove(desktop: State<'_, Desktop>, name: String) -> Answer<Name> {
    servers::remove(desktop.acting()?.session(), &name).await
}
