//! `plimsoll history`, `plimsoll logs`
//!
//! Owns: those acts' calls, and whether a name means a project or a deployment. Must never know: where logs are kept.

use futures_util::{Stream, StreamExt};
use plimsoll_core::{
    api::{
        Session,
        activity::{self, ActivityFilter},
        deployments::{self, HistoryFilter},
        projects,
        running::{self, Follow},
    },
    domain::id::DeploymentId,
    problem::{Code, Problem},
};
use serde::Serialize;

use super::{App, Stop, place};
use crate::{
    args::{History, Logs},
    exit::Exit,
    output::{self, Format},
    render::{history as render, human::Now, row, status},
};

/// Lists deployments.
pub(crate) async fn history(args: History, app: &App) -> Result<Exit, Stop> {
    let session = app.session().await?;
    let status = args.status.into_iter().map(Into::into).collect();
    if args.all {
        let filter = ActivityFilter { status, limit: args.limit, ..ActivityFilter::default() };
        return app.answer(&activity::list(&session, &filter).await?, |rows| render::of_all(rows, &Now::here()));
    }
    let project = place::project(&session, args.project).await?;
    let filter = HistoryFilter { environment: args.environment, status, limit: args.limit, before: None };
    let rows = deployments::history(&session, &project, &filter).await?;
    app.answer(&rows, |rows| render::table(rows, &Now::here()))
}

/// Prints the log of a deployment, or what the containers of a project print.
pub(crate) async fn logs(args: Logs, app: &App) -> Result<Exit, Stop> {
    let session = app.session().await?;
    let is_project = projects::list(&session).await?.iter().any(|row| row.project.name.as_str() == args.subject);
    match (is_project, args.step) {
        (true, None) => of_containers(&session, args, app).await,
        (true, Some(_)) => {
            let latest = latest(&session, &args).await?;
            of_deployment(&session, latest, args, app).await
        }
        (false, _) => {
            let deployment = deployments::find(&session, &args.subject).await.map_err(|p| neither(p, &args.subject))?;
            of_deployment(&session, deployment.id, args, app).await
        }
    }
}

async fn latest(session: &Session, args: &Logs) -> Result<DeploymentId, Problem> {
    let filter = HistoryFilter { environment: Some(args.environment.environment.clone()), limit: 1, ..HistoryFilter::default() };
    let rows = deployments::history(session, &args.subject, &filter).await?;
    rows.first().map(|row| row.deployment.id).ok_or_else(|| {
        let hint = format!("Run `plimsoll deploy {}` first.", args.subject);
        Problem::new(Code::NotFound, format!("{} has no deployment yet", args.subject), "", hint)
    })
}

fn neither(problem: Problem, subject: &str) -> Problem {
    if problem.code != Code::NotFound {
        return problem;
    }
    let hint = "See `plimsoll project list` for projects and `plimsoll history` for deployments.";
    Problem::new(Code::NotFound, format!("`{subject}` is neither a project nor a deployment"), "", hint)
}

async fn of_deployment(session: &Session, id: DeploymentId, args: Logs, app: &App) -> Result<Exit, Stop> {
    let mut batches = deployments::logs(session, id, args.step.map(Into::into), 1, follow(args.follow)).await?;
    let mut printed = false;
    while let Some(batch) = batches.next().await {
        for line in batch? {
            print(app, &line, |l| row::log(&l.line))?;
            printed = true;
        }
    }
    if !printed {
        app.terminal.tell("Nothing was printed.");
    }
    Ok(Exit::Done)
}

async fn of_containers(session: &Session, args: Logs, app: &App) -> Result<Exit, Stop> {
    let environment = &args.environment.environment;
    let lines = running::logs(session, &args.subject, environment, &args.services, args.tail, follow(args.follow)).await?;
    each(lines, |line| print(app, &line, status::container_line)).await
}

/// Shows what comes until its end.
pub(super) async fn each<T>(
    mut items: impl Stream<Item = Result<T, Problem>> + Unpin,
    mut show: impl FnMut(T) -> Result<(), Stop>,
) -> Result<Exit, Stop> {
    while let Some(item) = items.next().await {
        show(item?)?;
    }
    Ok(Exit::Done)
}

/// Prints a line of a log.
pub(super) fn print<T: Serialize>(app: &App, value: &T, line: impl FnOnce(&T) -> String) -> Result<(), Stop> {
    match app.format {
        Format::Json => output::json(value)?,
        Format::Text => output::lines([line(value)])?,
    }
    Ok(())
}

/// Whether what comes is waited for.
pub(super) fn follow(follow: bool) -> Follow {
    if follow { Follow::Yes } else { Follow::No }
}
