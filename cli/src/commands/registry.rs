//! `plimsoll registry …`
//!
//! Owns: those acts' calls. Must never know: registry protocols.

use plimsoll_core::{
    api::registries,
    domain::{registry::RegistryKind, secret::Secret},
    problem::Problem,
};

use super::{App, Stop};
use crate::{
    args::{EcrArgs, OciArgs, RegistryCommand, RegistryWhere},
    exit::Exit,
    input,
    render::{human::Now, neutral::neutral, registry},
};

/// Does what is asked for.
pub(crate) async fn run(command: RegistryCommand, app: &App) -> Result<Exit, Stop> {
    let session = app.session().await?;
    match command {
        RegistryCommand::Add { name, place } => {
            let (kind, password) = described(place)?;
            let added = registries::add(&session, &name, kind, password).await?;
            app.answer(&added, |a| {
                let first = format!("Added registry {}.", neutral(a.registry.name.as_str()));
                [first].into_iter().chain(a.note.clone()).collect()
            })
        }
        RegistryCommand::List => app.answer(&registries::list(&session).await?, |all| registry::list(all, &Now::here())),
        RegistryCommand::Remove { name, .. } => {
            let removed = registries::remove(&session, &name).await?;
            app.answer(&removed, |n| vec![format!("Removed registry {} from this laptop.", neutral(n.as_str()))])
        }
    }
}

fn described(place: RegistryWhere) -> Result<(RegistryKind, Option<Secret>), Problem> {
    match place {
        RegistryWhere::Oci(OciArgs { host, prefix, user, password_stdin, plain_http }) => {
            let password = password_stdin.then(|| input::stdin(input::LastLineEnd::Dropped)).transpose()?;
            Ok((RegistryKind::Oci { host, prefix, user, plain_http }, password))
        }
        RegistryWhere::Ecr(EcrArgs { region, profile, prefix, endpoint }) => {
            Ok((RegistryKind::Ecr { region, profile, prefix, endpoint }, None))
        }
    }
}
