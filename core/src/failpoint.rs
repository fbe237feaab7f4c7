//! Places where tests kill or hold this program.
//!
//! Owns: dying or waiting there. Must never know: what happens at a place. Nothing of it is in what is shipped.

use std::fmt::Arguments;

/// Dies here, as by a power cut, when `PLIMSOLL_FAILPOINT` names this place. With `PLIMSOLL_FAILPOINT_HOLD` it makes the file
/// of that name instead and waits until it is gone; what else the program does goes on.
#[cfg(feature = "failpoints")]
pub(crate) fn reach(place: Arguments<'_>) {
    use std::{path::Path, process::Command};
    if !std::env::var("PLIMSOLL_FAILPOINT").is_ok_and(|wanted| wanted == place.to_string()) {
        return;
    }
    if let Some(held) = std::env::var_os("PLIMSOLL_FAILPOINT_HOLD") {
        tokio::task::block_in_place(|| hold(Path::new(&held)));
    } else {
        let _ = Command::new("kill").args(["-KILL", &std::process::id().to_string()]).status();
    }
}

#[cfg(feature = "failpoints")]
fn hold(held: &std::path::Path) {
    let _ = std::fs::write(held, "");
    while held.exists() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

/// Nothing.
#[cfg(not(feature = "failpoints"))]
pub(crate) fn reach(_: Arguments<'_>) {}
