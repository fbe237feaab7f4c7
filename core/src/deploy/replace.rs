//! Files of an environment that several laptops may change at once.
//!
//! Owns: replacing one only while it still is what was seen. Must never know: what the files say.

use crate::{
    domain::{environment::Folders, secret::Secret},
    host::{Command, Host, HostError},
};

const SCRIPT: &str = include_str!("replace.sh");
/// What the script says when the file is another by now.
const CHANGED: i32 = 10;

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced {
    /// The new content is in its place.
    Done,
    /// Somebody else was faster; nothing was changed.
    Changed,
}

/// Replaces a file among those that never move, for the login alone to read. `seen` is what it was; `None` means that there
/// was none.
///
/// # Errors
/// When the host does not do as asked.
pub async fn replace(
    host: &dyn Host,
    folders: &Folders,
    name: &str,
    seen: Option<&Secret>,
    new: &Secret,
) -> Result<Replaced, HostError> {
    let (fixed, id) = (folders.fixed(), uuid::Uuid::now_v7().to_string());
    if let Some(seen) = seen {
        host.put(&format!("{fixed}/{name}.{id}.seen"), seen.reveal().as_bytes(), 0o600).await?;
    }
    host.put(&format!("{fixed}/{name}.{id}.new"), new.reveal().as_bytes(), 0o600).await?;
    let output = host.run(Command::new(["sh", "-s", "--", &fixed, name, &id]).stdin(SCRIPT)).await?;
    match output.status {
        0 => Ok(Replaced::Done),
        CHANGED => Ok(Replaced::Changed),
        _ => {
            let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            Err(HostError::Failed { what: format!("replace {fixed}/{name}"), reason })
        }
    }
}
