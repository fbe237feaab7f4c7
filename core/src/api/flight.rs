//! Who works on an open deployment on this laptop.
//!
//! Owns: one locked file for each deployment in flight; the system releases it when its program ends, however it ends.
//! Must never know: what is done.

use std::fs::{self, File, TryLockError};

use crate::{
    domain::id::DeploymentId,
    paths::Paths,
    problem::{Code, Problem},
};

/// A deployment that this program works on, until this is dropped.
pub(super) struct Flight {
    _file: File,
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
        Ok(()) => Ok(Some(Flight { _file: file })),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}
