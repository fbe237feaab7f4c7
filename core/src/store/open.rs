//! From a folder to an open file: room on the disk, soundness, schema.
//!
//! Owns: the order of those checks and who may do them at a time. Must never know: any table.

use std::{
    fs::{self, File, TryLockError},
    path::Path,
    time::Duration,
};

use super::{
    StoreError,
    ballast::Ballast,
    database::{Database, Sharing, Spec},
    header::{self, Header},
    migrate,
    repair::{self, Recovery},
};

/// Files up to this size are checked whole at each start, which takes some ten milliseconds; larger ones before each
/// backup and after any sign of damage.
const CHECKED_ALWAYS: u64 = 8 << 20;
/// How long another process may take to migrate or restore.
const PATIENCE: Duration = Duration::from_secs(60);

/// Refuses a file of a newer program. Reads only, so that nothing of it is touched.
pub(crate) fn refuse_newer(spec: &Spec) -> Result<(), StoreError> {
    match header::read(&spec.path)? {
        Header::Database { schema } if schema > spec.newest() => {
            Err(StoreError::Newer { file: spec.path.clone(), found: schema, known: spec.newest() })
        }
        _ => Ok(()),
    }
}

/// Opens a file, replacing it when it is damaged.
pub(crate) async fn open(spec: &Spec, ballast: &Ballast) -> Result<(Database, Option<Recovery>), StoreError> {
    match attempt(spec, ballast).await {
        Err(StoreError::Damaged(reason)) => {
            let recovery = repair::replace(spec, ballast, reason).await?;
            Ok((attempt(spec, ballast).await?, Some(recovery)))
        }
        other => other.map(|database| (database, None)),
    }
}

/// Keeps other processes from preparing the same folder; held until dropped.
pub(crate) async fn prepare_alone(dir: &Path, ballast: &Ballast) -> Result<File, StoreError> {
    let path = dir.join("prepare.lock");
    let create = || File::options().create(true).write(true).truncate(false).open(&path).map_err(|e| StoreError::io(&path, e));
    let file = match create() {
        Err(StoreError::Full) if ballast.drop_it().await => create()?,
        other => other?,
    };
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if tokio::time::Instant::now() < deadline => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Err(TryLockError::WouldBlock) => return Err(StoreError::Busy),
            Err(TryLockError::Error(e)) => return Err(StoreError::io(path, e)),
        }
    }
}

async fn attempt(spec: &Spec, ballast: &Ballast) -> Result<Database, StoreError> {
    if header::read(&spec.path)? == Header::Foreign {
        return Err(StoreError::Damaged("the file is not a database".to_owned()));
    }
    let database = with_room(spec, ballast).await?;
    let prepared = match check_if_due(&database).await {
        Ok(()) => migrate::run(&database).await,
        error => error,
    };
    match prepared {
        Ok(()) => Ok(database),
        Err(error) => {
            database.close().await;
            Err(error)
        }
    }
}

/// Opens; on a full disk without the reserve, and at last alone.
async fn with_room(spec: &Spec, ballast: &Ballast) -> Result<Database, StoreError> {
    match Database::open(spec, ballast, Sharing::Shared).await {
        Err(StoreError::Full) => {}
        other => return other,
    }
    if ballast.drop_it().await {
        match Database::open(spec, ballast, Sharing::Shared).await {
            Err(StoreError::Full) => {}
            other => return other,
        }
    }
    Database::open(spec, ballast, Sharing::Alone).await
}

async fn check_if_due(database: &Database) -> Result<(), StoreError> {
    let small = fs::metadata(database.path()).is_ok_and(|m| m.len() <= CHECKED_ALWAYS);
    if !small && !database.is_suspect() {
        return Ok(());
    }
    database.check().await?;
    database.clear_suspicion();
    Ok(())
}
