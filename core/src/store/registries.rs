//! The table of registries.
//!
//! Owns: its statements. Must never know: what a registry is used for.

use super::named::{Named, Table};
use crate::domain::{id::RegistryId, name::Name, registry::Registry};

/// The registries this laptop knows.
pub type Registries = Table<Registry>;

impl Named for Registry {
    type Id = RegistryId;
    const WHAT: &'static str = "registry";
    const INSERT: &'static str = "INSERT INTO registries (id, name, body) VALUES (?, ?, ?)";
    const LIST: &'static str = "SELECT body FROM registries ORDER BY name";
    const FIND: &'static str = "SELECT body FROM registries WHERE name = ?";
    const GET: &'static str = "SELECT body FROM registries WHERE id = ?";
    const UPDATE: &'static str = "UPDATE registries SET name = ?, body = ? WHERE id = ?";
    const DELETE: &'static str = "DELETE FROM registries WHERE id = ?";

    fn id(&self) -> RegistryId {
        self.id
    }

    fn name(&self) -> &Name {
        &self.name
    }

    fn set_name(&mut self, name: Name) {
        self.name = name;
    }
}
