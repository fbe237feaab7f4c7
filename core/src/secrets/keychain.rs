//! The operating system's keychain: Keychain on macOS, Credential Manager on Windows, the Secret Service elsewhere.
//!
//! Owns: telling absent from locked from failing, and never waiting for ever. Must never know: what secrets are for.

use std::{fmt, thread, time::Duration};

use async_trait::async_trait;
use keyring::{Entry, Error};
use serde::Serialize;
use tokio::{sync::oneshot, time::timeout};

use super::{SecretKey, Secrets, SecretsError};
use crate::domain::secret::Secret;

/// The name under which people find our entries.
const SERVICE: &str = "Plimsoll";
/// How long somebody may take to unlock it.
const PATIENCE: Duration = Duration::from_secs(60);

/// The keychain of this user.
#[derive(Debug, Clone, Copy, Default)]
pub struct Keychain;

/// Whether the keychain can be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum KeychainState {
    /// It answers.
    Open,
    /// It is there and does not open.
    Locked {
        /// What it said.
        reason: String,
    },
    /// There is none, or it fails.
    Absent {
        /// What was said.
        reason: String,
    },
}

impl fmt::Display for KeychainState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.write_str("open"),
            Self::Locked { reason } => write!(f, "locked ({reason})"),
            Self::Absent { reason } => write!(f, "absent ({reason})"),
        }
    }
}

impl Keychain {
    /// Whether it can be used, found out by asking it for something that it does not have.
    pub async fn state(&self) -> KeychainState {
        let probe = SecretKey { kind: super::SecretKind::RegistryPassword, id: "probe".to_owned() };
        let look = |entry: Entry| optional(entry.get_password()).map(|_| is_locked());
        match with_entry(&probe, look).await {
            Ok(true) => KeychainState::Locked { reason: "its default keyring is not open".to_owned() },
            Ok(false) => KeychainState::Open,
            Err(SecretsError::Locked(reason)) => KeychainState::Locked { reason },
            Err(error) => KeychainState::Absent { reason: error.to_string() },
        }
    }
}

#[async_trait]
impl Secrets for Keychain {
    async fn get(&self, key: &SecretKey) -> Result<Option<Secret>, SecretsError> {
        let found = with_entry(key, |entry| optional(entry.get_password())).await?;
        Ok(found.map(Secret::new))
    }

    async fn set(&self, key: &SecretKey, secret: &Secret) -> Result<(), SecretsError> {
        let secret = secret.clone();
        with_entry(key, move |entry| optional(entry.set_password(secret.reveal()))).await.map(drop)
    }

    async fn delete(&self, key: &SecretKey) -> Result<(), SecretsError> {
        with_entry(key, |entry| optional(entry.delete_credential())).await.map(drop)
    }
}

/// Runs on a thread of its own: the call blocks while a dialog is open, and such a thread must not keep the
/// runtime from ending.
async fn with_entry<T: Send + 'static>(
    key: &SecretKey,
    act: impl FnOnce(Entry) -> Result<T, SecretsError> + Send + 'static,
) -> Result<T, SecretsError> {
    let (answer, answered) = oneshot::channel();
    let user = key.label();
    let work = move || {
        let _ = answer.send(open(&user).and_then(act));
    };
    thread::Builder::new().name("keychain".to_owned()).spawn(work).map_err(|e| SecretsError::Failed(e.to_string()))?;
    match timeout(PATIENCE, answered).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(SecretsError::Failed("it gave up".to_owned())),
        Err(_) => Err(SecretsError::Locked(format!("no answer within {} s", PATIENCE.as_secs()))),
    }
}

fn open(user: &str) -> Result<Entry, SecretsError> {
    if Entry::store_status().is_err() {
        return Err(SecretsError::Unavailable);
    }
    Entry::new(SERVICE, user).map_err(|e| failure(&e))
}

/// Whether what is kept would go to a keyring that is locked: asked for an entry, such a one says no more than that it has none.
#[cfg(target_os = "linux")]
fn is_locked() -> bool {
    use secret_service::{EncryptionType, blocking::SecretService};
    let locked = |service: SecretService<'_>| service.get_default_collection().and_then(|keyring| keyring.is_locked());
    // Where there is none yet, one is made with the first password.
    SecretService::connect(EncryptionType::Plain).and_then(locked).unwrap_or(false)
}

/// Elsewhere it opens with its user's session.
#[cfg(not(target_os = "linux"))]
fn is_locked() -> bool {
    false
}

fn optional<T>(result: keyring::Result<T>) -> Result<Option<T>, SecretsError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(failure(&error)),
    }
}

/// Some variants carry the secret itself; their texts are not shown.
fn failure(error: &Error) -> SecretsError {
    match error {
        Error::NoStorageAccess(e) => SecretsError::Locked(e.to_string()),
        Error::NoDefaultStore => SecretsError::Unavailable,
        Error::BadEncoding(_) | Error::BadDataFormat(..) => SecretsError::Failed("the entry is not text".to_owned()),
        Error::Ambiguous(_) => SecretsError::Failed("it holds two entries of that name".to_owned()),
        other => SecretsError::Failed(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use keyring::Error;

    use super::{SecretsError, failure, optional};

    #[test]
    fn each_answer_has_its_type() {
        assert_eq!(optional::<()>(Err(Error::NoEntry)), Ok(None));
        assert!(matches!(failure(&Error::NoStorageAccess("closed".into())), SecretsError::Locked(_)));
        assert!(matches!(failure(&Error::NoDefaultStore), SecretsError::Unavailable));
        assert!(matches!(failure(&Error::PlatformFailure("gone".into())), SecretsError::Failed(_)));
    }

    #[test]
    fn an_entry_that_is_no_text_is_not_shown() {
        assert!(!failure(&Error::BadEncoding(b"canary".to_vec())).to_string().contains("canary"));
    }
}
