//! What the tests of this room share: a session over a scratch folder, with a project, and somebody to ask.
//!
//! Owns: that. Must never know: any single act.

use std::{
    fs,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use jiff::Timestamp;
use tempfile::TempDir;

use super::{Answer, Ask, Question, Session, SessionOptions};
use crate::domain::{
    deployment::{Deployment, DeploymentKind, Status},
    environment::EnvironmentKey,
    id::ProjectId,
    name::EnvironmentName,
    project::Project,
    secret::Secret,
};

/// A session with a project called shop.
pub(super) struct Bench {
    pub(super) session: Session,
    pub(super) person: Arc<Person>,
    pub(super) project: Project,
    _home: TempDir,
}

/// Somebody who gives the same answer to every question, and remembers them.
pub(super) struct Person {
    pub(super) says: Mutex<Answer>,
    pub(super) asked: Mutex<Vec<Question>>,
}

#[async_trait]
impl Ask for Person {
    async fn confirm(&self, question: Question) -> Answer {
        self.asked.lock().unwrap().push(question);
        *self.says.lock().unwrap()
    }

    async fn secret(&self, _prompt: &str) -> Option<Secret> {
        None
    }
}

/// One whose person says no.
pub(super) async fn bench() -> Bench {
    let home = tempfile::tempdir().unwrap();
    let person = Arc::new(Person { says: Mutex::new(Answer::No), asked: Mutex::default() });
    let session = Session::open(SessionOptions { home: Some(home.path().to_owned()), ask: person.clone() }).await.unwrap();
    let path = home.path().join("shop");
    fs::create_dir(&path).unwrap();
    let project = Project { id: ProjectId::new(), name: "shop".parse().unwrap(), path, added: Timestamp::UNIX_EPOCH };
    session.store.projects().add(&project).await.unwrap();
    Bench { session, person, project, _home: home }
}

impl Bench {
    /// What `plimsoll.toml` of the shop says.
    pub(super) fn settings(&self, text: &str) {
        fs::write(self.project.path.join(crate::settings::FILE), text).unwrap();
    }

    /// A recorded deployment of the shop.
    pub(super) async fn deployment(&self, status: Status) -> Deployment {
        let deployment = Deployment {
            status,
            ..Deployment::begun(
                EnvironmentKey { project: self.project.id, name: EnvironmentName::production() },
                DeploymentKind::Deploy,
                Timestamp::now(),
            )
        };
        self.session.store.deployments().create(&deployment).await.unwrap();
        deployment
    }
}
