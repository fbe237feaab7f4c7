//! The deployment lock of an environment, on its server.
//!
//! Owns: who may deploy, and when a lock counts as left behind. Must never know: what a deployment does.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Host, HostError};
use crate::domain::environment::Folders;

/// Who wants or holds the lock. Each text is one line of at most 500 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockOwner {
    /// The lock's id, unique for every holding: the deployment's id.
    pub id: String,
    /// `user@laptop`.
    pub who: String,
    /// What is being done: "deploy of shop to production".
    pub what: String,
    /// Since when, by the holder's clock.
    pub since: Timestamp,
    /// The step it is at.
    pub step: String,
}

/// A lock as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockState {
    /// Who holds it.
    pub owner: LockOwner,
    /// How long ago its holder was heard of, by the server's clock.
    pub silent_for: Duration,
    /// Whether a runner works in this environment right now.
    pub runner: bool,
}

impl LockState {
    /// Whether it was left behind: its holder is silent for more than 30 s and no runner works.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.silent_for > Duration::from_secs(30) && !self.runner
    }
}

/// The answer to a request for the lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acquire {
    /// It is ours now.
    Acquired,
    /// Somebody else has it.
    Held(LockState),
}

/// The answer to a holder's sign of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// The lock is still ours.
    Kept,
    /// It was taken over or released; stop.
    Lost,
}

/// Takes the lock, or says who has it. Asking again with the same id while holding it is answered `Acquired`.
///
/// # Errors
/// When the server cannot be asked or its folder cannot be written.
pub async fn acquire(_host: &dyn Host, folders: &Folders, _owner: &LockOwner) -> Result<Acquire, HostError> {
    unfinished(folders)
}

/// Tells the server that the holder lives; to be called every 10 s or so.
///
/// # Errors
/// When the server cannot be asked.
pub async fn heartbeat(_host: &dyn Host, folders: &Folders, _id: &str) -> Result<Hold, HostError> {
    unfinished(folders)
}

/// Notes the step the holder is at; also a sign of life.
///
/// # Errors
/// When the server cannot be asked.
pub async fn set_step(_host: &dyn Host, folders: &Folders, _id: &str, _step: &str) -> Result<Hold, HostError> {
    unfinished(folders)
}

/// Gives the lock back. `Lost` if it was no longer ours.
///
/// # Errors
/// When the server cannot be asked.
pub async fn release(_host: &dyn Host, folders: &Folders, _id: &str) -> Result<Hold, HostError> {
    unfinished(folders)
}

/// Who holds the lock, if anybody.
///
/// # Errors
/// When the server cannot be asked.
pub async fn read(_host: &dyn Host, folders: &Folders) -> Result<Option<LockState>, HostError> {
    unfinished(folders)
}

/// Takes a lock that was left behind: only if it is still the one with `stale_id`, and still stale.
/// Of many who try, one wins.
///
/// # Errors
/// When the server cannot be asked.
pub async fn take_over(_host: &dyn Host, folders: &Folders, _stale_id: &str, _owner: &LockOwner) -> Result<Acquire, HostError> {
    unfinished(folders)
}

fn unfinished<T>(folders: &Folders) -> Result<T, HostError> {
    Err(HostError::Failed { what: format!("lock {}", folders.lock()), reason: "not built yet".into() })
}
