//! What a machine lacks, and the command that brings it there.

use super::Role;
use crate::domain::server::{Requirement, ServerFacts};

/// What a machine lacks for its role; empty if nothing.
#[must_use]
pub fn requirements(_facts: &ServerFacts, _role: Role) -> Vec<Requirement> {
    Vec::new()
}
