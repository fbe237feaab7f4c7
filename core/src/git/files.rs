//! A project's files, from a commit or from the work tree, by paths relative to the project's folder.
//!
//! Owns: where such a path leads, and that it never leaves the repository. Must never know: what the files mean.

use std::path::PathBuf;

use super::{GitError, Repo};
use crate::domain::commit::CommitId;

/// More than any Compose, env or settings file has.
const CAP: u64 = 16 << 20;

/// The files of a project at a commit.
#[derive(Debug, Clone)]
pub struct CommitFiles {
    /// The repository, opened at the project's folder.
    pub repo: Repo,
    /// The commit.
    pub commit: CommitId,
}

impl CommitFiles {
    /// A file's bytes; `None` if the commit has no such file.
    ///
    /// # Errors
    /// [`GitError::Outside`], [`GitError::TooLarge`].
    pub async fn read(&self, path: &str) -> Result<Option<Vec<u8>>, GitError> {
        let path = within(self.repo.folder(), path)?;
        self.repo.read(&self.commit, &path, CAP).await
    }
}

/// The files of a project as they are in its work tree.
#[derive(Debug, Clone)]
pub struct WorkTreeFiles {
    /// The repository, opened at the project's folder.
    pub repo: Repo,
}

impl WorkTreeFiles {
    /// A file's bytes; `None` if there is no such file.
    ///
    /// # Errors
    /// [`GitError::Outside`], also by way of a link; [`GitError::TooLarge`].
    pub async fn read(&self, path: &str) -> Result<Option<Vec<u8>>, GitError> {
        let inside = within(self.repo.folder(), path)?;
        let (root, file) = (self.repo.root().to_owned(), self.repo.root().join(inside));
        let path = path.to_owned();
        let read = tokio::task::spawn_blocking(move || read_below(root, file, path));
        read.await.map_err(|error| GitError::io("reading a file")(std::io::Error::other(error)))?
    }
}

fn read_below(root: PathBuf, file: PathBuf, path: String) -> Result<Option<Vec<u8>>, GitError> {
    let (Ok(root), Ok(file)) = (root.canonicalize(), file.canonicalize()) else { return Ok(None) };
    if !file.starts_with(&root) {
        return Err(GitError::Outside(path));
    }
    let what = || format!("reading {path}");
    let meta = file.metadata().map_err(GitError::io(what()))?;
    if !meta.is_file() {
        return Ok(None);
    }
    if meta.len() > CAP {
        return Err(GitError::TooLarge { path, size: meta.len(), cap: CAP });
    }
    std::fs::read(&file).map(Some).map_err(GitError::io(what()))
}

/// Joins a path to a folder of the repository, resolving `.` and `..` by name; the result is relative to the root.
///
/// # Errors
/// [`GitError::Outside`] if it is absolute or leaves the repository.
pub fn within(folder: &str, path: &str) -> Result<String, GitError> {
    let outside = || GitError::Outside(path.to_owned());
    if path.starts_with(['/', '\\']) || PathBuf::from(path).is_absolute() {
        return Err(outside());
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop().ok_or_else(outside)?),
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}
