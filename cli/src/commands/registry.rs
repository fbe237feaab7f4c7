//! `plimsoll registry …`
//!
//! Owns: those acts' calls. Must never know: registry protocols.

use plimsoll_core::{
    api::{Session, ecr, registries},
    domain::{registry::RegistryKind, secret::Secret},
    problem::{Code, Problem},
};

use super::{App, Stop};
use crate::{
    args::{EcrArgs, OciArgs, RegistryCommand, RegistryEdit, RegistryWhere},
    exit::Exit,
    input,
    render::{ecr as words, human::Now, neutral::neutral, registry},
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
        RegistryCommand::Check { name } => app.answer(&registries::check(&session, &name).await?, registry::checked),
        RegistryCommand::Edit(args) => edit(args, &session, app).await,
        RegistryCommand::Images { name } => {
            app.answer(&ecr::overview(&session, &name).await?, |all| words::images(all, &Now::here()))
        }
        RegistryCommand::Clean { name, plan, .. } => clean(&session, &name, plan, app).await,
        RegistryCommand::Lifecycle { name, .. } => app.answer(&ecr::rules(&session, &name).await?, |all| words::rules(all)),
        RegistryCommand::Remove { name, .. } => {
            let removed = registries::remove(&session, &name).await?;
            app.answer(&removed, |n| vec![format!("Removed registry {} from this laptop.", neutral(n.as_str()))])
        }
    }
}

/// Shows what would go, then asks.
async fn clean(session: &Session, name: &str, only_plan: bool, app: &App) -> Result<Exit, Stop> {
    let plan = ecr::clean_plan(session, name).await?;
    if only_plan {
        return app.answer(&plan, words::plan);
    }
    words::plan(&plan).iter().for_each(|line| app.terminal.tell(line));
    let cleaned = ecr::clean(session, &plan.token).await?;
    app.answer(&cleaned, words::cleaned)
}

async fn edit(args: RegistryEdit, session: &Session, app: &App) -> Result<Exit, Stop> {
    let known = registries::list(session).await?.into_iter().find(|registry| registry.name.as_str() == args.name);
    let Some(known) = known else {
        let title = format!("There is no registry called {}", neutral(&args.name));
        return Err(Problem::new(Code::NotFound, title, "", "See with `plimsoll registry list` which there are.").into());
    };
    let password = args.password_stdin.then(|| input::stdin(input::LastLineEnd::Dropped)).transpose()?;
    let name = args.name.clone();
    let changed = registries::edit(session, &name, edited(known.kind, args)?, password).await?;
    app.answer(&changed, |a| {
        let first = format!("Changed registry {}.", neutral(a.registry.name.as_str()));
        [first].into_iter().chain(a.note.clone()).collect()
    })
}

/// The kind with what is named replaced; an empty text takes away what may be absent.
fn edited(kind: RegistryKind, args: RegistryEdit) -> Result<RegistryKind, Problem> {
    let optional = |named: Option<String>, kept: Option<String>| match named {
        Some(text) if text.is_empty() => None,
        Some(text) => Some(text),
        None => kept,
    };
    match kind {
        RegistryKind::Oci { host, prefix, user, plain_http } => {
            refuse(
                &[
                    ("--region", args.region.is_some()),
                    ("--profile", args.profile.is_some()),
                    ("--endpoint", args.endpoint.is_some()),
                ],
                "an OCI registry",
            )?;
            Ok(RegistryKind::Oci {
                host: args.host.unwrap_or(host),
                prefix: args.prefix.unwrap_or(prefix),
                user: optional(args.user, user),
                plain_http: args.plain_http || (plain_http && !args.tls),
            })
        }
        RegistryKind::Ecr { region, profile, prefix, endpoint } => {
            let tls = args.plain_http || args.tls;
            let user = args.user.is_some() || args.password_stdin;
            refuse(&[("--host", args.host.is_some()), ("--user", user), ("--plain-http", tls)], "ECR")?;
            Ok(RegistryKind::Ecr {
                region: optional(args.region, region),
                profile: optional(args.profile, profile),
                prefix: args.prefix.unwrap_or(prefix),
                endpoint: optional(args.endpoint, endpoint),
            })
        }
    }
}

fn refuse(options: &[(&str, bool)], what: &str) -> Result<(), Problem> {
    match options.iter().find(|(_, given)| *given) {
        Some((option, _)) => {
            let title = format!("{what} has no {option}");
            Err(Problem::new(Code::InvalidInput, title, "", "See `plimsoll registry edit --help`."))
        }
        None => Ok(()),
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
