//! What this laptop remembers: SQLite, and the only room that uses it.
//!
//! Owns: two files in one folder. `state.db` (servers, projects, history: small, precious, backed up) and
//! `logs.db` (output of deployments: large, replaceable). Must never know: networks, machines, secrets.
//!
//! Several processes may use one folder at once. A newer program's files are refused untouched; damaged ones are kept
//! aside and replaced by the last good backup; on a full disk a reserve is given up so that ends are still recorded.

mod backup;
mod ballast;
pub mod changes;
pub mod consents;
mod database;
pub mod deployments;
pub mod durations;
pub mod environments;
mod error;
pub mod events;
mod handle;
mod header;
pub mod logs;
mod migrate;
mod named;
mod open;
pub mod pins;
mod preferences;
mod projects;
mod registries;
pub mod releases;
mod repair;
mod row;
mod servers;
mod stamp;
#[cfg(test)]
pub(crate) mod testing;

pub use error::StoreError;
pub use handle::Store;
pub use named::{Named, Table};
pub use preferences::PreferencesRow;
pub use projects::Projects;
pub use registries::Registries;
pub use repair::Recovery;
pub use servers::Servers;

#[cfg(test)]
mod tests;
