//! Passwords: where they are kept and where they are looked for.
//!
//! Owns: the keychain, the memory that stands in for it, Docker's own stores, the keyed hash. Must never know: what a
//! password opens, and any file of ours: none ever holds one.

mod docker;
mod error;
mod fingerprint;
mod keychain;
mod lookup;
mod memory;

use async_trait::async_trait;

pub use docker::{DockerLogin, DockerLogins};
pub use error::SecretsError;
pub use fingerprint::{FingerprintKey, fingerprint};
pub use keychain::{Keychain, KeychainState};
pub use lookup::{Found, Lookup, Origin, variable};
pub use memory::MemorySecrets;

use crate::domain::secret::Secret;

/// Somewhere secrets are kept.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// The secret, if it is known.
    ///
    /// # Errors
    /// [`SecretsError::Unavailable`] and [`SecretsError::Locked`].
    async fn get(&self, key: &SecretKey) -> Result<Option<Secret>, SecretsError>;

    /// Keeps a secret in place of the one before.
    ///
    /// # Errors
    /// As for [`Secrets::get`].
    async fn set(&self, key: &SecretKey, secret: &Secret) -> Result<(), SecretsError>;

    /// Forgets a secret; one that is not known is no error.
    ///
    /// # Errors
    /// As for [`Secrets::get`].
    async fn delete(&self, key: &SecretKey) -> Result<(), SecretsError>;
}

/// What a secret belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SecretKey {
    /// What kind of thing.
    pub kind: SecretKind,
    /// Which one: a registry's id, the path of a private key.
    pub id: String,
}

/// Kinds of secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretKind {
    /// The password of a registry.
    RegistryPassword,
    /// The passphrase of a private key.
    KeyPassphrase,
    /// The token of GitHub, and what renews it.
    GithubToken,
}

impl SecretKey {
    /// The password of this registry.
    #[must_use]
    pub fn registry(id: crate::domain::id::RegistryId) -> Self {
        Self { kind: SecretKind::RegistryPassword, id: id.to_string() }
    }

    /// The token of GitHub at this host.
    #[must_use]
    pub fn github(host: &str) -> Self {
        Self { kind: SecretKind::GithubToken, id: host.to_owned() }
    }

    /// As the keychain shows it to people.
    fn label(&self) -> String {
        let kind = match self.kind {
            SecretKind::RegistryPassword => "registry",
            SecretKind::KeyPassphrase => "ssh-key",
            SecretKind::GithubToken => "github",
        };
        format!("{kind}/{}", self.id)
    }
}
