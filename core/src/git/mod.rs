//! Git repositories, read through the user's own `git` program.
//!
//! Owns: what a repository holds at a commit, snapshots of uncommitted work, and packs to send.
//! Must never know: where a pack goes, Compose, Docker. Never fetches, and never runs a program that a repository's
//! configuration names (hooks, filters, monitors, pagers, credential helpers).

mod command;
mod commits;
mod error;
mod files;
mod lfs;
mod objects;
mod pack;
mod repo;
mod snapshot;
mod state;
mod submodule;
mod tree;

pub use error::GitError;
pub use files::{CommitFiles, WorkTreeFiles, within};
pub use lfs::LfsFile;
pub use pack::Pack;
pub use repo::Repo;
pub use state::{Head, Operation, State};
pub use submodule::Submodule;
pub use tree::{Entry, EntryKind};

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;
