//! `plimsoll server …`
//!
//! Owns: those acts' calls. Must never know: how a server is reached.

use plimsoll_core::api::servers::{self, KeyProof};

use super::{App, Stop, machine};
use crate::{
    args::ServerCommand,
    exit::Exit,
    render::{human::Now, neutral::neutral, server},
};

/// Does what is asked for.
pub(crate) async fn run(command: ServerCommand, app: &App) -> Result<Exit, Stop> {
    let session = app.session().await?;
    match command {
        ServerCommand::Add(args) => {
            let added = servers::add(&session, &args.name, &args.destination, KeyProof::named(args.host_key)).await?;
            app.answer(&added, |s| vec![format!("Added server {} ({}).", neutral(s.name.as_str()), s.destination)])
        }
        ServerCommand::List => app.answer(&servers::list(&session).await?, |all| server::list(all, &Now::here())),
        ServerCommand::Check { name } => {
            let check = servers::check(&session, &name).await?;
            app.answer(&check, server::check)?;
            Ok(if server::usable(&check) { Exit::Done } else { Exit::Failed })
        }
        ServerCommand::Show { name } => machine::show(&session, &name, app).await,
        ServerCommand::Logs(args) => machine::logs(&session, args, app).await,
        ServerCommand::Restart { name, container, .. } => machine::restart(&session, name, container, app).await,
        ServerCommand::Trust(args) => {
            let trusted = servers::trust(&session, &args.name, KeyProof::named(args.host_key)).await?;
            app.answer(&trusted, server::trusted)
        }
        ServerCommand::Edit(args) => {
            let moved = servers::edit(&session, &args.name, &args.destination, KeyProof::named(args.host_key)).await?;
            app.answer(&moved, |s| vec![format!("Server {} is at {} now.", neutral(s.name.as_str()), s.destination)])
        }
        ServerCommand::Rename { from, to } => {
            let renamed = servers::rename(&session, &from, &to).await?;
            app.answer(&renamed, |s| vec![format!("Server {} is now {}.", neutral(&from), neutral(s.name.as_str()))])
        }
        ServerCommand::Remove { name, .. } => {
            let removed = servers::remove(&session, &name).await?;
            app.answer(&removed, |n| vec![format!("Removed server {} from this laptop.", neutral(n.as_str()))])
        }
    }
}
