//! Talking to GitHub.
//!
//! Owns: one client for its API, how fast it may be asked, its answers and its refusals. Must never know: projects,
//! deployments, or what a run is for.

mod conditional;
mod device;
mod error;
mod logs;
mod pace;
mod problem;
mod repo;
mod request;
mod runs;
#[cfg(test)]
mod testing;
mod token;
mod types;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use reqwest::{Client, Url, redirect::Policy};
use tokio::{sync::Mutex as Turn, time::Instant};

pub use conditional::{Fresh, Mark, MemoryValidators, Validators};
pub use device::{DeviceCode, Login};
pub use error::{GithubError, Permission, Result};
pub use logs::{JobLog, LogEnd};
pub use pace::Class;
pub use repo::RepositoryName;
pub use request::Read;
pub use runs::{Cancelled, Dispatch, Dispatched, WorkflowRef, jobs, run, runs};
pub use token::{FixedToken, Grant, KeptToken, Renewal, Vault};
pub use types::{
    Account, Attempt, Conclusion, Job, JobId, Jobs, Repository, RepositoryId, Run, RunId, RunStatus, Runs, Step, Word,
};

use crate::{domain::secret::Secret, tls};
use pace::Pace;

/// The version of the API that this room is written for.
const VERSION: &str = "2026-03-10";
/// How long one request may take, its answer included.
const DEADLINE: Duration = Duration::from_secs(30);

/// What a request is allowed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The token itself.
    pub secret: Secret,
    /// Another number for every token: with another token GitHub gives other validators.
    pub generation: u64,
}

/// Where tokens come from.
#[async_trait]
pub trait Tokens: Send + Sync {
    /// The token of now.
    ///
    /// # Errors
    /// [`GithubError::NotConnected`], or when it cannot be read.
    async fn token(&self) -> Result<Token>;

    /// Another one in place of a token that GitHub refused; `None` when there is no other.
    ///
    /// # Errors
    /// When another one might be had and GitHub does not answer.
    async fn refused(&self, token: &Token) -> Result<Option<Token>>;
}

/// GitHub's API for one account.
pub struct GitHub {
    http: Client,
    api: Url,
    tokens: Arc<dyn Tokens>,
    validators: Arc<dyn Validators>,
    pace: Mutex<Pace>,
    began: Instant,
    /// What nobody waits for goes one after another, as GitHub asks for.
    background: Turn<()>,
    /// So does what a person waits for, which never waits for the former.
    acts: Turn<()>,
}

impl GitHub {
    /// A client of the API at this address. Asks nobody yet.
    ///
    /// # Errors
    /// When this machine cannot make one.
    pub fn new(api: Url, tokens: Arc<dyn Tokens>, validators: Arc<dyn Validators>) -> Result<Self> {
        Ok(Self {
            http: client()?,
            api,
            tokens,
            validators,
            pace: Mutex::default(),
            began: Instant::now(),
            background: Turn::new(()),
            acts: Turn::new(()),
        })
    }

    /// How many requests are left in this hour, as GitHub said last.
    #[must_use]
    pub fn remaining(&self) -> Option<u64> {
        self.pace().remaining()
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Follows nothing and repeats nothing by itself: where a token goes, and how often, is decided in this room.
fn client() -> Result<Client> {
    tls::install();
    Client::builder()
        .user_agent(concat!("plimsoll/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .connect_timeout(Duration::from_secs(10))
        .read_timeout(DEADLINE)
        .build()
        .map_err(|error| GithubError::NoClient(error::innermost(&error)))
}
