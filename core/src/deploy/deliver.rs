//! Bringing a release's files to the server.
//!
//! Owns: the tar and the script that takes it. Must never know: what decided which files.

use std::time::Duration;

use tar::{Builder, EntryType, Header};

use super::{
    halt::Halt,
    luggage::{Item, Luggage},
};
use crate::{
    domain::environment::Folders,
    git::EntryKind,
    host::{Command, Host, HostError, Output},
    problem::{Code, Problem},
};

const SCRIPT: &str = include_str!("receive.sh");
/// The tar has standard input for itself, so the script comes after it.
const UNPACK: &str = "umask 077; rm -rf -- \"$1\" && mkdir -p -- \"$1\" && exec tar -xpf - -C \"$1\"";
const DEADLINE: Duration = Duration::from_secs(300);

/// Delivers into `work/<name>/` and `files/`. Doing it again replaces the work folder.
///
/// # Errors
/// [`Code::FileMissing`] for every file that exists neither in git nor on the server; a full disk.
pub(super) async fn deliver(host: &dyn Host, folders: &Folders, name: &str, luggage: &Luggage) -> Result<(), Halt> {
    let tar = tar_of(luggage).map_err(|error| pack_failed(&error))?;
    let part = format!("{}.part", folders.work(name));
    let unpack = Command::new(["sh", "-c", UNPACK, "unpack", &part]).stdin(tar).bulk().deadline(DEADLINE);
    succeeded(host.run(unpack).await?)?;
    let place = Command::new(["sh", "-s", "--", folders.root(), name]).stdin(SCRIPT);
    let output = succeeded(host.run(place).await?)?;
    let text = output.text();
    let missing: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("missing ")).collect();
    if missing.is_empty() { Ok(()) } else { Err(files_missing(folders, luggage, &missing).into()) }
}

fn succeeded(output: Output) -> Result<Output, HostError> {
    if output.success() {
        return Ok(output);
    }
    let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(HostError::Failed { what: "take the release's files".into(), reason })
}

/// Removes the work folder.
pub(super) async fn clear(host: &dyn Host, folders: &Folders, name: &str) -> Result<(), HostError> {
    host.run(Command::new(["rm", "-rf", "--", &folders.work(name)])).await?;
    Ok(())
}

fn tar_of(luggage: &Luggage) -> std::io::Result<Vec<u8>> {
    let mut tar = Builder::new(Vec::new());
    for (path, content) in &luggage.source {
        file(&mut tar, &format!("work/source/{path}"), 0o600, content)?;
    }
    let lists = [
        ("copy", luggage.copied.iter().collect::<Vec<_>>()),
        ("folders", luggage.folders.iter().collect()),
        ("needed", luggage.needed.keys().collect()),
    ];
    for (name, paths) in lists {
        let text: String = paths.into_iter().map(|path| format!("{path}\n")).collect();
        file(&mut tar, &format!("work/{name}"), 0o600, text.as_bytes())?;
    }
    for (hash, items) in &luggage.trees {
        for item in items {
            entry(&mut tar, &format!("files/{hash}/{}", item.path), item)?;
        }
    }
    tar.into_inner()
}

fn entry(tar: &mut Builder<Vec<u8>>, path: &str, item: &Item) -> std::io::Result<()> {
    match item.kind {
        EntryKind::Symlink => {
            let mut header = Header::new_gnu();
            header.set_entry_type(EntryType::Symlink);
            header.set_size(0);
            tar.append_link(&mut header, path, String::from_utf8_lossy(&item.content).as_ref())
        }
        EntryKind::Executable => file(tar, path, 0o755, &item.content),
        EntryKind::File | EntryKind::Submodule => file(tar, path, 0o644, &item.content),
    }
}

fn file(tar: &mut Builder<Vec<u8>>, path: &str, mode: u32, content: &[u8]) -> std::io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(mode);
    tar.append_data(&mut header, path, content)
}

fn pack_failed(error: &std::io::Error) -> Problem {
    Problem::new(
        Code::Internal,
        "The release's files cannot be packed",
        error.to_string(),
        "Shorten the path that the detail names, or report this.",
    )
}

fn files_missing(folders: &Folders, luggage: &Luggage, missing: &[&str]) -> Problem {
    let named = |path: &&str| {
        let place = luggage.needed.get(*path).map(String::as_str).unwrap_or_default();
        format!("{path} (named at {place})")
    };
    Problem::new(
        Code::FileMissing,
        "A file that the release needs exists neither in git nor on the server",
        missing.iter().map(named).collect::<Vec<_>>().join("\n"),
        format!("Commit it, or copy it to the server below {}/.", folders.fixed()),
    )
}
