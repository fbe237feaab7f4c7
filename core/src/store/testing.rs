//! What tests need of the room: a store in a folder of its own, and things to put into it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use super::Store;
use crate::domain::{
    commit::Commit,
    deployment::{Deployment, DeploymentKind, Stage, Status},
    environment::EnvironmentKey,
    event::{LogLine, StepEvent, StepEventKind},
    id::ProjectId,
    name::EnvironmentName,
    project::Project,
    release::Release,
};

pub(crate) async fn store() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    (dir, store)
}

pub(crate) async fn project(store: &Store, name: &str) -> Project {
    let project = Project { id: ProjectId::new(), name: name.parse().unwrap(), path: "/p".into(), added: Timestamp::UNIX_EPOCH };
    store.projects().add(&project).await.unwrap();
    project
}

pub(super) fn environment(project: &Project) -> EnvironmentKey {
    EnvironmentKey { project: project.id, name: EnvironmentName::production() }
}

pub(crate) fn deployment(project: &Project, minute: i64) -> Deployment {
    Deployment {
        commit: Some(commit()),
        ..Deployment::begun(
            environment(project),
            DeploymentKind::Deploy,
            Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute),
        )
    }
}

pub(super) fn commit() -> Commit {
    Commit {
        id: "a".repeat(40).parse().unwrap(),
        subject: "Ünï $(id)".into(),
        author: "Ann".into(),
        at: Timestamp::UNIX_EPOCH,
        branch: None,
        dirty: false,
    }
}

pub(super) fn release(text: &str) -> Release {
    Release::new(commit(), BTreeMap::new(), text.into(), String::new(), Timestamp::UNIX_EPOCH)
}

pub(super) fn note(index: u64) -> StepEvent {
    let kind = StepEventKind::Note { stage: Stage::Build, text: format!("note {index}") };
    StepEvent { index, at: Timestamp::UNIX_EPOCH, journal: None, kind }
}

pub(super) fn finished(index: u64) -> StepEvent {
    let kind = StepEventKind::Finished { status: Status::Live, release: None, problem: None };
    StepEvent { index, at: Timestamp::UNIX_EPOCH, journal: None, kind }
}

pub(super) fn line(stage: Stage, text: impl Into<String>) -> LogLine {
    LogLine { at: Timestamp::UNIX_EPOCH, stage, source: Some("api".into()), text: text.into() }
}
