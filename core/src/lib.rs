//! Plimsoll's core: everything the product knows. No Tauri, no terminal, no UI words.

pub mod domain;
pub mod host;
pub mod problem;
