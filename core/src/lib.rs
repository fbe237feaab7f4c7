//! Plimsoll's core: everything the product knows. No Tauri, no terminal, no UI words.

pub mod api;
pub mod docker;
pub mod domain;
pub mod host;
pub mod plan;
pub mod problem;
