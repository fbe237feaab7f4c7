//! `plimsoll status`, `restart`, `stop`, `start`, `exec`, `resume`
//!
//! Owns: those acts' calls, and passing streams through. Must never know: the engine.

use std::pin::Pin;

use plimsoll_core::{
    api::{
        deployments,
        running::{self, Power},
    },
    host::Running,
    problem::{Code, Problem},
};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};

use super::{App, Stop, place};
use crate::{
    args,
    exit::{self, Exit},
    render::{history, human::Now, status},
};

/// Shows what serves.
pub(crate) async fn status(args: args::Status, app: &App) -> Result<Exit, Stop> {
    let session = app.session().await?;
    let all = running::status(&session, args.project.as_deref()).await?;
    app.answer(&all, |all| status::all(all, &Now::here()))?;
    Ok(exit::of_answers(all.iter().filter_map(|one| Some(one.problem.as_ref()?.code))))
}

/// Restarts services.
pub(crate) async fn restart(args: args::Power, app: &App) -> Result<Exit, Stop> {
    power(args.which, Power::Restart, app).await
}

/// Stops services.
pub(crate) async fn stop(args: args::Power, app: &App) -> Result<Exit, Stop> {
    power(args.which, Power::Stop, app).await
}

/// Starts services.
pub(crate) async fn start(args: args::Start, app: &App) -> Result<Exit, Stop> {
    power(args, Power::Start, app).await
}

async fn power(args: args::Start, power: Power, app: &App) -> Result<Exit, Stop> {
    let session = app.session().await?;
    let project = place::project(&session, args.project).await?;
    let after = running::power(&session, &project, &args.environment.environment, &args.services, power).await?;
    app.answer(&after, |all| status::services(all, &Now::here()))
}

/// Settles what was left open.
pub(crate) async fn resume(args: args::Resume, app: &App) -> Result<Exit, Stop> {
    let session = app.session().await?;
    let settled = deployments::resume(&session, args.project.as_deref()).await?;
    app.answer(&settled, |all| history::settled(all))
}

/// Runs a command in a container; its streams and its exit status are passed through.
pub(crate) async fn exec(args: args::Exec, app: &App) -> Result<Exit, Stop> {
    let session = app.session().await?;
    let environment = args.environment.environment;
    let Running { stdin, stdout, stderr, status } =
        running::exec(&session, &args.project, &environment, &args.service, &args.argv).await?;
    let feeding = tokio::spawn(feed(stdin));
    let (out, err, status) = tokio::join!(pass(stdout, tokio::io::stdout()), pass(stderr, tokio::io::stderr()), status);
    feeding.abort();
    let status = status.map_err(|e| broke(&e))?;
    out.and(err).map_err(|_| Stop::Closed)?;
    Ok(Exit::Passed(u8::try_from(status).unwrap_or(u8::MAX)))
}

async fn feed(mut command: Pin<Box<dyn AsyncWrite + Send>>) {
    let copied = tokio::io::copy(&mut tokio::io::stdin(), &mut command).await;
    if copied.is_ok() {
        let _ = command.shutdown().await;
    }
}

async fn pass(mut from: Pin<Box<dyn AsyncRead + Send>>, mut to: impl AsyncWrite + Unpin) -> std::io::Result<()> {
    tokio::io::copy(&mut from, &mut to).await?;
    to.flush().await
}

fn broke(error: &dyn std::error::Error) -> Problem {
    let hint = "Check the server with `plimsoll server check`; the command may still run there.";
    Problem::new(Code::ContactLost, "contact with the command is lost", error.to_string(), hint)
}
