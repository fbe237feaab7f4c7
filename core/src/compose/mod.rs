//! Reading a Compose file without an engine, and writing the files that a release derives from it.
//!
//! Owns: what a project's Compose files say (services, builds, ports, mounts, variables), what is wrong with them, the bake
//! file for the builder, the override for the server, and the server's rendered answer.
//! Must never know: git, hosts, registries, how anything is carried out.

pub mod attached;
pub mod bake;
mod build_section;
mod called;
mod check;
pub mod dotenv;
pub mod errors;
mod field;
mod files;
mod finding;
pub mod haproxy;
mod interpolate;
mod keys;
mod load;
mod merge;
mod model;
mod mounts;
pub(crate) mod node;
mod notes;
mod number;
mod order;
pub mod overlay;
mod paths;
mod ports;
mod probes;
mod problem;
mod read;
mod rebase;
mod reference;
pub mod rendered;
mod role;
mod service;
mod shape;
pub mod switched;
pub mod switching;
pub(crate) mod template;
mod yaml;

pub use check::check;
pub use files::{FileMap, Folder, ProjectFiles};
pub use finding::{Finding, FindingCode, Place, Severity};
pub use model::*;
pub use order::{Cycle, order};
pub(crate) use paths::in_repository;
pub use probes::probes;
pub use problem::{errors_of, problem_of};
pub use read::read;
pub use role::{is_worker, may_end, one_shot, stateful};

/// Any YAML with one document, as a tree.
///
/// # Errors
/// What keeps it from being understood.
pub(crate) fn parsed(text: &str) -> Result<node::Node, String> {
    let mut notes = notes::Notes::default();
    let mut documents = yaml::parse(text, "", &mut notes).map_err(|finding| finding.text)?;
    if documents.len() == 1 { Ok(documents.remove(0)) } else { Err(format!("it has {} documents", documents.len())) }
}
