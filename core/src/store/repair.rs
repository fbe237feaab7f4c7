//! What happens to a damaged file: it is kept aside and the last good backup takes its place.
//!
//! Owns: the order of those steps, safe against being killed between any two. Must never know: what was damaged.

use std::{
    fmt, fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::Serialize;

use super::{
    StoreError, backup,
    ballast::Ballast,
    database::{Database, Sharing, Spec},
    header::{self, Header},
};

/// A damaged file that was replaced when the store was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recovery {
    /// The file that was damaged.
    pub file: PathBuf,
    /// What SQLite said about it.
    pub reason: String,
    /// Where the damaged file is kept.
    pub quarantined: PathBuf,
    /// The backup that took its place; `None` when there was no good one and it starts empty.
    pub restored_from: Option<PathBuf>,
}

impl fmt::Display for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} was damaged ({}) and is kept as {}; ", self.file.display(), self.reason, self.quarantined.display())?;
        match &self.restored_from {
            Some(backup) => write!(f, "the backup {} took its place.", backup.display()),
            None => f.write_str("there was no good backup, so it starts empty."),
        }
    }
}

/// Replaces a damaged file. At every moment there is a file under the name, so that a crash in here is never
/// mistaken for a first start.
pub(crate) async fn replace(spec: &Spec, ballast: &Ballast, reason: String) -> Result<Recovery, StoreError> {
    let quarantined = quarantine(&spec.path)?;
    let replacement = spec.path.with_extension("restoring");
    let restored_from = prepare(spec, ballast, &replacement).await?;
    // The WAL belongs to the damaged file; it must not be replayed over the backup.
    remove(&beside(&spec.path, "-wal"))?;
    remove(&beside(&spec.path, "-shm"))?;
    fs::rename(&replacement, &spec.path).map_err(|e| StoreError::io(&spec.path, e))?;
    Ok(Recovery { file: spec.path.clone(), reason, quarantined, restored_from })
}

/// `state.db` and `-wal` as the name of the file beside it.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Keeps the file and its companions under names with the time.
fn quarantine(path: &Path) -> Result<PathBuf, StoreError> {
    let dir = path.with_file_name("quarantine");
    fs::create_dir_all(&dir).map_err(|e| StoreError::io(&dir, e))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let kept = dir.join(format!("{}-{name}", Timestamp::now().as_millisecond()));
    for suffix in ["-shm", "-wal", ""] {
        let (from, to) = (beside(path, suffix), beside(&kept, suffix));
        match fs::hard_link(&from, &to).or_else(|e| link_or_copy(e, &from, &to)) {
            Err(e) if e.kind() != ErrorKind::NotFound => return Err(StoreError::io(from, e)),
            _ => {}
        }
    }
    Ok(kept)
}

/// Not every file system has hard links.
fn link_or_copy(error: std::io::Error, from: &Path, to: &Path) -> std::io::Result<()> {
    if error.kind() == ErrorKind::NotFound { Err(error) } else { fs::copy(from, to).map(drop) }
}

/// Puts the newest good backup, or an empty file, under the replacement's name.
async fn prepare(spec: &Spec, ballast: &Ballast, replacement: &Path) -> Result<Option<PathBuf>, StoreError> {
    for candidate in backup::list(&spec.path)? {
        for suffix in ["", "-wal", "-shm"] {
            remove(&beside(replacement, suffix))?;
        }
        fs::copy(&candidate, replacement).map_err(|e| StoreError::io(&candidate, e))?;
        if is_good(&Spec { path: replacement.to_owned(), ..spec.clone() }, ballast).await? {
            return Ok(Some(candidate));
        }
    }
    remove(replacement)?;
    fs::File::create(replacement).map_err(|e| StoreError::io(replacement, e))?;
    Ok(None)
}

async fn is_good(spec: &Spec, ballast: &Ballast) -> Result<bool, StoreError> {
    match header::read(&spec.path)? {
        Header::Database { schema } if schema <= spec.newest() => {}
        _ => return Ok(false),
    }
    let checked = match Database::open(spec, ballast, Sharing::Alone).await {
        Ok(database) => {
            let checked = database.check().await;
            database.close().await;
            checked
        }
        Err(error) => Err(error),
    };
    match checked {
        Err(StoreError::Damaged(_)) => Ok(false),
        other => other.map(|()| true),
    }
}

fn remove(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(StoreError::io(path, e)),
        _ => Ok(()),
    }
}
