//! `plimsoll.toml`: the part of a project's setup that travels with the repository.
//!
//! Owns: the file's syntax, its errors with lines, and changes that keep the user's comments and order.
//! Must never know: what a setting is used for.
//!
//! ```toml
//! compose = ["compose.yml"]        # optional; the standard names otherwise
//! profiles = ["worker"]            # optional
//! registry = "lab"                 # a name from `plimsoll registry list`
//!
//! [builder]
//! kind = "build-vm"                # build-vm | github-actions | local
//! server = "vm"                    # build-vm only: a name from `plimsoll server list`
//!
//! [environments.production]
//! server = "web-1"
//! stack = "shop"                   # the Compose project name on the server
//! url = "https://example.com"
//! expect = "{release}"             # text that the answer of `url` contains
//! soak = "60s"
//! keep = 5
//!
//! [services.api]
//! probe = { http = "/health", port = 8080, expect = "{release}" }
//!                                  # or { tcp = 8080 }, { docker = true }, { command = ["…"] }
//! deadline = "60s"
//! strategy = "recreate"            # recreate | blue-green
//! drain = "30s"                    # how long connections to the old one may go on after the swap
//! overlap = true                   # workers: old and new may run together
//!
//! [release]
//! service = "api"
//! command = ["python", "migrate.py"]
//!
//! [switch]
//! image = "registry.example.com/haproxy:2.8"   # optional; HAProxy's own otherwise
//! ```

mod duration;
mod edit;
mod error;
mod parse;
mod section;
mod template;
#[cfg(test)]
mod tests;

use std::path::Path;

pub use edit::{Change, edit};
pub use error::{Position, SettingsError};
pub use parse::parse;
pub use template::template;

use crate::domain::settings::Settings;

/// The file's name in the project's folder.
pub const FILE: &str = "plimsoll.toml";

/// Reads a settings file; `None` if there is none. Blocks.
///
/// # Errors
/// When it cannot be read or says something that is not allowed.
pub fn load(path: &Path) -> Result<Option<Settings>, SettingsError> {
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&text).map(Some),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(SettingsError::File { path: path.to_owned(), source }),
    }
}

/// Makes changes in a settings file, or makes the file. It is replaced by rename, so nobody sees half of it. Blocks.
///
/// # Errors
/// When it cannot be read or written, or what it would say is not allowed.
pub fn save(path: &Path, changes: &[Change]) -> Result<(), SettingsError> {
    let failed = |source| SettingsError::File { path: path.to_owned(), source };
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(failed(e)),
    };
    let changed = edit(&text, changes)?;
    replace(path, &changed).map_err(failed)
}

/// Writes a file of the user's work tree, whole or not at all.
pub(crate) fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = new_file(path.parent().unwrap_or(Path::new(".")), path)?;
    std::io::Write::write_all(&mut file, text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

/// A file to be renamed to `path`: with its permissions, else with those of any new file.
fn new_file(folder: &Path, path: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let file = builder.tempfile_in(folder)?;
    if let Ok(old) = std::fs::metadata(path) {
        file.as_file().set_permissions(old.permissions())?;
    }
    Ok(file)
}
