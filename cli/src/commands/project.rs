//! `plimsoll project …`
//!
//! Owns: those acts' calls. Must never know: Compose or git.

use plimsoll_core::api::projects;

use super::{App, Stop, place};
use crate::{
    args::ProjectCommand,
    exit::Exit,
    render::{human::Now, neutral::neutral, project},
};

/// Does what is asked for.
pub(crate) async fn run(command: ProjectCommand, app: &App) -> Result<Exit, Stop> {
    let session = app.session().await?;
    match command {
        ProjectCommand::Add(args) => {
            let added = projects::add(&session, &args.path, args.name.as_deref()).await?;
            app.answer(&added, project::understood)
        }
        ProjectCommand::List => app.answer(&projects::list(&session).await?, |all| project::list(all, &Now::here())),
        ProjectCommand::Show { name } => {
            let name = place::project(&session, name).await?;
            app.answer(&projects::show(&session, &name).await?, project::understood)
        }
        ProjectCommand::Check { name } => {
            let name = place::project(&session, name).await?;
            let findings = projects::check(&session, &name).await?;
            app.answer(&findings, |all| project::findings(all))?;
            Ok(if project::refused(&findings) { Exit::Failed } else { Exit::Done })
        }
        ProjectCommand::Rename { from, to } => {
            let renamed = projects::rename(&session, &from, &to).await?;
            app.answer(&renamed, |p| vec![format!("Project {} is now {}.", neutral(&from), neutral(p.name.as_str()))])
        }
        ProjectCommand::Remove { name, .. } => {
            let removed = projects::remove(&session, &name).await?;
            app.answer(&removed, |n| {
                vec![format!("Removed project {} from this laptop. What runs goes on.", neutral(n.as_str()))]
            })
        }
    }
}
