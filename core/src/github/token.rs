//! Tokens: a fixed one, or one in the keychain that is renewed in time.
//!
//! Owns: where a token is kept, in which form, and that only one program renews it. Must never know: how one is granted.

use std::{fs::OpenOptions, path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    Token, Tokens,
    device::Login,
    error::{GithubError, Result},
};
use crate::{
    domain::secret::Secret,
    secrets::{SecretKey, Secrets, SecretsError},
};

/// So long before its end a token is renewed.
const EARLY: jiff::SignedDuration = jiff::SignedDuration::from_mins(5);
/// How long another program may take to renew it.
const PATIENCE: Duration = Duration::from_secs(60);

/// What GitHub granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The token.
    pub access: Secret,
    /// When it ends, where it does.
    pub expires: Option<Timestamp>,
    /// What the next one is asked for with.
    pub renewal: Option<Renewal>,
}

/// What a new token is asked for with. GitHub takes it once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewal {
    /// The refresh token.
    pub token: Secret,
    /// The app that it was granted to.
    pub client_id: String,
}

impl Grant {
    /// A token that a person made.
    #[must_use]
    pub fn of(access: Secret) -> Self {
        Self { access, expires: None, renewal: None }
    }

    fn token(&self) -> Token {
        token(self.access.clone())
    }

    fn is_ending(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires.duration_since(now) < EARLY)
    }
}

/// One token that nobody renews.
pub struct FixedToken(pub Secret);

#[async_trait]
impl Tokens for FixedToken {
    async fn token(&self) -> Result<Token> {
        Ok(token(self.0.clone()))
    }

    async fn refused(&self, _: &Token) -> Result<Option<Token>> {
        Ok(None)
    }
}

/// Where the grant is kept: in the keychain, or, without one, in this process.
#[derive(Clone)]
pub struct Vault {
    /// The keychain.
    pub keychain: Arc<dyn Secrets>,
    /// What stands in for it.
    pub memory: Arc<dyn Secrets>,
    /// Under which name.
    pub key: SecretKey,
}

/// As it lies in the keychain; written to nowhere else.
#[derive(Serialize, Deserialize)]
struct Entry {
    access: String,
    expires: Option<Timestamp>,
    refresh: Option<String>,
    client_id: Option<String>,
}

impl Vault {
    /// What is kept.
    ///
    /// # Errors
    /// When the keychain is there and cannot be read.
    pub async fn load(&self) -> Result<Option<Grant>> {
        if let Ok(Some(kept)) = self.memory.get(&self.key).await {
            return parsed(&kept).map(Some);
        }
        match self.keychain.get(&self.key).await {
            Ok(kept) => kept.as_ref().map(parsed).transpose(),
            Err(SecretsError::Unavailable) => Ok(None),
            Err(error) => Err(GithubError::Keychain(error)),
        }
    }

    /// Keeps it in place of the one before; says why where it is this process only that keeps it.
    pub async fn keep(&self, grant: &Grant) -> Option<SecretsError> {
        let text = Secret::new(written(grant));
        match self.keychain.set(&self.key, &text).await {
            Ok(()) => {
                let _ = self.memory.delete(&self.key).await;
                None
            }
            Err(error) => {
                let _ = self.memory.set(&self.key, &text).await;
                Some(error)
            }
        }
    }

    /// Forgets it; says whether there was one.
    ///
    /// # Errors
    /// When the keychain is there and does not let it go.
    pub async fn forget(&self) -> Result<bool> {
        let known = self.load().await?.is_some();
        let _ = self.memory.delete(&self.key).await;
        match self.keychain.delete(&self.key).await {
            Ok(()) | Err(SecretsError::Unavailable) => Ok(known),
            Err(error) => Err(GithubError::Keychain(error)),
        }
    }
}

/// The token that is kept, another one in time.
pub struct KeptToken {
    /// Where.
    pub vault: Vault,
    /// Who renews it.
    pub login: Login,
    /// Locked while one program of this laptop renews: what a token is renewed with works once.
    pub lock: PathBuf,
}

#[async_trait]
impl Tokens for KeptToken {
    async fn token(&self) -> Result<Token> {
        let grant = self.vault.load().await?.ok_or(GithubError::NotConnected)?;
        match &grant.renewal {
            Some(_) if grant.is_ending(Timestamp::now()) => Ok(self.renewed(&grant).await?.token()),
            _ => Ok(grant.token()),
        }
    }

    async fn refused(&self, refused: &Token) -> Result<Option<Token>> {
        let Some(grant) = self.vault.load().await? else { return Ok(None) };
        if grant.access != refused.secret {
            return Ok(Some(grant.token()));
        }
        match &grant.renewal {
            Some(_) => Ok(Some(self.renewed(&grant).await?.token())),
            None => Ok(None),
        }
    }
}

impl KeptToken {
    /// Another grant than this one: what another program got meanwhile, or a new one.
    async fn renewed(&self, old: &Grant) -> Result<Grant> {
        let _alone = self.alone().await?;
        let now = self.vault.load().await?.ok_or(GithubError::NotConnected)?;
        if now.access != old.access {
            return Ok(now);
        }
        let Some(renewal) = &now.renewal else { return Ok(now) };
        let grant = self.login.renew(renewal).await?;
        self.vault.keep(&grant).await;
        Ok(grant)
    }

    async fn alone(&self) -> Result<std::fs::File> {
        let path = self.lock.clone();
        let locked = tokio::task::spawn_blocking(move || {
            let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
            file.lock().map(|()| file)
        });
        match tokio::time::timeout(PATIENCE, locked).await {
            Ok(Ok(Ok(file))) => Ok(file),
            Ok(Ok(Err(error))) => Err(GithubError::NotAlone(error.to_string())),
            Ok(Err(error)) => Err(GithubError::NotAlone(error.to_string())),
            Err(_) => Err(GithubError::NotAlone(format!("another program holds it for more than {} s", PATIENCE.as_secs()))),
        }
    }
}

fn token(secret: Secret) -> Token {
    let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(Sha256::digest(secret.reveal()));
    Token { generation: u64::from_be_bytes([a, b, c, d, e, f, g, h]), secret }
}

fn parsed(kept: &Secret) -> Result<Grant> {
    // The error's text could hold a piece of it.
    let broken = |_| GithubError::Keychain(SecretsError::Failed("the entry for GitHub is not one of ours".to_owned()));
    let entry: Entry = serde_json::from_str(kept.reveal()).map_err(broken)?;
    let renewal = entry.refresh.zip(entry.client_id).map(|(token, client_id)| Renewal { token: Secret::new(token), client_id });
    Ok(Grant { access: Secret::new(entry.access), expires: entry.expires, renewal })
}

fn written(grant: &Grant) -> String {
    let entry = Entry {
        access: grant.access.reveal().to_owned(),
        expires: grant.expires,
        refresh: grant.renewal.as_ref().map(|renewal| renewal.token.reveal().to_owned()),
        client_id: grant.renewal.as_ref().map(|renewal| renewal.client_id.clone()),
    };
    serde_json::to_string(&entry).unwrap_or_default()
}

#[cfg(test)]
mod tests;
