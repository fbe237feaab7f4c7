//! What the tests of the shell need: a session over a scratch folder, and a second hand that writes to the same store.

use std::sync::Arc;

use jiff::Timestamp;
use plimsoll_core::{
    api::{Session, SessionOptions},
    domain::{
        deployment::{Deployment, Stage, Status},
        event::{LogLine, StepEvent, StepEventKind},
        id::{DeploymentId, ProjectId},
        project::Project,
    },
    store::Store,
};
use sqlx::Connection as _;
use tempfile::TempDir;

use crate::{questions::Questions, words};

/// A session and its store.
pub(crate) struct Bench {
    pub(crate) session: Session,
    /// As another process has it.
    pub(crate) store: Store,
    project: Project,
    home: TempDir,
}

/// One with a project called shop.
pub(crate) async fn bench() -> Bench {
    let home = tempfile::tempdir().unwrap();
    let ask = Arc::new(Questions::new(|| false));
    let session = Session::open(SessionOptions { home: Some(home.path().to_owned()), ask }).await.unwrap();
    let store = Store::open(&home.path().join("store")).await.unwrap();
    let (name, path) = ("shop".parse().unwrap(), home.path().join("shop"));
    let project = Project { id: ProjectId::new(), name, path, added: Timestamp::UNIX_EPOCH };
    store.projects().add(&project).await.unwrap();
    Bench { session, store, project, home }
}

impl Bench {
    /// A recorded deployment of the shop.
    pub(crate) async fn deployment(&self, status: Status) -> Deployment {
        let mut deployment = words::tests::deployment(status);
        deployment.environment.project = self.project.id;
        self.store.deployments().create(&deployment).await.unwrap();
        deployment
    }

    /// Writes nonsense where its record is; who records it again mends it.
    pub(crate) async fn spoil(&self, id: DeploymentId) {
        let file = self.home.path().join("store/state.db");
        let mut connection = sqlx::SqliteConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
        let spoil = sqlx::query("UPDATE deployments SET body = 'nonsense' WHERE id = ?").bind(id.to_string());
        assert_eq!(spoil.execute(&mut connection).await.unwrap().rows_affected(), 1);
        connection.close().await.unwrap();
    }
}

/// An event.
pub(crate) fn event(index: u64, kind: StepEventKind) -> StepEvent {
    StepEvent { index, at: Timestamp::UNIX_EPOCH, journal: None, kind }
}

/// A line of a build.
pub(crate) fn line(text: impl Into<String>) -> LogLine {
    LogLine { at: Timestamp::UNIX_EPOCH, stage: Stage::Build, source: None, text: text.into() }
}
