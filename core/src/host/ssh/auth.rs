//! Logging in: agent keys, then key files, in OpenSSH's order.
//!
//! Owns: which keys are tried and when a passphrase is asked for. Must never know: host keys, channels.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use russh::{
    client::{AuthResult, Handle},
    keys::{
        Algorithm, HashAlg, PrivateKey, PrivateKeyWithHashAlg, PublicKey,
        agent::{AgentIdentity, client::AgentClient, client::AgentStream},
    },
};
use tokio::sync::Mutex;

use super::{hostkey::Checker, route::Hop};
use crate::host::{AskPassphrase, HostError};

/// How long a server may think about one key.
const ANSWER: Duration = Duration::from_secs(20);
/// How long an agent may take; it may be waiting for a touch or a click.
const AGENT: Duration = Duration::from_secs(60);
const ATTEMPTS: u32 = 3;

/// Private keys that were unlocked once, so that the next connection does not ask again.
pub(super) struct Keyring {
    asker: Arc<dyn AskPassphrase>,
    unlocked: Mutex<HashMap<PathBuf, Arc<PrivateKey>>>,
}

impl Keyring {
    pub(super) fn new(asker: Arc<dyn AskPassphrase>) -> Self {
        Self { asker, unlocked: Mutex::default() }
    }

    /// The decrypted key; `None` if nobody knows the passphrase. One question at a time.
    async fn unlock(&self, path: &Path, text: &str) -> Option<Arc<PrivateKey>> {
        let mut unlocked = self.unlocked.lock().await;
        if let Some(key) = unlocked.get(path) {
            return Some(key.clone());
        }
        for attempt in 1..=ATTEMPTS {
            let passphrase = self.asker.passphrase(&path.display().to_string(), attempt).await?;
            let text = text.to_owned();
            // Deriving the key from the passphrase is slow on purpose.
            let decode = move || russh::keys::decode_secret_key(&text, Some(passphrase.reveal())).ok();
            if let Some(key) = tokio::task::spawn_blocking(decode).await.ok().flatten() {
                let key = Arc::new(key);
                unlocked.insert(path.to_owned(), key.clone());
                return Some(key);
            }
        }
        None
    }
}

/// Logs in, or says what was tried.
pub(super) async fn login(handle: &mut Handle<Checker>, hop: &Hop, keyring: &Keyring) -> Result<(), HostError> {
    let mut login = Login { handle, hop, keyring, tried: Vec::new(), locked: None };
    match login.all().await {
        Ok(true) => Ok(()),
        Ok(false) => Err(login.refused(None)),
        Err(reason) => Err(login.refused(Some(reason))),
    }
}

struct Login<'a> {
    handle: &'a mut Handle<Checker>,
    hop: &'a Hop,
    keyring: &'a Keyring,
    tried: Vec<String>,
    locked: Option<PathBuf>,
}

/// Whether a key opened the door; an error ends the login.
type Tried = Result<bool, String>;

impl Login<'_> {
    async fn all(&mut self) -> Tried {
        let files = read_all(&self.hop.identities).await;
        let mut agent_keys = Vec::new();
        if let Some(path) = self.hop.agent.clone() {
            match tokio::time::timeout(ANSWER, open_agent(&path)).await {
                Ok(Ok((mut agent, keys))) => {
                    if self.agent(&mut agent, &keys, &files).await? {
                        return Ok(true);
                    }
                    agent_keys = keys;
                }
                Ok(Err(reason)) => self.tried.push(format!("agent ({reason})")),
                Err(_) => self.tried.push("agent (it does not answer)".into()),
            }
        }
        for file in files {
            let in_agent = file.public.as_ref().is_some_and(|p| agent_keys.iter().any(|k| same(k, p)));
            if !in_agent && self.file(file).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The agent's keys, those of configured files first.
    async fn agent(&mut self, agent: &mut Agent, keys: &[PublicKey], files: &[KeyFile]) -> Tried {
        let configured = |key: &&PublicKey| files.iter().any(|f| f.public.as_ref().is_some_and(|p| same(p, key)));
        let (mut order, others): (Vec<_>, Vec<_>) = keys.iter().partition(configured);
        if !self.hop.identities_only {
            order.extend(others);
        }
        for key in order {
            self.tried.push(format!("agent key {}", key.fingerprint(HashAlg::Sha256)));
            let hash = self.hash(key.algorithm()).await;
            let signing = self.handle.authenticate_publickey_with(&self.hop.user, key.clone(), hash, agent);
            match tokio::time::timeout(AGENT, signing).await {
                Ok(Ok(result)) => {
                    if opened(&result)? {
                        return Ok(true);
                    }
                }
                // An agent that declines one key may sign with the next.
                Ok(Err(_)) => {}
                Err(_) => return Err("the agent does not answer".into()),
            }
        }
        Ok(false)
    }

    async fn file(&mut self, file: KeyFile) -> Tried {
        let name = file.path.display().to_string();
        match file.key {
            Content::Plain(key) => {
                self.tried.push(name);
                self.key(key).await
            }
            Content::Locked(text) => {
                if let Some(public) = &file.public
                    && !self.would_open(public).await?
                {
                    self.tried.push(name);
                    return Ok(false);
                }
                let Some(key) = self.keyring.unlock(&file.path, &text).await else {
                    self.locked.get_or_insert(file.path);
                    return Ok(false);
                };
                self.tried.push(name);
                self.key(key).await
            }
            Content::Unreadable(reason) => {
                self.tried.push(format!("{name} ({reason})"));
                Ok(false)
            }
        }
    }

    async fn key(&mut self, key: Arc<PrivateKey>) -> Tried {
        let hash = self.hash(key.algorithm()).await;
        let key = PrivateKeyWithHashAlg::new(key, hash);
        let answer = tokio::time::timeout(ANSWER, self.handle.authenticate_publickey(&self.hop.user, key));
        let result = answer.await.map_err(|_| "the server does not answer".to_owned())?;
        opened(&result.map_err(|e| e.to_string())?)
    }

    /// Asks the server whether it would take this key, without the private half: nobody is asked for a passphrase
    /// that would be of no use.
    async fn would_open(&mut self, public: &PublicKey) -> Tried {
        let hash = self.hash(public.algorithm()).await;
        let mut probe = Probe;
        let asking = self.handle.authenticate_publickey_with(&self.hop.user, public.clone(), hash, &mut probe);
        match tokio::time::timeout(ANSWER, asking).await {
            Ok(Err(Probed::Wanted)) => Ok(true),
            Ok(Err(Probed::Lost)) => Err("the server ended the connection".into()),
            Ok(Ok(result)) => opened(&result),
            Err(_) => Err("the server does not answer".into()),
        }
    }

    /// RSA keys need to be told which hash the server takes; SHA-1 is not offered.
    async fn hash(&self, algorithm: Algorithm) -> Option<HashAlg> {
        if !algorithm.is_rsa() {
            return None;
        }
        let best = self.handle.best_supported_rsa_hash().await.ok().flatten().flatten();
        Some(best.unwrap_or(HashAlg::Sha256))
    }

    fn refused(&mut self, reason: Option<String>) -> HostError {
        if let (Some(path), None) = (self.locked.take(), &reason) {
            return HostError::KeyLocked { path: path.display().to_string() };
        }
        self.tried.extend(reason);
        let tried = if self.tried.is_empty() { "no key at hand".into() } else { self.tried.join(", ") };
        HostError::AuthRefused { host: self.hop.host.clone(), user: self.hop.user.clone(), tried }
    }
}

fn opened(result: &AuthResult) -> Tried {
    match result {
        AuthResult::Success => Ok(true),
        AuthResult::Failure { partial_success: true, .. } => Err("the server wants a second proof besides the key".into()),
        AuthResult::Failure { remaining_methods, .. } if remaining_methods.is_empty() => {
            Err("the server ended the connection".into())
        }
        AuthResult::Failure { .. } => Ok(false),
    }
}

fn same(a: &PublicKey, b: &PublicKey) -> bool {
    a.key_data() == b.key_data()
}

/// Signs nothing: reaching it means that the server wants the signature.
struct Probe;

enum Probed {
    Wanted,
    Lost,
}

impl From<russh::SendError> for Probed {
    fn from(_: russh::SendError) -> Self {
        Self::Lost
    }
}

impl russh::Signer for Probe {
    type Error = Probed;

    async fn auth_sign(&mut self, _: &AgentIdentity, _: Option<HashAlg>, _: Vec<u8>) -> Result<Vec<u8>, Probed> {
        Err(Probed::Wanted)
    }
}

/// A private key's file.
struct KeyFile {
    path: PathBuf,
    public: Option<PublicKey>,
    key: Content,
}

enum Content {
    Plain(Arc<PrivateKey>),
    /// The file's text, still encrypted.
    Locked(String),
    Unreadable(String),
}

async fn read_all(paths: &[PathBuf]) -> Vec<KeyFile> {
    let paths = paths.to_vec();
    let read = move || paths.into_iter().filter_map(read_key).collect();
    tokio::task::spawn_blocking(read).await.unwrap_or_default()
}

/// `None` if there is neither a key nor its public half.
fn read_key(path: PathBuf) -> Option<KeyFile> {
    let mut beside = path.clone().into_os_string();
    beside.push(".pub");
    let public = russh::keys::load_public_key(&beside).ok();
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            // The private half may be in the agent alone.
            return public.map(|p| KeyFile { path, public: Some(p), key: Content::Unreadable("no such file".into()) });
        }
        Err(e) => return Some(KeyFile { path, public, key: Content::Unreadable(e.to_string()) }),
    };
    // `IdentityFile key.pub` names a key of the agent by its public half.
    if let Ok(key) = russh::keys::load_public_key(&path) {
        return Some(KeyFile { path, public: Some(key), key: Content::Unreadable("a public key, not in the agent".into()) });
    }
    let inside = PrivateKey::from_openssh(&text).ok().map(|k| k.public_key().clone());
    let key = match russh::keys::decode_secret_key(&text, None) {
        Ok(key) => Content::Plain(Arc::new(key)),
        Err(russh::keys::Error::KeyIsEncrypted) => Content::Locked(text),
        Err(_) if text.contains("ENCRYPTED") => Content::Locked(text),
        Err(e) => Content::Unreadable(e.to_string()),
    };
    Some(KeyFile { path, public: inside.or(public), key })
}

type Agent = AgentClient<Box<dyn AgentStream + Send + Unpin>>;

async fn open_agent(path: &Path) -> Result<(Agent, Vec<PublicKey>), String> {
    #[cfg(unix)]
    let agent = AgentClient::connect_uds(path).await;
    #[cfg(windows)]
    let agent = AgentClient::connect_named_pipe(path).await;
    let mut agent = agent.map_err(|e| e.to_string())?.dynamic();
    let identities = agent.request_identities().await.map_err(|e| e.to_string())?;
    let plain = identities.into_iter().filter_map(|identity| match identity {
        AgentIdentity::PublicKey { key, .. } => Some(key),
        AgentIdentity::Certificate { .. } => None,
    });
    Ok((agent, plain.collect()))
}
