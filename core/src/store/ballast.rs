//! A few megabytes kept for the day the disk is full.
//!
//! Owns: the file that is given up so that a deployment's end can still be recorded.
//! Must never know: what is written in its place.

use std::{
    fs::{self, File},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use super::StoreError;

/// Enough for the end of every deployment in flight and a WAL at its limit.
const SIZE: usize = 4 << 20;

/// The reserve of one data folder, shared by all processes that use it.
#[derive(Debug, Clone)]
pub(crate) struct Ballast {
    path: PathBuf,
}

impl Ballast {
    /// The reserve of this folder, present or not.
    pub(crate) fn of(dir: &Path) -> Self {
        Self { path: dir.join("ballast") }
    }

    /// Gives it up; whether there was anything to give.
    pub(crate) async fn drop_it(&self) -> bool {
        let path = self.path.clone();
        tokio::task::spawn_blocking(move || fs::remove_file(path).is_ok()).await.unwrap_or(false)
    }

    /// Puts it back if it is gone and there is room; a full disk is no error here. One process at a time.
    pub(crate) async fn refill(&self) -> Result<(), StoreError> {
        let path = self.path.clone();
        let filled = tokio::task::spawn_blocking(move || fill(&path).map_err(|e| StoreError::io(path, e))).await;
        match filled {
            Ok(Err(StoreError::Full)) | Err(_) => Ok(()),
            Ok(result) => result,
        }
    }
}

fn fill(path: &Path) -> std::io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let temporary = path.with_extension("tmp");
    let result = write_noise(&temporary).and_then(|()| fs::rename(&temporary, path));
    if result.is_err() {
        match fs::remove_file(&temporary) {
            Err(e) if e.kind() != ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    result
}

/// Bytes that no file system can compress away: a xorshift sequence.
fn write_noise(path: &Path) -> std::io::Result<()> {
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut noise = Vec::with_capacity(SIZE);
    while noise.len() < SIZE {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise.extend_from_slice(&state.to_le_bytes());
    }
    let mut file = File::create(path)?;
    file.write_all(&noise)?;
    file.sync_all()
}
