//! The desktop shell: one window, a tray, notifications, and thin commands over `plimsoll_core::api`.
//!
//! Owns: what only a desktop program does. Must never know: how anything is deployed.

mod again;
mod app;
mod batch;
pub mod bindings;
mod clicks;
mod clipboard;
mod commands;
#[cfg(target_os = "linux")]
mod daemon;
mod drawing;
mod ends;
mod feed;
mod flights;
mod goto;
mod light;
#[cfg(target_os = "macos")]
mod menu;
mod notice;
mod opener;
mod origin;
#[cfg(target_os = "linux")]
mod pages;
mod path;
mod questions;
mod quit;
mod repos;
mod state;
mod streams;
#[cfg(test)]
mod testing;
mod tray;
mod updates;
mod watch;
mod window;
mod words;

pub use app::run;
