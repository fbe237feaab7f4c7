//! The open store: a door to each table.
//!
//! Owns: opening, closing and looking after both files. Must never know: what is in a table.

use std::{fs, path::Path};

use jiff::Timestamp;
use sqlx::migrate::Migrator;
use tokio_util::sync::CancellationToken;

use super::{
    PreferencesRow, Projects, Recovery, Registries, Servers, StoreError, backup,
    ballast::Ballast,
    changes::Changes,
    consents::Consents,
    database::{Database, Purpose, Spec},
    deployments::Deployments,
    durations::Durations,
    environments::Environments,
    events::Events,
    logs::Logs,
    named::Table,
    open,
    pins::Pinned,
    releases::Releases,
};

static STATE: Migrator = sqlx::migrate!("../migrations");
static LOGS: Migrator = sqlx::migrate!("../migrations/logs");

/// What this laptop remembers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    state: Database,
    logs: Database,
    recovered: Vec<Recovery>,
}

impl Store {
    /// Opens the store in a folder, making both if there is nothing yet.
    ///
    /// # Errors
    /// [`StoreError::Newer`] when a newer program wrote it, [`StoreError::Full`] when no byte is left even
    /// for reading, and whatever else keeps it from opening.
    pub async fn open(dir: &Path) -> Result<Self, StoreError> {
        fs::create_dir_all(dir).map_err(|e| StoreError::io(dir, e))?;
        let state = Spec { path: dir.join("state.db"), purpose: Purpose::State, schema: &STATE };
        let logs = Spec { path: dir.join("logs.db"), purpose: Purpose::Logs, schema: &LOGS };
        open::refuse_newer(&state)?;
        open::refuse_newer(&logs)?;
        let ballast = Ballast::of(dir);
        let alone = open::prepare_alone(dir, &ballast).await?;
        let (state, state_recovery) = open::open(&state, &ballast).await?;
        let (logs, logs_recovery) = open::open(&logs, &ballast).await?;
        ballast.refill().await?;
        drop(alone);
        Ok(Self { state, logs, recovered: state_recovery.into_iter().chain(logs_recovery).collect() })
    }

    /// Files that were found damaged and replaced while opening; the user must be told of each.
    #[must_use]
    pub fn recovered(&self) -> &[Recovery] {
        &self.recovered
    }

    /// What is due now and then: the daily backup, the retention of logs. For quiet moments; may be cancelled.
    ///
    /// # Errors
    /// When a file cannot be read or written; nothing is lost by it.
    pub async fn tend(&self, cancel: &CancellationToken) -> Result<(), StoreError> {
        backup::daily(&self.state).await?;
        self.logs().tend(Timestamp::now(), cancel).await
    }

    /// Closes both files. Without it nothing is lost; the next start reads a longer WAL.
    pub async fn close(&self) {
        self.state.close().await;
        self.logs.close().await;
    }

    /// Machines.
    #[must_use]
    pub fn servers(&self) -> Servers {
        Table::new(self.state.clone())
    }

    /// Projects.
    #[must_use]
    pub fn projects(&self) -> Projects {
        Table::new(self.state.clone())
    }

    /// Registries.
    #[must_use]
    pub fn registries(&self) -> Registries {
        Table::new(self.state.clone())
    }

    /// Host keys.
    #[must_use]
    pub fn pins(&self) -> Pinned {
        Pinned { db: self.state.clone() }
    }

    /// Consents to commands of the ssh configuration.
    #[must_use]
    pub fn consents(&self) -> Consents {
        Consents { db: self.state.clone() }
    }

    /// The history.
    #[must_use]
    pub fn deployments(&self) -> Deployments {
        Deployments { db: self.state.clone() }
    }

    /// Events of deployments.
    #[must_use]
    pub fn events(&self) -> Events {
        Events { db: self.state.clone() }
    }

    /// Releases.
    #[must_use]
    pub fn releases(&self) -> Releases {
        Releases { db: self.state.clone() }
    }

    /// How long stages take.
    #[must_use]
    pub fn durations(&self) -> Durations {
        Durations { db: self.state.clone() }
    }

    /// What is known of environments.
    #[must_use]
    pub fn environments(&self) -> Environments {
        Environments { db: self.state.clone() }
    }

    /// The settings of the app.
    #[must_use]
    pub fn preferences(&self) -> PreferencesRow {
        PreferencesRow { db: self.state.clone() }
    }

    /// Noticing what changed.
    #[must_use]
    pub fn changes(&self) -> Changes {
        Changes { db: self.state.clone() }
    }

    /// Output of deployments.
    #[must_use]
    pub fn logs(&self) -> Logs {
        Logs { db: self.logs.clone(), state: self.state.clone() }
    }
}
