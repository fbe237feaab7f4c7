//! Connections to servers, with every question a first contact raises.
//!
//! Owns: asking and remembering the answers. Must never know: what a connection is used for.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Answer, Ask, Question, Session};
use crate::{
    deploy::Machine,
    domain::{
        secret::Secret,
        server::{Destination, Server},
    },
    host::{self, AskPassphrase, ConnectOptions, Host, HostError, HostKey, PinnedKey},
    problem::{Code, Problem},
};

/// More questions than any chain of jump hosts raises.
const QUESTIONS: usize = 16;

/// What is done about a host that is seen for the first time.
#[derive(Debug, Clone, Copy)]
pub(super) enum FirstContact<'a> {
    /// Its key must be pinned already.
    Refuse,
    /// The user is asked.
    Ask,
    /// It must have this fingerprint.
    Expect(&'a str),
    /// It must be this very key of this very address.
    Shown(&'a HostKey),
}

impl Session {
    /// The open connection to a server, made if there is none.
    pub(super) async fn machine(&self, server: &Server) -> Result<Machine, Problem> {
        // Whoever waits for a server that does not answer keeps nobody from the others.
        let place = self.machines.lock().await.entry(server.id).or_default().clone();
        let machine = place.get_or_try_init(async || {
            let host = self.reach(&server.destination, server.name.as_str(), FirstContact::Refuse).await?;
            let known = self.store.servers().facts(server.id).await?;
            Machine::open(server.clone(), host, known).await
        });
        machine.await.cloned()
    }

    /// Reaches a machine, asking what has to be asked.
    pub(super) async fn reach(
        &self,
        destination: &Destination,
        name: &str,
        first: FirstContact<'_>,
    ) -> Result<Arc<dyn Host>, Problem> {
        for _ in 0..QUESTIONS {
            match host::connect(destination, name, &self.connect_options().await?).await {
                Err(HostError::ConsentNeeded { command, digest }) => self.consent(command, &digest).await?,
                Err(HostError::KeyUnknown { host, port, offered }) => {
                    self.first_contact(name, &host, port, &offered, first).await?;
                }
                Err(HostError::KeyLocked { path }) => return Err(HostError::KeyLocked { path }.into()),
                result => return Ok(result?),
            }
        }
        Err(Problem::new(
            Code::SettingsInvalid,
            format!("{name} raises question after question"),
            "the ssh configuration leads through too many hosts",
            "Look at its ProxyJump entries.",
        ))
    }

    pub(super) async fn connect_options(&self) -> Result<ConnectOptions, Problem> {
        let home = host::home().await.unwrap_or_default();
        Ok(ConnectOptions {
            pins: Arc::new(self.store.pins()),
            consent: self.store.consents().list().await?,
            passphrase: Arc::new(Passphrases(self.ask.clone())),
            ssh_config: self.ssh_config.clone(),
            known_hosts: home.join(".ssh").join("known_hosts"),
        })
    }

    pub(super) async fn consent(&self, command: String, digest: &str) -> Result<(), Problem> {
        match self.ask.confirm(Question::SshCommand { command: command.clone() }).await {
            Answer::Yes => Ok(self.store.consents().give(digest, &command).await?),
            Answer::No | Answer::Nobody => Err(HostError::ConsentNeeded { command, digest: digest.to_owned() }.into()),
        }
    }

    async fn first_contact(
        &self,
        name: &str,
        host: &str,
        port: u16,
        offered: &PinnedKey,
        first: FirstContact<'_>,
    ) -> Result<(), Problem> {
        let unknown = || HostError::KeyUnknown { host: host.to_owned(), port, offered: offered.clone() };
        let accepted = match first {
            FirstContact::Refuse => false,
            FirstContact::Expect(fingerprint) => fingerprint == offered.fingerprint,
            FirstContact::Shown(shown) => (shown.host.as_str(), shown.port, &shown.key) == (host, port, offered),
            FirstContact::Ask => {
                let question = Question::NewHostKey {
                    server: if name == host { name.to_owned() } else { format!("{name} ({host})") },
                    algorithm: offered.algorithm.clone(),
                    fingerprint: offered.fingerprint.clone(),
                };
                self.ask.confirm(question).await == Answer::Yes
            }
        };
        if !accepted {
            return Err(unknown().into());
        }
        Ok(self.store.pins().replace(host, port, offered).await?)
    }
}

/// Passphrases come from whoever can be asked.
struct Passphrases(Arc<dyn Ask>);

#[async_trait]
impl AskPassphrase for Passphrases {
    async fn passphrase(&self, path: &str, attempt: u32) -> Option<Secret> {
        let again = if attempt > 1 { " (that was not it)" } else { "" };
        self.0.secret(&format!("Passphrase of {path}{again}")).await
    }
}
