//! The script itself.
//!
//! Owns: its text and its name on the server. Must never know: orders or journals.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::domain::environment::Folders;

/// The parts in the order in which they are put together.
const PARTS: [&str; 1] = [include_str!("script/head.sh")];

/// The whole script.
pub(super) fn text() -> String {
    PARTS.concat()
}

/// Where the script lives: its name is its content, so a new version never disturbs a running one.
pub(super) fn path(folders: &Folders, text: &str) -> String {
    let hex = Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    format!("{}/runner-{hex}.sh", folders.bin())
}
