//! Who works on an open deployment on this laptop.
//!
//! Owns: one locked file for each deployment in flight; the system releases it when its program ends, however it ends.
//! Must never know: what is done.

use std::{
    fs::{self, File, TryLockError},
    path::PathBuf,
    time::Duration,
};

use crate::{
    domain::id::DeploymentId,
    paths::Paths,
    problem::{Code, Problem},
};

/// Setting variables takes a second or two on a slow network.
const PATIENCE: Duration = Duration::from_secs(30);

/// A deployment that this program works on, until this is dropped.
pub(super) struct Flight {
    path: PathBuf,
    _file: File,
}

impl Drop for Flight {
    fn drop(&mut self) {
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
    let file = File::options().create(true).append(true).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Flight { path, _file: file })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// Removes the claims of programs that were killed.
pub(super) fn sweep(paths: &Paths) {
    let Ok(claims) = fs::read_dir(paths.data().join("flights")) else { return };
    for id in claims.flatten().filter_map(|claim| claim.file_name().to_str()?.parse().ok()) {
        // One that can be had is nobody's, and goes when it is dropped; one that cannot is asked for again another time.
        drop(own(paths, id));
    }
}

/// Waits until no other program of this laptop does the same kind of thing; until the answer is dropped, none begins to.
pub(super) async fn alone(paths: &Paths, what: &str) -> Result<File, Problem> {
    let path = paths.data().join(format!("{what}.lock"));
    let shown = path.display().to_string();
    let locked = tokio::task::spawn_blocking(move || {
        let file = File::options().create(true).append(true).open(path)?;
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
    use super::{own, sweep};
    use crate::{domain::id::DeploymentId, paths::Paths};

    #[test]
    fn only_claims_of_the_dead_are_swept() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::at(folder.path());
        let (held, dead) = (DeploymentId::new(), DeploymentId::new());
        let ours = own(&paths, held).unwrap().expect("nobody has it");
        let flights = paths.data().join("flights");
        std::fs::write(flights.join(dead.to_string()), "").unwrap();
        sweep(&paths);
        let left: Vec<_> = std::fs::read_dir(&flights).unwrap().flatten().map(|f| f.file_name()).collect();
        assert_eq!(left, [std::ffi::OsString::from(held.to_string())]);
        drop(ours);
    }
}
