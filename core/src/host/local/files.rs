//! Files of this machine, written whole or not at all.

use std::{
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use crate::host::HostError;

pub(super) async fn put(host: &str, path: &str, content: Vec<u8>, mode: u32) -> Result<(), HostError> {
    let (target, host, path) = (PathBuf::from(path), host.to_owned(), path.to_owned());
    blocking(&format!("write {path}"), move || {
        write(&target, &content, mode).map_err(|e| match e.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => HostError::NoSpace { host, path },
            _ => HostError::Failed { what: format!("write {path}"), reason: e.to_string() },
        })
    })
    .await
}

pub(super) async fn get(path: &str, cap: u64) -> Result<Option<Vec<u8>>, HostError> {
    let path = path.to_owned();
    blocking(&format!("read {path}"), move || match read(Path::new(&path), cap) {
        Ok(content) if content.len() as u64 > cap => Err(HostError::Refused(format!("{path} is larger than {cap} bytes"))),
        Ok(content) => Ok(Some(content)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(HostError::Failed { what: format!("read {path}"), reason: e.to_string() }),
    })
    .await
}

fn read(path: &Path, cap: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    std::fs::File::open(path)?.take(cap + 1).read_to_end(&mut content)?;
    Ok(content)
}

fn write(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    private_folders(parent)?;
    let mut file = tempfile::Builder::new().prefix(".plimsoll-").tempfile_in(parent)?;
    file.write_all(content)?;
    set_mode(file.as_file(), mode)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    sync_folder(parent)
}

#[cfg(unix)]
fn private_folders(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(unix)]
fn set_mode(file: &std::fs::File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(mode))
}

/// The rename itself must survive a power cut.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    std::fs::File::open(path)?.sync_all()
}

#[cfg(not(unix))]
fn private_folders(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)
}

#[cfg(not(unix))]
fn set_mode(_file: &std::fs::File, _mode: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}

async fn blocking<T: Send + 'static>(
    what: &str,
    work: impl FnOnce() -> Result<T, HostError> + Send + 'static,
) -> Result<T, HostError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|e| Err(HostError::Failed { what: what.to_owned(), reason: e.to_string() }))
}
