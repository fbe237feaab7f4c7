//! `plimsoll github workflow` and `plimsoll github trust`
//!
//! Owns: those acts' calls. Must never know: what stands in a workflow.

use plimsoll_core::{
    api::{
        Session,
        workflow::{self, Asked, Edits, Pushes},
    },
    workflow::{Cache, Login, Room, Runner},
};

use super::{App, Stop};
use crate::{
    args::{CacheArg, GithubTrust, GithubWorkflow, RoomArg, RunnerArg, WriteWhere},
    exit::Exit,
    render::workflow as words,
};

/// `github workflow`
pub(crate) async fn workflow(args: GithubWorkflow, session: &Session, app: &App) -> Result<Exit, Stop> {
    let (asked, environment) = (asked(&args), &args.environment.environment);
    let edits = if args.replace_edits { Edits::Replace } else { Edits::Keep };
    let preview = match args.write {
        Some(WriteWhere::Local) => workflow::write(session, &args.project, environment, &asked, edits).await?,
        Some(WriteWhere::Print) | None => workflow::preview(session, &args.project, environment, &asked).await?,
    };
    let printed = args.write == Some(WriteWhere::Print);
    app.answer(&preview, |preview| if printed { words::text(preview) } else { words::change(preview) })
}

fn asked(args: &GithubWorkflow) -> Asked {
    let login = if args.keys { Some(Login::Keys) } else { args.role.clone().map(|role| Login::Role(Some(role))) };
    let pushes = if args.no_push { Some(Pushes::None) } else { args.branch.clone().map(Pushes::To) };
    Asked {
        login,
        pushes,
        runner: args.runner.map(|runner| match runner {
            RunnerArg::Native => Runner::Native,
            RunnerArg::Emulate => Runner::Emulate,
        }),
        cache: args.cache.map(|cache| match cache {
            CacheArg::Gha => Cache::Gha,
            CacheArg::Registry => Cache::Registry,
        }),
        room: args.room.map(|room| match room {
            RoomArg::AsItIs => Room::AsItIs,
            RoomArg::Cleared => Room::Cleared,
        }),
    }
}

/// `github trust`
pub(crate) async fn trust(args: GithubTrust, session: &Session, app: &App) -> Result<Exit, Stop> {
    let policies = workflow::policies(session, &args.project, &args.environment.environment, args.subject.as_deref()).await?;
    app.answer(&policies, words::policies)
}
