//! Machines that are no servers yet: entries of the ssh configuration, and the key a machine shows before it is trusted.
//!
//! Owns: those acts. Must never know: ssh details.

use serde::Serialize;

use super::{Session, Token, servers};
use crate::{
    domain::server::Destination,
    host::{self, HostError, HostKey},
    problem::Problem,
};

pub use crate::host::ConfigEntry;

/// The key that a machine shows, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Scanned {
    /// The name under which the key is pinned.
    pub host: String,
    /// The port.
    pub port: u16,
    /// `ssh-ed25519`, …
    pub algorithm: String,
    /// `SHA256:…`, as OpenSSH prints it.
    pub fingerprint: String,
    /// It is the one pinned on this laptop.
    pub known: bool,
    /// The keys pinned for it on this laptop, as `ssh-ed25519 SHA256:…`.
    pub pinned: Vec<String>,
    /// Adding a server with this token trusts exactly this key.
    pub token: Token,
}

/// The entries of the ssh configuration, with all that it includes, that name one machine. Nothing is run.
///
/// # Errors
/// When a file of it cannot be read.
pub async fn configured(session: &Session) -> Result<Vec<ConfigEntry>, Problem> {
    Ok(host::config_entries(session.ssh_config.as_deref()).await?)
}

/// The key that a destination shows, before anything is sent to it.
///
/// # Errors
/// When the destination is not valid or does not answer.
pub async fn scan(session: &Session, destination: &str) -> Result<Scanned, Problem> {
    let parsed = servers::destination(destination)?;
    let offered = scan_key(session, &parsed, destination).await?;
    let token = session.keys.mint(offered.clone());
    let HostKey { host, port, key } = offered;
    let pins = session.store.pins().of(&host, port).await?;
    let (known, pinned) = (pins.contains(&key), pins.iter().map(ToString::to_string).collect());
    Ok(Scanned { known, host, port, algorithm: key.algorithm, fingerprint: key.fingerprint, pinned, token })
}

/// The key that a machine shows, after every command the ssh configuration would run was consented to.
pub(super) async fn scan_key(session: &Session, destination: &Destination, name: &str) -> Result<HostKey, Problem> {
    loop {
        match host::scan_key(destination, name, &session.connect_options().await?).await {
            Err(HostError::ConsentNeeded { command, digest }) => session.consent(command, &digest).await?,
            result => return Ok(result?),
        }
    }
}
