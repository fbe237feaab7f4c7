//! What was last learnt about each environment.
//!
//! Owns: keeping it. Must never know: variables; their server keeps them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    StoreError,
    database::Database,
    row::{decode, encode},
};
use crate::domain::{environment::EnvironmentKey, name::StackName, release::ReleaseId};

/// What is known of an environment without asking its server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentFacts {
    /// Its Compose project name, fixed by its first deployment.
    pub stack: StackName,
    /// The release that served when the server was last asked.
    pub serving: Option<ReleaseId>,
    /// When that was.
    pub asked: Timestamp,
}

/// What is known of the environments.
#[derive(Debug, Clone)]
pub struct Environments {
    pub(super) db: Database,
}

impl Environments {
    /// Replaces what is known.
    ///
    /// # Errors
    /// When the database cannot be written or there is no such project.
    pub async fn set(&self, key: &EnvironmentKey, facts: &EnvironmentFacts) -> Result<(), StoreError> {
        let body = &encode(facts)?;
        self.db
            .write(|| async {
                let insert = "INSERT INTO environments (project, name, body) VALUES (?, ?, ?)
                              ON CONFLICT (project, name) DO UPDATE SET body = excluded.body";
                let insert = sqlx::query(insert).bind(key.project.to_string()).bind(key.name.as_str()).bind(body);
                insert.execute(self.db.writer()).await?;
                Ok(())
            })
            .await
    }

    /// What is known; `None` before the first time.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn get(&self, key: &EnvironmentKey) -> Result<Option<EnvironmentFacts>, StoreError> {
        let read = async {
            let query = sqlx::query_scalar("SELECT body FROM environments WHERE project = ? AND name = ?");
            let query = query.bind(key.project.to_string()).bind(key.name.as_str());
            let body: Option<String> = query.fetch_optional(self.db.reader()).await?;
            body.map(|body| decode(&body)).transpose()
        };
        self.db.read(read).await
    }

    /// Everything that is known, of all projects.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn list(&self) -> Result<Vec<(EnvironmentKey, EnvironmentFacts)>, StoreError> {
        let read = async {
            let query = sqlx::query_as("SELECT project, name, body FROM environments ORDER BY project, name");
            let rows: Vec<(String, String, String)> = query.fetch_all(self.db.reader()).await?;
            rows.into_iter().map(|(project, name, body)| Ok((key(&project, &name)?, decode(&body)?))).collect()
        };
        self.db.read(read).await
    }
}

fn key(project: &str, name: &str) -> Result<EnvironmentKey, StoreError> {
    let damaged = |text: &str| StoreError::Damaged(format!("`{text}` names no environment"));
    Ok(EnvironmentKey { project: project.parse().map_err(|_| damaged(project))?, name: name.parse().map_err(|_| damaged(name))? })
}
