//! Who works on an open deployment on this laptop.
//!
//! Owns: one locked file for each deployment in flight; the system releases it when its program ends, however it ends.
//! Must never know: what is done.

use std::{
    fs::{self, File, TryLockError},
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    domain::id::DeploymentId,
    paths::Paths,
    problem::{Code, Problem},
};

/// Setting variables takes a second or two on a slow network.
const PATIENCE: Duration = Duration::from_secs(30);

/// A deployment that this program works on, until this is dropped. The claim stays until the deployment is [`Flight::over`].
pub(super) struct Flight {
    path: PathBuf,
    was_ours: bool,
    _file: File,
}

impl Flight {
    /// Whether a program with this very folder, and not with one that it was copied from, had claimed it before and has
    /// ended.
    pub(super) fn was_ours(&self) -> bool {
        self.was_ours
    }

    /// Nothing of it is left to do for us.
    pub(super) fn over(self) {
        // Whoever opened it meanwhile finds a deployment that has ended.
        let _ = fs::remove_file(&self.path);
    }
}

/// Claims a deployment; `None` when another program works on it.
pub(super) fn own(paths: &Paths, id: DeploymentId) -> Result<Option<Flight>, Problem> {
    let folder = paths.data().join("flights");
    let path = folder.join(id.to_string());
    let failed = |error: std::io::Error| {
        Problem::new(
            Code::LocalFile,
            format!("{} cannot be used", path.display()),
            error.to_string(),
            "Check that this folder can be written.",
        )
    };
    fs::create_dir_all(&folder).map_err(failed)?;
    let file = open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {
            let us = identity(paths).map_err(failed)?;
            let was_ours = fs::read_to_string(&path).map_err(failed)? == us;
            if !was_ours {
                file.set_len(0).and_then(|()| (&file).write_all(us.as_bytes())).map_err(failed)?;
            }
            Ok(Some(Flight { path, was_ours, _file: file }))
        }
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// Tells a folder from a copy of it, on this machine or on another one.
fn identity(paths: &Paths) -> std::io::Result<String> {
    let path = paths.data().canonicalize()?;
    let machine = sysinfo::System::host_name().unwrap_or_default();
    Ok(format!("{machine}\n{}\n{}\n", path.display(), file_number(&path)?))
}

#[cfg(unix)]
fn file_number(path: &Path) -> std::io::Result<String> {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(path).map(|folder| format!("{}:{}", folder.dev(), folder.ino()))
}

/// Elsewhere the path must do.
#[cfg(not(unix))]
fn file_number(_path: &Path) -> std::io::Result<String> {
    Ok(String::new())
}

/// A file that only its owner may read, also where the folder above it was opened to others.
fn open(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.create(true).read(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Whether a program of this laptop, this one included, works on a deployment.
pub(super) fn is_claimed(paths: &Paths, id: DeploymentId) -> bool {
    let claim = File::open(paths.data().join("flights").join(id.to_string()));
    claim.is_ok_and(|claim| matches!(claim.try_lock(), Err(TryLockError::WouldBlock)))
}

/// The deployments that are claimed, by programs of this laptop that live or by such that have ended.
pub(super) fn claims(paths: &Paths) -> Vec<DeploymentId> {
    let Ok(claims) = fs::read_dir(paths.data().join("flights")) else { return Vec::new() };
    claims.flatten().filter_map(|claim| claim.file_name().to_str()?.parse().ok()).collect()
}

/// Waits until no other program of this laptop does the same kind of thing; until the answer is dropped, none begins to.
pub(super) async fn alone(paths: &Paths, what: &str) -> Result<File, Problem> {
    let path = paths.data().join(format!("{what}.lock"));
    let shown = path.display().to_string();
    let locked = tokio::task::spawn_blocking(move || {
        let file = open(&path)?;
        file.lock().map(|()| file)
    });
    let failed = |reason: String| Problem::new(Code::LocalFile, format!("{shown} cannot be locked"), reason, "Try again.");
    match tokio::time::timeout(PATIENCE, locked).await {
        Ok(Ok(Ok(file))) => Ok(file),
        Ok(Ok(Err(error))) => Err(failed(error.to_string())),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(_) => Err(failed(format!("another program holds it for more than {} s", PATIENCE.as_secs()))),
    }
}

#[cfg(test)]
mod tests {
    use super::{claims, is_claimed, own};
    use crate::{domain::id::DeploymentId, paths::Paths};

    #[test]
    fn a_claim_of_the_dead_is_ours_and_one_that_was_copied_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (home, copy) = (Paths::at(folder.path().join("home")), Paths::at(folder.path().join("copy")));
        let id = DeploymentId::new();
        let claim = home.data().join("flights").join(id.to_string());
        assert!(!is_claimed(&home, id));
        let first = own(&home, id).unwrap().expect("nobody has it");
        assert!(!first.was_ours() && is_claimed(&home, id));
        // Killed: the claim stays and the system takes its lock away.
        std::fs::copy(&claim, folder.path().join("kept")).unwrap();
        drop(first);
        for (paths, ours) in [(&home, true), (&copy, false)] {
            let flights = paths.data().join("flights");
            std::fs::create_dir_all(&flights).unwrap();
            std::fs::copy(folder.path().join("kept"), flights.join(id.to_string())).unwrap();
            assert_eq!(own(paths, id).unwrap().expect("nobody has it").was_ours(), ours);
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn its_files_are_for_their_owner_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let lock = super::alone(&Paths::at(folder.path()), "variables").await.unwrap();
        assert_eq!(lock.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_claim_stays_until_nothing_is_left_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let (paths, id) = (Paths::at(folder.path()), DeploymentId::new());
        drop(own(&paths, id).unwrap().expect("nobody has it"));
        assert_eq!(claims(&paths), [id], "it failed, or the server goes on alone");
        let again = own(&paths, id).unwrap().expect("nobody has it");
        assert!(again.was_ours() && own(&paths, id).unwrap().is_none());
        again.over();
        assert!(claims(&paths).is_empty());
    }
}
