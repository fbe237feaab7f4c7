//! The way to a machine: a byte stream, then one or more ssh hops.
//!
//! Owns: what each hop needs. Must never know: how the configuration is written.

use std::path::PathBuf;

/// The way to a machine; never without a hop.
#[derive(Debug, Clone)]
pub(super) struct Route {
    /// A command whose standard streams lead to the first hop, ready for a shell; else TCP.
    pub(super) proxy_command: Option<String>,
    /// Machines that are passed through, in order.
    pub(super) through: Vec<Hop>,
    /// The machine itself.
    pub(super) target: Hop,
}

/// One ssh server on the way.
#[derive(Debug, Clone)]
pub(super) struct Hop {
    /// Host name or address.
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) user: String,
    /// The name under which its key is pinned: HostKeyAlias, else the host.
    pub(super) pin_host: String,
    /// Whether that is an alias; aliases are looked up in known_hosts without a port.
    pub(super) alias: bool,
    pub(super) known_hosts: Vec<PathBuf>,
    /// Private keys to try; those that do not exist are passed over.
    pub(super) identities: Vec<PathBuf>,
    pub(super) identities_only: bool,
    /// The agent's socket (or named pipe).
    pub(super) agent: Option<PathBuf>,
}

impl Hop {
    /// A hop without files or agent.
    pub(super) fn plain(host: &str, port: u16, user: &str) -> Self {
        Self {
            host: host.to_owned(),
            port,
            user: user.to_owned(),
            pin_host: host.to_lowercase(),
            alias: false,
            known_hosts: Vec::new(),
            identities: Vec::new(),
            identities_only: false,
            agent: None,
        }
    }

    /// How known_hosts names it.
    pub(super) fn known_name(&self) -> String {
        if self.alias || self.port == 22 { self.pin_host.clone() } else { format!("[{}]:{}", self.pin_host, self.port) }
    }
}
