//! `plimsoll server show`, `server logs`, `server restart`
//!
//! Owns: those acts' calls. Must never know: whose a container is.

use plimsoll_core::{
    api::{
        Session,
        machines::{self, ServerContainer},
    },
    host::facts::Load,
};
use serde::Serialize;

use super::{App, Stop, logs};
use crate::{
    args::ServerLogs,
    exit::Exit,
    render::{human::Now, machine, neutral::neutral, status},
};

/// A server as it is this second.
#[derive(Debug, Serialize)]
struct Shown {
    load: Load,
    containers: Vec<ServerContainer>,
}

/// A container that was restarted.
#[derive(Debug, Serialize)]
struct Restarted {
    server: String,
    container: String,
}

/// Shows what a server uses, and its containers.
pub(super) async fn show(session: &Session, server: &str, app: &App) -> Result<Exit, Stop> {
    let (load, containers) = tokio::try_join!(machines::load(session, server), machines::containers(session, server))?;
    app.answer(&Shown { load, containers }, |it| machine::shown(&it.load, &it.containers, &Now::here()))
}

/// Prints what one container prints.
pub(super) async fn logs(session: &Session, args: ServerLogs, app: &App) -> Result<Exit, Stop> {
    let lines = machines::logs(session, &args.name, &args.container, args.tail, logs::follow(args.follow)).await?;
    logs::each(lines, |line| logs::print(app, &line, status::container_line)).await
}

/// Restarts one container.
pub(super) async fn restart(session: &Session, server: String, container: String, app: &App) -> Result<Exit, Stop> {
    machines::restart(session, &server, &container).await?;
    app.answer(&Restarted { server, container }, |it| {
        vec![format!("Restarted {} on {}.", neutral(&it.container), neutral(&it.server))]
    })
}
