//! The releases of each environment.
//!
//! Owns: keeping them. Must never know: which of them a server can still restore.

use super::{
    StoreError,
    database::Database,
    row::{decode, encode, ms},
};
use crate::domain::{
    environment::EnvironmentKey,
    release::{Release, ReleaseId},
};

/// The releases.
#[derive(Debug, Clone)]
pub struct Releases {
    pub(super) db: Database,
}

impl Releases {
    /// Keeps a release; one that is known already stays as it is, because its id follows from its content.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such project.
    pub async fn add(&self, environment: &EnvironmentKey, release: &Release) -> Result<(), StoreError> {
        let body = &encode(release)?;
        self.db
            .write(|| async {
                let insert = "INSERT INTO releases (project, environment, id, created, body) VALUES (?, ?, ?, ?, ?)
                              ON CONFLICT (project, environment, id) DO NOTHING";
                sqlx::query(insert)
                    .bind(environment.project.to_string())
                    .bind(environment.name.as_str())
                    .bind(release.id.as_str())
                    .bind(ms(release.created))
                    .bind(body)
                    .execute(self.db.writer())
                    .await
                    .map_err(|e| unknown(e, environment))?;
                Ok(())
            })
            .await
    }

    /// The one with this id in this environment, if any.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn find(&self, environment: &EnvironmentKey, id: &ReleaseId) -> Result<Option<Release>, StoreError> {
        let read = async {
            let query = sqlx::query_scalar("SELECT body FROM releases WHERE project = ? AND environment = ? AND id = ?");
            let query = query.bind(environment.project.to_string()).bind(environment.name.as_str()).bind(id.as_str());
            let body: Option<String> = query.fetch_optional(self.db.reader()).await?;
            body.map(|body| decode(&body)).transpose()
        };
        self.db.read(read).await
    }

    /// The newest releases of an environment, newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn list(&self, environment: &EnvironmentKey, limit: u32) -> Result<Vec<Release>, StoreError> {
        let read = async {
            let query = "SELECT body FROM releases WHERE project = ? AND environment = ?
                         ORDER BY created DESC, id DESC LIMIT ?";
            let query = sqlx::query_scalar(query).bind(environment.project.to_string()).bind(environment.name.as_str());
            let bodies: Vec<String> = query.bind(limit).fetch_all(self.db.reader()).await?;
            bodies.iter().map(|body| decode(body)).collect()
        };
        self.db.read(read).await
    }
}

fn unknown(error: sqlx::Error, environment: &EnvironmentKey) -> StoreError {
    match error.as_database_error() {
        Some(e) if e.is_foreign_key_violation() => {
            StoreError::NotFound { what: "project", name: environment.project.to_string() }
        }
        _ => error.into(),
    }
}
