//! The JSON of BuildKit's `SolveStatus`, as far as it is used. A vertex is one step of one build graph.

use jiff::Timestamp;
use serde::Deserialize;

/// What changed since the last one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SolveStatus {
    pub(super) vertexes: Vec<Vertex>,
    pub(super) logs: Vec<Log>,
}

/// A step as it is now.
#[derive(Debug, Deserialize)]
pub(super) struct Vertex {
    pub(super) digest: String,
    #[serde(default)]
    pub(super) name: String,
    pub(super) started: Option<Timestamp>,
    pub(super) completed: Option<Timestamp>,
    #[serde(default)]
    pub(super) cached: bool,
    #[serde(default)]
    pub(super) error: String,
}

/// What a step printed, in base64: any part of a line, or many lines.
#[derive(Debug, Deserialize)]
pub(super) struct Log {
    pub(super) vertex: String,
    #[serde(default)]
    pub(super) data: String,
    /// 1 or 2.
    #[serde(default)]
    pub(super) stream: u32,
}
