//! Where this laptop's data lies.
//!
//! Owns: the platform's folder, `PLIMSOLL_HOME`, who may read it. Must never know: what is in there.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use directories::ProjectDirs;

use crate::problem::{Code, Problem};

/// Names another folder than the platform's.
pub const HOME_VARIABLE: &str = "PLIMSOLL_HOME";

/// The folders of this laptop's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    data: PathBuf,
}

/// Why there is no folder for the data. A fragment fit for "failed to …".
#[derive(Debug, thiserror::Error)]
pub enum PathsError {
    /// The platform names no home folder.
    #[error("this user has no home folder")]
    NoHome,
    /// It cannot be made or kept private.
    #[error("{}: {source}", path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Paths {
    /// `PLIMSOLL_HOME`, or the platform's folder: `~/Library/Application Support/Plimsoll`,
    /// `%LOCALAPPDATA%\Plimsoll\data`, `~/.local/share/plimsoll`.
    ///
    /// # Errors
    /// [`PathsError::NoHome`].
    pub fn locate() -> Result<Self, PathsError> {
        match env::var_os(HOME_VARIABLE).filter(|home| !home.is_empty()) {
            Some(home) => Ok(Self::at(PathBuf::from(home))),
            None => ProjectDirs::from("", "", "Plimsoll").map(|dirs| Self::at(dirs.data_local_dir())).ok_or(PathsError::NoHome),
        }
    }

    /// In this folder.
    #[must_use]
    pub fn at(data: impl Into<PathBuf>) -> Self {
        Self { data: data.into() }
    }

    /// Everything of this laptop.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The store's folder.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.data.join("store")
    }

    /// Makes the folder, readable by its owner only.
    ///
    /// # Errors
    /// When it cannot be made or belongs to somebody else.
    pub fn create(&self) -> Result<(), PathsError> {
        let failed = |source| PathsError::Io { path: self.data.clone(), source };
        fs::create_dir_all(&self.data).map_err(failed)?;
        keep_private(&self.data).map_err(failed)
    }
}

#[cfg(unix)]
fn keep_private(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let permissions = fs::metadata(path)?.permissions();
    if permissions.mode() & 0o077 == 0 {
        return Ok(());
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
}

/// The profile of a Windows user is private already.
#[cfg(not(unix))]
fn keep_private(_path: &Path) -> std::io::Result<()> {
    Ok(())
}

impl From<PathsError> for Problem {
    fn from(error: PathsError) -> Self {
        Self::new(
            Code::LocalFile,
            "There is no folder for this laptop's data",
            error.to_string(),
            format!("Set {HOME_VARIABLE} to a folder that you may write to."),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Paths;

    #[cfg(unix)]
    #[test]
    fn the_folder_is_private_even_if_it_was_not() {
        use std::os::unix::fs::PermissionsExt;
        let outer = tempfile::tempdir().unwrap();
        let paths = Paths::at(outer.path().join("a/b"));
        std::fs::create_dir_all(paths.data()).unwrap();
        std::fs::set_permissions(paths.data(), std::fs::Permissions::from_mode(0o755)).unwrap();
        paths.create().unwrap();
        assert_eq!(std::fs::metadata(paths.data()).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
