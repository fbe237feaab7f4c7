//! `plimsoll deploy`, `plimsoll rollback`, `plimsoll eject`
//!
//! Owns: turning their arguments into one request, planning or starting it. Must never know: how a deployment goes.

use plimsoll_core::{
    api::{
        Session,
        deployments::{self, DeployRequest, Undo, What},
        eject, projects, rollback,
    },
    domain::deployment::{DeploymentKind, Status},
    problem::{Code, Problem},
};

use super::{App, Stop, follow, place};
use crate::{
    args::{Deploy, Eject, Rollback},
    exit::{self, Exit},
    json::{self, Line},
    output::{self, Format},
    render::{
        ending::{self, Names},
        plan,
        story::Story,
        view::Verbosity,
    },
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
        undo: if args.yes { Undo::Waived } else { Undo::Required },
    };
    go(&session, request, mode(args.plan, args.verbose), app).await
}

/// Makes an older release live again.
pub(crate) async fn rollback(args: Rollback, app: &App) -> Result<Exit, Stop> {
    let session = app.session().await?;
    let project = place::project(&session, args.project).await?;
    let environment = args.environment.environment;
    let release = match &args.to {
        Some(text) => Some(rollback::named(&session, &project, &environment, text).await?),
        None => None,
    };
    let request = DeployRequest {
        project,
        environment,
        what: What::Release(release),
        services: Default::default(),
        refresh: Default::default(),
        builder: None,
        undo: if args.yes { Undo::Waived } else { Undo::Required },
    };
    go(&session, request, mode(args.plan, args.verbose), app).await
}

/// Makes what serves live without switches, and says where its Compose file is.
pub(crate) async fn eject(args: Eject, app: &App) -> Result<Exit, Stop> {
    let session = app.session().await?;
    let project = place::project(&session, args.project).await?;
    let environment = args.environment.environment;
    let ejected = eject::prepare(&session, &project, &environment).await?;
    let request = DeployRequest {
        project,
        environment,
        what: What::Release(Some(ejected.release)),
        services: Default::default(),
        refresh: Default::default(),
        builder: None,
        undo: Undo::Required,
    };
    let exit = go(&session, request, mode(args.plan, args.verbose), app).await?;
    if exit == Exit::Done && !args.plan {
        app.terminal.tell(&format!("{} runs as plain Docker Compose; on the server:", ejected.stack));
        app.terminal.tell(&format!("  docker compose -p {} -f {} up -d", ejected.stack, ejected.file));
    }
    Ok(exit)
}

/// Whether something happens.
enum Mode {
    /// It is only said what would.
    Plan,
    /// It happens, shown so.
    Start(Verbosity),
}

fn mode(plan: bool, verbose: bool) -> Mode {
    match (plan, verbose) {
        (true, _) => Mode::Plan,
        (false, true) => Mode::Start(Verbosity::Logs),
        (false, false) => Mode::Start(Verbosity::Steps),
    }
}

async fn go(session: &Session, request: DeployRequest, mode: Mode, app: &App) -> Result<Exit, Stop> {
    match mode {
        Mode::Plan => plan(session, &request, app).await,
        Mode::Start(verbosity) => start(session, request, verbosity, app).await,
    }
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
    let wanted = request.clone();
    let deploying = tokio::select! {
        deploying = deployments::deploy(session, request) => Some(deploying?),
        Some(_) = signals.recv() => None,
    };
    let story = match deploying {
        Some(deploying) => follow::to_the_end(deploying, signals, verbosity, app).await,
        None => Story::default(),
    };
    Ok(end(session, &wanted, &story, app).await)
}

/// Says how a deployment ended; an empty story was stopped before it began.
async fn end(session: &Session, request: &DeployRequest, story: &Story, app: &App) -> Exit {
    let _ = match app.format {
        Format::Json => output::json(&json::finished(story)),
        Format::Text => {
            let names = names(session, request, story).await;
            ending::report(story, &names).iter().for_each(|line| app.terminal.tell(line));
            output::lines([ending::last_line(story, &names)])
        }
    };
    exit::of(story.outcome())
}

/// The names for the last line; the public URL only where it serves what was asked for.
async fn names(session: &Session, request: &DeployRequest, story: &Story) -> Names {
    let kind = match request.what {
        What::Release(_) => DeploymentKind::Rollback,
        What::Commit(_) | What::WorkTree => DeploymentKind::Deploy,
    };
    let url = match story.settled_status() {
        Status::Live | Status::NothingToDo => url(session, request).await,
        _ => None,
    };
    Names { project: request.project.clone(), url, kind }
}

async fn url(session: &Session, request: &DeployRequest) -> Option<String> {
    let settings = projects::show(session, &request.project).await.ok()?.settings;
    settings.environments.get(&request.environment)?.url.clone()
}
