//! `plimsoll server …`
//!
//! Owns: its arguments. Must never know: how a server is reached.

use clap::{Args, Subcommand};

/// What to do with servers.
#[derive(Debug, Subcommand)]
pub(crate) enum ServerCommand {
    /// Add a server and pin its host key
    Add(ServerAdd),
    /// List servers
    #[command(after_help = "Examples:\n  plimsoll server list\n  plimsoll server list --json")]
    List,
    /// Connect, report facts and what is missing, with remedies
    #[command(after_help = "Examples:\n  plimsoll server check hull-1\n  plimsoll server check hull-1 --json")]
    Check {
        /// The server
        name: String,
    },
    /// Accept a changed host key after seeing both fingerprints
    Trust(ServerTrust),
    /// Give a server another address; the pinned key stays if it is the same machine
    Edit(ServerEdit),
    /// Give a server another name
    #[command(after_help = "Examples:\n  plimsoll server rename hull-1 web-1")]
    Rename {
        /// The server
        from: String,
        /// Its new name
        to: String,
    },
    /// Forget a server on this laptop; nothing on the server changes
    #[command(after_help = "Examples:\n  plimsoll server remove hull-1\n  plimsoll server remove hull-1 --yes")]
    Remove {
        /// The server
        name: String,
        /// Answer yes to the question whether to remove it
        #[arg(short = 'y', long)]
        yes: bool,
    },
}

/// `server add`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll server add hull-1 ubuntu@203.0.113.7
  plimsoll server add hull-1 web            (an entry of ~/.ssh/config)
  plimsoll server add laptop local          (this machine's own Docker)
  plimsoll server add hull-1 ubuntu@hull-1:2222 --host-key SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NM…")]
pub(crate) struct ServerAdd {
    /// What you call it
    pub(crate) name: String,
    /// An entry of ~/.ssh/config, user@host[:port], or local
    #[arg(value_name = "DEST")]
    pub(crate) destination: String,
    /// Accept this host key without asking
    #[arg(long, value_name = "SHA256:…")]
    pub(crate) host_key: Option<String>,
}

/// `server edit`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll server edit hull-1 ubuntu@203.0.113.9
  plimsoll server edit hull-1 web:2222      (an entry of ~/.ssh/config)
  plimsoll server edit hull-1 ubuntu@hull-1 --host-key SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NM…

It connects there first. Another key than the one pinned so far is asked about.")]
pub(crate) struct ServerEdit {
    /// The server
    pub(crate) name: String,
    /// An entry of ~/.ssh/config, user@host[:port], or local
    #[arg(value_name = "DEST")]
    pub(crate) destination: String,
    /// Accept this host key without asking
    #[arg(long, value_name = "SHA256:…")]
    pub(crate) host_key: Option<String>,
}

/// `server trust`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll server trust hull-1
  plimsoll server trust hull-1 --host-key SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NM…")]
pub(crate) struct ServerTrust {
    /// The server
    pub(crate) name: String,
    /// Accept this host key without asking
    #[arg(long, value_name = "SHA256:…")]
    pub(crate) host_key: Option<String>,
}
