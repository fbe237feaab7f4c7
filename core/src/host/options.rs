//! What a connection needs to know from outside: pinned keys, consents, passphrases.
//!
//! Owns: the traits through which other rooms answer. Must never know: where pins are stored, how a user is asked.

use std::{fmt, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::domain::secret::Secret;

/// What [`super::connect`] needs besides the destination.
#[derive(Clone)]
pub struct ConnectOptions {
    /// The host keys that were accepted before.
    pub pins: Arc<dyn Pins>,
    /// Digests of the ssh-config commands that may run (from [`super::HostError::ConsentNeeded`]).
    pub consent: Vec<String>,
    /// Who knows passphrases.
    pub passphrase: Arc<dyn AskPassphrase>,
    /// The ssh configuration; `None` means the user's and the machine's usual ones.
    pub ssh_config: Option<PathBuf>,
    /// OpenSSH's list of known hosts, accepted where host, type and key agree.
    pub known_hosts: PathBuf,
}

/// The host keys that the user has accepted.
#[async_trait]
pub trait Pins: Send + Sync {
    /// The keys pinned for a host; empty on first contact.
    ///
    /// # Errors
    /// When they cannot be read; the connection is then refused.
    async fn pinned(&self, host: &str, port: u16) -> Result<Vec<PinnedKey>, String>;

    /// Pins this key in place of all others of that host.
    ///
    /// # Errors
    /// When it cannot be stored.
    async fn pin(&self, host: &str, port: u16, key: &PinnedKey) -> Result<(), String>;
}

/// A host key, by its type and fingerprint. Prints as `ssh-ed25519 SHA256:…`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PinnedKey {
    /// `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`, …
    pub algorithm: String,
    /// `SHA256:` and the base64 of the digest, as OpenSSH prints it.
    pub fingerprint: String,
}

impl fmt::Display for PinnedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.algorithm, self.fingerprint)
    }
}

/// An entry of the ssh configuration that names one machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ConfigEntry {
    /// What follows `Host`.
    pub alias: String,
    /// Its `HostName`, where the entry itself gives one.
    pub host_name: Option<String>,
    /// Its `User`, where the entry itself gives one.
    pub user: Option<String>,
    /// Its `Port`, where the entry itself gives one.
    pub port: Option<u16>,
}

/// The key that a host shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostKey {
    /// The name under which it is pinned.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The key.
    pub key: PinnedKey,
}

/// Asks whoever is there for the passphrase of a private key.
#[async_trait]
pub trait AskPassphrase: Send + Sync {
    /// The passphrase of the key at `path`; `attempt` counts from 1. `None` if nobody can say.
    async fn passphrase(&self, path: &str, attempt: u32) -> Option<Secret>;
}

/// Nobody is there to be asked.
pub struct NeverAsk;

#[async_trait]
impl AskPassphrase for NeverAsk {
    async fn passphrase(&self, _path: &str, _attempt: u32) -> Option<Secret> {
        None
    }
}
