//! Copies of the state: taken before a migration and daily, three kept.
//!
//! Owns: their names, their age, their number. Must never know: when they are needed again.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use uuid::Uuid;

use super::{StoreError, database::Database};

const KEPT: usize = 3;
const DAY: Duration = Duration::from_hours(24);

/// Takes a backup if the newest one is older than a day; whether it did.
pub(crate) async fn daily(database: &Database) -> Result<bool, StoreError> {
    let newest = list(database.path())?.into_iter().next().and_then(|path| path.metadata().ok()?.modified().ok());
    let fresh = newest.and_then(|at| SystemTime::now().duration_since(at).ok()).is_some_and(|age| age < DAY);
    if fresh {
        return Ok(false);
    }
    take(database).await?;
    Ok(true)
}

/// Copies the database as of now, after proving that it is sound, and lets go of the oldest copies.
pub(crate) async fn take(database: &Database) -> Result<PathBuf, StoreError> {
    database.check().await?;
    let dir = folder(database.path());
    fs::create_dir_all(&dir).map_err(|e| StoreError::io(&dir, e))?;
    sweep(&dir);
    // UUIDv7 names sort by age and never collide between processes.
    let name = format!("{}-{}", stem(database.path()), Uuid::now_v7());
    let (temporary, path) = (dir.join(format!("{name}.tmp")), dir.join(format!("{name}.db")));
    let result = copy_into(database, &temporary).await.and_then(|()| settle(&temporary, &path));
    if let Err(error) = result {
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    for old in list(database.path())?.into_iter().skip(KEPT) {
        fs::remove_file(&old).map_err(|e| StoreError::io(&old, e))?;
    }
    Ok(path)
}

/// The backups of a database, newest first.
pub(crate) fn list(database: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let dir = folder(database);
    let prefix = format!("{}-", stem(database));
    let entries = match fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(StoreError::io(dir, e)),
    };
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "db"))
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&prefix)))
        .collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    Ok(found)
}

async fn copy_into(database: &Database, path: &Path) -> Result<(), StoreError> {
    sqlx::query("VACUUM INTO ?").bind(path.to_string_lossy()).execute(database.writer()).await?;
    Ok(())
}

/// Makes the copy durable before it gets the name that counts.
fn settle(temporary: &Path, path: &Path) -> Result<(), StoreError> {
    let sync = || fs::File::open(temporary)?.sync_all();
    sync().and_then(|()| fs::rename(temporary, path)).map_err(|e| StoreError::io(path, e))
}

/// Removes what a killed process left half-written.
fn sweep(dir: &Path) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        let age = entry.metadata().ok().and_then(|m| m.modified().ok()?.elapsed().ok());
        let leftover = entry.path().extension().is_some_and(|e| e == "tmp") && age.is_some_and(|age| age > DAY);
        if leftover {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn folder(database: &Path) -> PathBuf {
    database.with_file_name("backups")
}

fn stem(database: &Path) -> String {
    database.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}
