//! Where a project's files are read from: a work tree or a commit.
//!
//! Owns: the one question that reading a Compose file asks of the outside, and two plain answers to it.
//! Must never know: git.

use std::{collections::BTreeMap, io, path::PathBuf};

/// The files of a project, by paths relative to its folder (`/` between parts; `..` may lead to other folders of the repository).
pub trait ProjectFiles {
    /// The whole file; `None` if there is none.
    ///
    /// # Errors
    /// When it exists and cannot be read.
    fn read(&self, path: &str) -> io::Result<Option<Vec<u8>>>;

    /// Where the project's folder lies in its repository: empty at the root, else like `apps/shop`.
    fn folder(&self) -> &str;
}

/// A folder on this machine. Reading blocks: call it where blocking is fine.
#[derive(Debug, Clone)]
pub struct Folder {
    /// The project's folder.
    pub path: PathBuf,
    /// Where it lies in its repository.
    pub in_repository: String,
}

impl ProjectFiles for Folder {
    fn read(&self, path: &str) -> io::Result<Option<Vec<u8>>> {
        match std::fs::read(self.path.join(path)) {
            Ok(content) => Ok(Some(content)),
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
            Err(e) => Err(e),
        }
    }

    fn folder(&self) -> &str {
        &self.in_repository
    }
}

/// Files in memory, at the root of their repository.
#[derive(Debug, Clone, Default)]
pub struct FileMap(pub BTreeMap<String, Vec<u8>>);

impl ProjectFiles for FileMap {
    fn read(&self, path: &str) -> io::Result<Option<Vec<u8>>> {
        Ok(self.0.get(path).cloned())
    }

    fn folder(&self) -> &str {
        ""
    }
}
