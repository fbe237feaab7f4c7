//! The jobs of a workflow.
//!
//! Owns: their steps, one file for each job. Must never know: marks.

pub(super) mod build;
pub(super) mod gate;

/// The usual runner.
const RUNNER: &str = "ubuntu-24.04";
