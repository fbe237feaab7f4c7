//! What every act shares: the store, the secrets, connections, and someone to ask.
//!
//! Owns: opening them. Must never know: any single act.

use std::{collections::HashMap, env, path::PathBuf, sync::Arc};

use tokio::sync::{Mutex, OnceCell};

use super::{Ask, ecr::Shown, registries::Opened, rollback::Compared, tokens::Tokens};
use crate::{
    deploy::Machine,
    domain::id::{RegistryId, ServerId},
    host::HostKey,
    paths::Paths,
    problem::Problem,
    secrets::MemorySecrets,
    store::Store,
};

/// Another ssh configuration than the user's own.
pub const SSH_CONFIG_VARIABLE: &str = "PLIMSOLL_SSH_CONFIG";

/// How a session is opened.
pub struct SessionOptions {
    /// Where this laptop's data lives; `None` takes `PLIMSOLL_HOME` or the platform's own folder.
    pub home: Option<PathBuf>,
    /// Who is asked.
    pub ask: Arc<dyn Ask>,
}

/// The open store, the connections made so far, and someone to ask. Cheap to clone.
#[derive(Clone)]
pub struct Session {
    pub(super) ask: Arc<dyn Ask>,
    pub(super) store: Store,
    pub(super) paths: Paths,
    pub(super) memory: Arc<MemorySecrets>,
    pub(super) ssh_config: Option<PathBuf>,
    pub(super) machines: Arc<Mutex<HashMap<ServerId, Arc<OnceCell<Machine>>>>>,
    pub(super) registries: Arc<Mutex<HashMap<RegistryId, Opened>>>,
    /// Keys that machines showed, as core read them.
    pub(super) keys: Arc<Tokens<HostKey>>,
    /// Rollbacks whose consequences were shown.
    pub(super) compared: Arc<Tokens<Compared>>,
    /// Clean-ups of an ECR that were shown.
    pub(super) cleanings: Arc<Tokens<Shown>>,
    /// A sentence for the user when the database had to be restored from a backup.
    pub notice: Option<String>,
}

impl Session {
    /// Opens this laptop's data.
    ///
    /// # Errors
    /// When the database is newer than this program or cannot be opened.
    pub async fn open(options: SessionOptions) -> Result<Self, Problem> {
        let paths = match options.home {
            Some(home) => Paths::at(home),
            None => Paths::locate()?,
        };
        paths.create()?;
        let store = Store::open(&paths.store()).await?;
        let notice = notice(&store);
        Ok(Self {
            ask: options.ask,
            store,
            paths,
            memory: Arc::new(MemorySecrets::default()),
            ssh_config: env::var_os(SSH_CONFIG_VARIABLE).map(PathBuf::from),
            machines: Arc::default(),
            registries: Arc::default(),
            keys: Arc::default(),
            compared: Arc::default(),
            cleanings: Arc::default(),
            notice,
        })
    }

    /// Where this laptop's data lies.
    #[must_use]
    pub fn data_folder(&self) -> &std::path::Path {
        self.paths.data()
    }

    /// Closes what is open; nothing is lost without it.
    pub async fn close(&self) {
        self.store.close().await;
    }
}

fn notice(store: &Store) -> Option<String> {
    let told: Vec<String> = store.recovered().iter().map(ToString::to_string).collect();
    (!told.is_empty()).then(|| told.join(" "))
}
