//! Places where tests kill this program.
//!
//! Owns: dying there. Must never know: what happens at a place. Nothing of it is in what is shipped.

use std::fmt::Arguments;

/// Dies here, as by a power cut, when `PLIMSOLL_FAILPOINT` names this place.
#[cfg(feature = "failpoints")]
pub(crate) fn reach(place: Arguments<'_>) {
    use std::process::Command;
    if std::env::var("PLIMSOLL_FAILPOINT").is_ok_and(|wanted| wanted == place.to_string()) {
        let _ = Command::new("kill").args(["-KILL", &std::process::id().to_string()]).status();
    }
}

/// Nothing.
#[cfg(not(feature = "failpoints"))]
pub(crate) fn reach(_: Arguments<'_>) {}
