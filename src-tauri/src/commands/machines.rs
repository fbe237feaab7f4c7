//! A server as it is this second.

use plimsoll_core::{
    api::{
        machines::{self, ContainerLine, ServerContainer},
        running::Follow,
    },
    host::facts::Load,
};
use tauri::{State, ipc::Channel};

use crate::{
    state::{Answer, Desktop},
    streams,
};

/// Lines of a container's output from before.
const TAIL: u32 = 500;

/// What a server uses now; takes about a second.
#[tauri::command]
#[specta::specta]
pub(crate) async fn servers_load(desktop: State<'_, Desktop>, name: String) -> Answer<Load> {
    machines::load(desktop.session()?, &name).await
}

/// Every container of every Compose project on a server.
#[tauri::command]
#[specta::specta]
pub(crate) async fn servers_containers(desktop: State<'_, Desktop>, name: String) -> Answer<Vec<ServerContainer>> {
    machines::containers(desktop.session()?, &name).await
}

/// Stops and starts one container.
#[tauri::command]
#[specta::specta]
pub(crate) async fn container_restart(desktop: State<'_, Desktop>, server: String, container: String) -> Answer<()> {
    machines::restart(desktop.acting()?.session(), &server, &container).await
}

/// The last 500 lines of a container, then what follows, until `stream_stop`.
#[tauri::command]
#[specta::specta]
pub(crate) async fn container_logs(
    desktop: State<'_, Desktop>,
    server: String,
    container: String,
    channel: Channel<Vec<ContainerLine>>,
) -> Answer<()> {
    let stop = desktop.streams.begin(channel.id());
    let lines = machines::logs(desktop.session()?, &server, &container, TAIL, Follow::Yes).await?;
    tauri::async_runtime::spawn(streams::forward(lines, stop, move |batch| channel.send(batch).is_ok()));
    Ok(())
}
