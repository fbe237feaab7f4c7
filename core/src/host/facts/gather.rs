//! Asks a machine for its facts with one script.

use crate::{
    domain::server::ServerFacts,
    host::{Host, HostError},
};

/// Asks a machine for its facts. What it cannot say is `None`.
///
/// # Errors
/// When the machine cannot be asked.
pub async fn gather(host: &dyn Host) -> Result<ServerFacts, HostError> {
    Err(HostError::Failed { what: format!("ask {} for its facts", host.name()), reason: "not built yet".into() })
}
