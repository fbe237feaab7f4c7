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
    /// Show what a server uses now, and every container on it
    #[command(after_help = "Examples:\n  plimsoll server show hull-1\n  plimsoll server show hull-1 --json")]
    Show {
        /// The server
        name: String,
    },
    /// Print what one container of a server prints, whosever it is
    Logs(ServerLogs),
    /// Stop and start one container of a server
    #[command(after_help = "\
Examples:
  plimsoll server restart hull-1 shop-api-1
  plimsoll server restart hull-1 shop-api-1 --yes

`plimsoll restart` restarts the services of a project.")]
    Restart {
        /// The server
        name: String,
        /// The container's name or id; see plimsoll server show
        container: String,
        /// Answer yes to the question whether to do it
        #[arg(short = 'y', long)]
        yes: bool,
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

/// `server logs`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll server logs hull-1 shop-api-1
  plimsoll server logs hull-1 shop-api-1 --follow --tail 20
  plimsoll server logs hull-1 shop-api-1 --json

Values of the variables that Plimsoll keeps for the container's stack are not shown.")]
pub(crate) struct ServerLogs {
    /// The server
    pub(crate) name: String,
    /// The container's name or id; see plimsoll server show
    pub(crate) container: String,
    /// Go on with what comes
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Begin with its last so many lines
    #[arg(long, default_value_t = 200)]
    pub(crate) tail: u32,
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
