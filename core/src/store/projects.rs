//! The table of projects.
//!
//! Owns: its statements. Must never know: what a project is used for.

use super::named::{Named, Table};
use crate::domain::{id::ProjectId, name::Name, project::Project};

/// The projects this laptop knows.
pub type Projects = Table<Project>;

impl Named for Project {
    type Id = ProjectId;
    const WHAT: &'static str = "project";
    const INSERT: &'static str = "INSERT INTO projects (id, name, body) VALUES (?, ?, ?)";
    const LIST: &'static str = "SELECT body FROM projects ORDER BY name";
    const FIND: &'static str = "SELECT body FROM projects WHERE name = ?";
    const GET: &'static str = "SELECT body FROM projects WHERE id = ?";
    const UPDATE: &'static str = "UPDATE projects SET name = ?, body = ? WHERE id = ?";
    const DELETE: &'static str = "DELETE FROM projects WHERE id = ?";

    fn id(&self) -> ProjectId {
        self.id
    }

    fn name(&self) -> &Name {
        &self.name
    }

    fn set_name(&mut self, name: Name) {
        self.name = name;
    }
}
