//! A project as this laptop knows it.
//!
//! Owns: the link between a name and a folder. Must never know: what is inside the folder.

use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{id::ProjectId, name::Name};

/// A git repository with a Compose file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Project {
    /// Its id on this laptop.
    pub id: ProjectId,
    /// What the user calls it.
    pub name: Name,
    /// The folder that holds the Compose file: the repository's root or a folder inside it.
    pub path: PathBuf,
    /// When it was added.
    pub added: Timestamp,
}
