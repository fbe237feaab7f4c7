//! Registries: adding, listing, forgetting.
//!
//! Owns: those acts. Must never know: registry protocols.

use super::{Session, projects::unfinished};
use crate::{
    domain::{
        name::Name,
        registry::{Registry, RegistryKind},
        secret::Secret,
    },
    problem::Problem,
};

/// Adds a registry after logging in to it once. A given password goes to the keychain; without a keychain it is
/// kept for this process only and the answer says so.
///
/// # Errors
/// When the name is taken, the registry does not answer or refuses the login.
pub async fn add(session: &Session, name: &str, kind: RegistryKind, password: Option<Secret>) -> Result<Added, Problem> {
    let _ = (session, name, kind, password);
    Err(unfinished())
}

/// A registry that was added.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Added {
    /// The registry.
    pub registry: Registry,
    /// The password could not be kept: where to give it next time.
    pub note: Option<String>,
}

/// All registries by name.
///
/// # Errors
/// When the store cannot be read.
pub async fn list(session: &Session) -> Result<Vec<Registry>, Problem> {
    let _ = session;
    Err(unfinished())
}

/// Forgets a registry and its password; nothing in the registry changes. Asks first.
///
/// # Errors
/// When there is no such registry or the answer was no.
pub async fn remove(session: &Session, name: &str) -> Result<Name, Problem> {
    let _ = (session, name);
    Err(unfinished())
}
