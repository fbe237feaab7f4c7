//! One SQLite file: how it is opened and how a change to it is made.
//!
//! Owns: pragmas, the two pools, what happens when the disk is full. Must never know: any table.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use sqlx::{
    Sqlite, SqlitePool, Transaction,
    migrate::Migrator,
    sqlite::{
        SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqlitePoolOptions, SqliteSynchronous,
    },
};
use tokio::sync::watch;

use super::{StoreError, ballast::Ballast};

/// WAL pages after which a checkpoint runs: 1 MiB, so that a nearly full disk is not filled by the WAL.
const AUTOCHECKPOINT: &str = "256";
/// The WAL is cut back to this many bytes after a checkpoint.
const JOURNAL_LIMIT: &str = "1048576";
const BUSY: Duration = Duration::from_secs(10);
/// The first SQLite whose WAL reset cannot corrupt the file.
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);

/// What a database is for, which decides how carefully it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Small and precious: each commit is on the disk before it is acknowledged; may use the ballast.
    State,
    /// Large and replaceable: survives the process, not always the power; leaves the ballast to the state.
    Logs,
}

/// Who may open it at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sharing {
    /// Any process; needs a few bytes on disk for the shared index of the WAL.
    Shared,
    /// This process alone, with that index in memory: the way in when no byte is free.
    Alone,
}

/// A file with its schema.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    pub(crate) path: PathBuf,
    pub(crate) purpose: Purpose,
    pub(crate) schema: &'static Migrator,
}

impl Spec {
    /// The newest schema that this program knows.
    pub(crate) fn newest(&self) -> i64 {
        self.schema.iter().map(|m| m.version).max().unwrap_or_default()
    }
}

/// An open SQLite file. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Database(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    spec: Spec,
    reader: SqlitePool,
    /// One connection, so that this process's writers wait in line rather than for SQLite's lock.
    writer: SqlitePool,
    ballast: Ballast,
    changed: watch::Sender<()>,
}

impl Database {
    /// Opens the file, making it if there is none. The schema is not looked at.
    pub(crate) async fn open(spec: &Spec, ballast: &Ballast, sharing: Sharing) -> Result<Self, StoreError> {
        let options = options(spec, sharing);
        let writer = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        let reader = match sharing {
            Sharing::Shared => SqlitePoolOptions::new().max_connections(4).connect_lazy_with(options.pragma("query_only", "ON")),
            Sharing::Alone => writer.clone(),
        };
        let (changed, _) = watch::channel(());
        let database = Self(Arc::new(Inner { spec: spec.clone(), reader, writer, ballast: ballast.clone(), changed }));
        database.require_sqlite().await?;
        Ok(database)
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.0.spec.path
    }

    /// The file's schema as this program knows it.
    pub(crate) fn spec(&self) -> &Spec {
        &self.0.spec
    }

    /// Connections for reading.
    pub(crate) fn reader(&self) -> &SqlitePool {
        &self.0.reader
    }

    /// Begins a change. Only for use inside [`Database::write`].
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.0.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// The one connection that writes, for statements that refuse a transaction.
    pub(crate) fn writer(&self) -> &SqlitePool {
        &self.0.writer
    }

    /// Makes a change and wakes whoever follows. On a full disk the state's reserve is given up and the change is
    /// tried once more, so `change` must be a whole transaction.
    pub(crate) async fn write<T, F, Fut>(&self, change: F) -> Result<T, StoreError>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<T, StoreError>>,
    {
        let mut result = change().await;
        if matches!(result, Err(StoreError::Full)) && self.0.spec.purpose == Purpose::State && self.0.ballast.drop_it().await {
            self.renew().await;
            result = change().await;
        }
        if matches!(result, Err(StoreError::Full | StoreError::Damaged(_) | StoreError::Sql(_))) {
            self.renew().await;
        }
        if result.is_ok() {
            self.0.changed.send_replace(());
        }
        self.watch(result)
    }

    /// Lets go of the writing connection. After some errors (a full disk) SQLite has rolled back by itself, which sqlx does
    /// not notice: it would refuse every later transaction on that connection.
    async fn renew(&self) {
        if let Ok(connection) = self.writer().acquire().await {
            // Closing it may fail like the write before; it is gone either way.
            let _ = connection.close().await;
        }
    }

    /// Reads; a sign of damage is remembered for the next start.
    pub(crate) async fn read<T>(&self, read: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let result = read.await;
        self.watch(result)
    }

    /// Proves that the file is sound as far as SQLite can tell: its structure, not the bytes of its texts.
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        self.read(async {
            let found: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(self.writer()).await?;
            if found == "ok" { Ok(()) } else { Err(StoreError::Damaged(found)) }
        })
        .await
    }

    /// Whether some read or write met damage since the last whole check.
    pub(crate) fn is_suspect(&self) -> bool {
        self.suspicion().exists()
    }

    /// After a whole check that found nothing.
    pub(crate) fn clear_suspicion(&self) {
        let _ = std::fs::remove_file(self.suspicion());
    }

    fn watch<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if matches!(result, Err(StoreError::Damaged(_))) {
            let _ = std::fs::File::create(self.suspicion());
        }
        result
    }

    fn suspicion(&self) -> PathBuf {
        self.path().with_extension("suspect")
    }

    /// Wakes after each change made through this very handle or a clone of it.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.0.changed.subscribe()
    }

    /// Closes all connections; the last one of all processes folds the WAL into the file.
    pub(crate) async fn close(&self) {
        self.0.reader.close().await;
        self.0.writer.close().await;
    }

    async fn require_sqlite(&self) -> Result<(), StoreError> {
        let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(self.writer()).await?;
        let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or_default());
        let mut next = || parts.next().unwrap_or_default();
        if (next(), next(), next()) < OLDEST_SQLITE { Err(StoreError::OldSqlite(version)) } else { Ok(()) }
    }
}

fn options(spec: &Spec, sharing: Sharing) -> SqliteConnectOptions {
    let synchronous = match spec.purpose {
        Purpose::State => SqliteSynchronous::Full,
        Purpose::Logs => SqliteSynchronous::Normal,
    };
    let options = SqliteConnectOptions::new()
        .filename(&spec.path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .pragma("wal_autocheckpoint", AUTOCHECKPOINT)
        .pragma("journal_size_limit", JOURNAL_LIMIT)
        // Without these a Mac only hands the bytes to the drive's cache.
        .pragma("fullfsync", "ON")
        .pragma("checkpoint_fullfsync", "ON");
    // Only for a new file: stating it writes, and an old one must open with no byte free.
    let fresh = std::fs::metadata(&spec.path).map_or(true, |file| file.len() == 0);
    let options = match spec.purpose {
        Purpose::Logs if fresh => options.auto_vacuum(SqliteAutoVacuum::Incremental),
        _ => options,
    };
    match sharing {
        Sharing::Shared => options,
        Sharing::Alone => options.locking_mode(SqliteLockingMode::Exclusive),
    }
}
