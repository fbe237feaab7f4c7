//! A laptop's data with a long past in it.
//!
//! Owns: projects, deployments and lines that never were. Must never know: what is measured with them.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use plimsoll_core::{
    domain::{
        deployment::{Deployment, DeploymentKind, Stage, Status},
        environment::EnvironmentKey,
        event::{LogLine, StepEvent, StepEventKind},
        id::{DeploymentId, ProjectId},
        name::EnvironmentName,
        project::Project,
    },
    store::Store,
};
use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};

use crate::bench::Outcome;

/// Lines that are stored together.
const TOGETHER: u64 = 1000;

/// What there shall be.
pub(super) struct Past {
    deployments: i64,
    lines: u64,
}

/// What was made: a project, and its latest deployment.
pub(super) struct Made {
    pub(super) project: String,
    pub(super) deployment: DeploymentId,
}

/// A deployment that goes on.
pub(super) struct Running {
    pub(super) id: DeploymentId,
    store: Store,
}

impl Past {
    pub(super) fn deployments(deployments: i64) -> Self {
        Self { deployments, lines: 0 }
    }

    pub(super) fn lines(lines: u64) -> Self {
        Self { deployments: 1, lines }
    }
}

/// Adds a project with such a past to an app's data.
pub(super) async fn past(home: &Path, past: Past) -> Outcome<Made> {
    let folder = home.join("store");
    let store = Store::open(&folder).await?;
    let project = project(&store).await?;
    let latest = deployment(&project, Status::Live, 0);
    store.deployments().create(&latest).await?;
    let kind = StepEventKind::Finished { status: Status::Live, release: None, problem: None };
    store.events().append(latest.id, &StepEvent { index: 0, at: latest.started, journal: None, kind }).await?;
    for first in (0..past.lines).step_by(usize::try_from(TOGETHER)?) {
        let lines = (first..past.lines.min(first + TOGETHER)).map(line).collect();
        store.logs().append(latest.id, lines).await?;
    }
    store.close().await;
    older(&folder.join("state.db"), &project, past.deployments - 1).await?;
    Ok(Made { project: project.name.to_string(), deployment: latest.id })
}

/// Begins a deployment.
pub(super) async fn begin(home: &Path) -> Outcome<Running> {
    let store = Store::open(&home.join("store")).await?;
    let running = deployment(&project(&store).await?, Status::Running, 0);
    store.deployments().create(&running).await?;
    Ok(Running { id: running.id, store })
}

impl Running {
    /// Prints lines, all at once.
    pub(super) async fn print(&self, lines: u32) -> Outcome<()> {
        let lines = (0..lines.into()).map(line).collect();
        Ok(self.store.logs().append(self.id, lines).await.map(|_| ())?)
    }
}

/// All in one transaction: through the store each is one of its own.
async fn older(file: &Path, project: &Project, count: i64) -> Outcome<()> {
    let mut connection = SqliteConnectOptions::new().filename(file).connect().await?;
    let mut transaction = connection.begin().await?;
    for minutes in 1..=count {
        let one = deployment(project, Status::Live, minutes);
        sqlx::query("INSERT INTO deployments (id, project, environment, status, started, body) VALUES (?, ?, ?, 'live', ?, ?)")
            .bind(one.id.to_string())
            .bind(project.id.to_string())
            .bind(one.environment.name.as_str())
            .bind(one.started.as_millisecond())
            .bind(serde_json::to_string(&one)?)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(connection.close().await?)
}

async fn project(store: &Store) -> Outcome<Project> {
    let id = ProjectId::new();
    let project = Project { id, name: id.to_string().parse()?, path: "/nowhere".into(), added: Timestamp::now() };
    store.projects().add(&project).await?;
    Ok(project)
}

fn deployment(project: &Project, status: Status, minutes_ago: i64) -> Deployment {
    let started = Timestamp::now() - SignedDuration::from_mins(minutes_ago + 1);
    Deployment {
        status,
        finished: (status != Status::Running).then(|| started + SignedDuration::from_secs(30)),
        ..Deployment::begun(
            EnvironmentKey { project: project.id, name: EnvironmentName::production() },
            DeploymentKind::Deploy,
            started,
        )
    }
}

fn line(number: u64) -> LogLine {
    let text = format!("finished in 12 ms, object number {number}");
    LogLine { at: Timestamp::now(), stage: Stage::Build, source: Some("app".to_owned()), text }
}
