//! What the window's tests share.
//!
//! Owns: where the programs are, pictures, facts that must hold. Must never know: what is tested.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use plimsoll_core::{
    domain::{
        commit::Commit,
        deployment::{Deployment, DeploymentKind, Status},
        environment::EnvironmentKey,
        event::{StepEvent, StepEventKind},
        id::ProjectId,
        name::EnvironmentName,
        project::Project,
    },
    store::Store,
};
use plimsoll_lab::desktop::{App, Desktop, Outcome};

/// For answers of machines.
pub(crate) const ANSWER: Duration = Duration::from_secs(60);
/// Longer than any deployment takes here, on a busy machine too.
pub(crate) const DEPLOYMENT: Duration = Duration::from_secs(300);
pub(crate) const TITLE: &str = "Plimsoll";

/// The app, beside the lab's own programs.
pub(crate) fn program() -> PathBuf {
    built("plimsoll-desktop")
}

/// The command line, beside it.
pub(crate) fn command_line() -> PathBuf {
    built("plimsoll")
}

/// Fails with these words when something is not so.
pub(crate) fn require(fact: bool, what: &str) -> Outcome<()> {
    if fact { Ok(()) } else { Err(format!("not so: {what}").into()) }
}

/// Keeps what is seen, under this name.
pub(crate) async fn picture(app: &App, name: &str) -> Outcome<()> {
    app.page.photograph(&pictures()?.join(format!("{name}.png"))).await
}

/// Where pictures go.
pub(crate) fn pictures() -> Outcome<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("desktop");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Closes the window as the button in its frame does.
pub(crate) async fn close_window(desktop: &Desktop) -> Outcome<()> {
    desktop.screen.close(desktop.screen.window(TITLE, ANSWER).await?)
}

/// A project and one deployment of it that is live, as a data folder has them after a while.
pub(crate) async fn remembered(store: &Store, folder: &Path, commit: Commit) -> Outcome<(Project, Deployment)> {
    let now = commit.at;
    let project = Project { id: ProjectId::new(), name: "shop".parse()?, path: folder.to_owned(), added: now };
    store.projects().add(&project).await?;
    let deployment = Deployment {
        commit: Some(commit),
        status: Status::Live,
        finished: Some(now),
        ..Deployment::begun(
            EnvironmentKey { project: project.id, name: EnvironmentName::production() },
            DeploymentKind::Deploy,
            now,
        )
    };
    store.deployments().create(&deployment).await?;
    let kind = StepEventKind::Finished { status: Status::Live, release: None, problem: None };
    store.events().append(deployment.id, &StepEvent { index: 0, at: now, journal: None, kind }).await?;
    Ok((project, deployment))
}

fn built(name: &str) -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_lab")).with_file_name(name);
    let build = "cargo build -p plimsoll-desktop -p plimsoll --features plimsoll-desktop/custom-protocol";
    assert!(program.exists(), "build it first: {build}");
    program
}

/// What was deployed, where it does not matter.
pub(crate) fn commit() -> Outcome<Commit> {
    Ok(Commit {
        id: "3f9ab12aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".parse()?,
        subject: "Sell at night".into(),
        author: "Ada".into(),
        at: Timestamp::now(),
        branch: None,
        dirty: false,
    })
}
