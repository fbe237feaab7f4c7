//! What can go wrong with secrets. None of the texts holds one.
//!
//! Owns: the room's error and its way out as a Problem. Must never know: any secret.

use crate::problem::{Code, Problem};

/// Why a secret cannot be had or kept. Messages are fragments fit for "failed to …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretsError {
    /// This machine has no keychain, or none for this session. What its libraries say of that names buses and sockets, and
    /// nobody can act on it.
    #[error("there is no keychain in this session: {}", absent())]
    Unavailable,
    /// There is one, and it does not open.
    #[error("the keychain is locked: {0}")]
    Locked(String),
    /// It opened and failed.
    #[error("the keychain fails: {0}")]
    Failed(String),
    /// Docker's configuration or one of its credential helpers cannot be used.
    #[error("{0}")]
    Docker(String),
    /// The operating system gives no random bytes.
    #[error("there is no randomness: {0}")]
    NoRandomness(String),
    /// Nobody knows the password.
    #[error("no password is known for the registry `{registry}`; looked at {looked_at}")]
    Missing {
        /// The registry's name.
        registry: String,
        /// The variable that would hold it.
        variable: String,
        /// Every place that was asked, with what came of it.
        looked_at: String,
    },
}

/// Why, on the platforms that there are.
fn absent() -> &'static str {
    if cfg!(any(target_os = "macos", target_os = "windows")) {
        "the system gives this program none"
    } else {
        "no Secret Service (GNOME Keyring, KWallet) answers, as on most machines without a desktop"
    }
}

impl From<SecretsError> for Problem {
    fn from(error: SecretsError) -> Self {
        let detail = error.to_string();
        let (code, title, hint) = match error {
            SecretsError::Unavailable => (
                Code::KeychainUnavailable,
                "There is no keychain to keep a password in".to_owned(),
                "Give the password with `--password-stdin`, an environment variable or `docker login`: it stays in memory for \
                 this run."
                    .to_owned(),
            ),
            SecretsError::Locked(_) | SecretsError::Failed(_) => (
                Code::KeychainUnavailable,
                "The keychain cannot be used".to_owned(),
                "Unlock it, or give the password when asked: it is then kept in memory only.".to_owned(),
            ),
            SecretsError::Docker(_) => (
                Code::CredentialsMissing,
                "Docker's stored login cannot be used".to_owned(),
                "Log in again with `docker login`, or give the password to Plimsoll.".to_owned(),
            ),
            SecretsError::NoRandomness(_) => (
                Code::Internal,
                "This laptop gives no random bytes".to_owned(),
                "Run it again; if it stays, report it with this text.".to_owned(),
            ),
            SecretsError::Missing { registry, variable, .. } => (
                Code::CredentialsMissing,
                format!("No password is known for the registry `{registry}`"),
                format!("Set {variable}, log in with `docker login`, or add the registry again with its password."),
            ),
        };
        Self::new(code, title, detail, hint)
    }
}

#[cfg(test)]
mod tests {
    use super::SecretsError;
    use crate::problem::{Code, Problem};

    #[test]
    fn no_keychain_says_why_and_what_to_do() {
        let problem = Problem::from(SecretsError::Unavailable);
        assert_eq!(problem.code, Code::KeychainUnavailable);
        assert!(problem.detail.contains("no keychain in this session"), "{problem}");
        for way in ["--password-stdin", "environment variable", "memory"] {
            assert!(problem.hint.contains(way), "{}", problem.hint);
        }
    }
}
