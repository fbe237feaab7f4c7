//! The app's window against bare ones of the same webview, and its long lists against short ones.
//!
//! Owns: which programs are measured, and in which order. Must never know: how the app draws.

mod data;
mod lists;
mod scripts;
mod windows;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Measured, Outcome};

const STARTS: usize = 5;
const RUNS: usize = 3;
const PATIENCE: Duration = Duration::from_secs(60);
const TITLE: &str = "Plimsoll";
const PROGRAM: &str = "plimsoll-desktop";

/// Measures it. `programs` is the folder with the app and `examples/bare`, compiled alike.
///
/// # Errors
/// When a window does not come, the page does not answer, or what was measured is not what it shall be.
pub async fn measure(programs: &Path) -> Outcome<Vec<Measured>> {
    let bench = Bench { app: programs.join(PROGRAM), bare: programs.join("examples/bare") };
    let mut measured = bench.windows().await?;
    measured.extend(bench.logs().await?);
    measured.extend(bench.histories().await?);
    Ok(measured)
}

struct Bench {
    app: PathBuf,
    bare: PathBuf,
}

/// Fails with these words when something is not so: a number that was not measured must not look like a good one.
fn require(fact: bool, what: impl FnOnce() -> String) -> Outcome<()> {
    if fact { Ok(()) } else { Err(format!("not so: {}", what()).into()) }
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
