//! BuildKit's machine-readable progress (`--progress=rawjson`) as steps and lines.
//!
//! Owns: understanding it. Pure: bytes in, events out. Must never know: where the bytes come from, who listens.

mod frames;
mod name;
mod status;
mod tracker;

pub(super) use tracker::{Event, Tracker};
