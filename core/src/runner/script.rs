//! The script itself.
//!
//! Owns: its text and its name on the server. Must never know: orders or journals.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::domain::environment::Folders;

/// The parts in the order in which they are put together.
const PARTS: [&str; 10] = [
    include_str!("script/00-head.sh"),
    include_str!("script/10-journal.sh"),
    include_str!("script/20-alone.sh"),
    include_str!("script/30-engine.sh"),
    include_str!("script/40-probe.sh"),
    include_str!("script/50-hook.sh"),
    include_str!("script/60-swap.sh"),
    include_str!("script/70-commit.sh"),
    include_str!("script/80-undo.sh"),
    include_str!("script/90-main.sh"),
];

/// The whole script.
#[cfg(not(feature = "failpoints"))]
pub(super) fn text() -> String {
    PARTS.concat()
}

/// The whole script, with places where a test can kill or hold it (`failpoint` in the deployment's folder says which).
#[cfg(feature = "failpoints")]
pub(super) fn text() -> String {
    PARTS.concat().replacen("failpoint() { :; }\n", include_str!("script/failpoint.sh"), 1)
}

/// Where the script lives: its name is its content, so a new version never disturbs a running one.
pub(super) fn path(folders: &Folders, text: &str) -> String {
    let hex = Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    format!("{}/runner-{hex}.sh", folders.bin())
}
