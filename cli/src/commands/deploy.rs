//! `plimsoll deploy`, `plimsoll rollback`
//!
//! Owns: turning their arguments into one request, planning or starting it. Must never know: how a deployment goes.

use plimsoll_core::{
    api::{
        Session,
        deployments::{self, DeployRequest, What},
        projects,
    },
    domain::{
        deployment::DeploymentKind,
        name::EnvironmentName,
        release::{Release, ReleaseId},
    },
    problem::{Code, Problem},
};

use super::{App, Stop, follow, place};
use crate::{
    args::{Deploy, Rollback},
    exit::Exit,
    json::Line,
    output::{self, Format},
    render::{ending::Names, plan, story::Story, view::Verbosity},
    signals,
};

/// Makes a commit live.
pub(crate) async fn deploy(args: Deploy, app: &App) -> Result<Exit, Stop> {
    let session = app.session().await?;
    let project = place::project(&session, args.project).await?;
    let what = if args.dirty { What::WorkTree } else { What::Commit(args.commit.unwrap_or_else(|| "HEAD".to_owned())) };
    let request = DeployRequest {
        project,
        environment: args.environment.environment,
        what,
        services: args.services.into_iter().collect(),
        refresh: args.refresh.into_iter().collect(),
        builder: args.builder,
    };
    if args.plan { plan(&session, &request, app).await } else { start(&session, request, verbosity(args.verbose), app).await }
}

/// Makes an older release live again.
pub(crate) async fn rollback(args: Rollback, app: &App) -> Result<Exit, Stop> {
    let session = app.session().await?;
    let project = place::project(&session, args.project).await?;
    let environment = args.environment.environment;
    let release = match &args.to {
        Some(text) => Some(release(&session, &project, &environment, text).await?),
        None => None,
    };
    let request = DeployRequest {
        project,
        environment,
        what: What::Release(release),
        services: Default::default(),
        refresh: Default::default(),
        builder: None,
    };
    if args.plan { plan(&session, &request, app).await } else { start(&session, request, verbosity(args.verbose), app).await }
}

fn verbosity(verbose: bool) -> Verbosity {
    if verbose { Verbosity::Logs } else { Verbosity::Steps }
}

async fn plan(session: &Session, request: &DeployRequest, app: &App) -> Result<Exit, Stop> {
    let plan = deployments::plan(session, request).await?;
    match app.format {
        Format::Json => output::json(&Line::Plan(&plan))?,
        Format::Text => output::lines(plan::lines(&plan))?,
    }
    Ok(Exit::Done)
}

async fn start(session: &Session, request: DeployRequest, verbosity: Verbosity, app: &App) -> Result<Exit, Stop> {
    let mut signals =
        signals::listen().map_err(|e| Problem::new(Code::Internal, "signals cannot be received", e.to_string(), ""))?;
    let names = names(session, &request).await;
    let deploying = tokio::select! {
        deploying = deployments::deploy(session, request) => deploying?,
        Some(_) = signals.recv() => return Ok(follow::end(&Story::default(), &names, app)),
    };
    Ok(follow::to_the_end(deploying, signals, &names, verbosity, app).await)
}

/// The names for the last line; a project that cannot be read fails later, with its reason.
async fn names(session: &Session, request: &DeployRequest) -> Names {
    let settings = projects::show(session, &request.project).await.map(|it| it.settings).unwrap_or_default();
    let kind = match request.what {
        What::Release(_) => DeploymentKind::Rollback,
        What::Commit(_) | What::WorkTree => DeploymentKind::Deploy,
    };
    let url = settings.environments.get(&request.environment).and_then(|e| e.url.clone());
    Names { project: request.project.clone(), url, kind }
}

/// A release by its id, or by the beginning of its id or of its commit's.
async fn release(session: &Session, project: &str, environment: &EnvironmentName, text: &str) -> Result<ReleaseId, Problem> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let all = deployments::restorable(session, project, environment).await?;
    match &matching(&all, text)[..] {
        [one] => Ok(one.id.clone()),
        [] => Err(no_release(text, "no restorable release begins so")),
        _ => Err(no_release(text, "more than one restorable release begins so")),
    }
}

fn matching<'a>(releases: &'a [Release], text: &str) -> Vec<&'a Release> {
    let begins = |r: &&Release| r.id.as_str().starts_with(text) || r.commit.id.as_str().starts_with(text);
    releases.iter().filter(begins).collect()
}

fn no_release(text: &str, why: &str) -> Problem {
    let title = format!("`{text}` names no release");
    Problem::new(Code::NotFound, title, why, "Pick a release marked restorable in `plimsoll history`.")
}
