//! `plimsoll github workflow` and `plimsoll github trust`
//!
//! Owns: its arguments. Must never know: what stands in a workflow.

use clap::{Args, ValueEnum};

use super::EnvironmentArg;

/// `github workflow`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll github workflow shop
  plimsoll github workflow shop --env staging --write local
  plimsoll github workflow shop --keys --cache registry --write print

The file is made from the commit that is checked out. What stands outside of its marks is yours and stays.
What was chosen is remembered in the file.")]
pub(crate) struct GithubWorkflow {
    /// The project
    pub(crate) project: String,
    #[command(flatten)]
    pub(crate) environment: EnvironmentArg,
    /// Write the file into the work tree, or print the whole of it; else what would change is shown
    #[arg(long, value_name = "WHERE")]
    pub(crate) write: Option<WriteWhere>,
    /// Give up changes that somebody made between the marks
    #[arg(long)]
    pub(crate) replace_edits: bool,
    /// The AWS role to take, by its full name; a role named after project and environment by default
    #[arg(long, value_name = "ARN", conflicts_with = "keys")]
    pub(crate) role: Option<String>,
    /// Log in to AWS with access keys that GitHub holds as secrets
    #[arg(long)]
    pub(crate) keys: bool,
    /// Where images for arm64 are built
    #[arg(long)]
    pub(crate) runner: Option<RunnerArg>,
    /// Where layers are kept between runs
    #[arg(long)]
    pub(crate) cache: Option<CacheArg>,
    /// Whether the runner's disk is cleared first, for large images
    #[arg(long)]
    pub(crate) room: Option<RoomArg>,
    /// Build what is pushed to this branch; the one that is checked out by default
    #[arg(long, conflicts_with = "no_push")]
    pub(crate) branch: Option<String>,
    /// Build only what is asked for
    #[arg(long)]
    pub(crate) no_push: bool,
}

/// Where a workflow goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WriteWhere {
    /// Into the work tree; committing it is yours
    Local,
    /// To standard output
    Print,
}

/// Where images for arm64 are built.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum RunnerArg {
    /// On a runner of that architecture
    Native,
    /// On the usual one, under emulation
    Emulate,
}

/// Where layers are kept.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum CacheArg {
    /// At GitHub
    Gha,
    /// Beside the images
    Registry,
}

/// Whether the runner's disk is cleared.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum RoomArg {
    /// It suffices
    AsItIs,
    /// What the runner brings along goes first
    Cleared,
}

/// `github trust`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll github trust shop
  plimsoll github trust shop --env staging --subject repo:anna@1234/shop@5678

GitHub names repositories that were made, renamed or moved since July 2026 with their ids; pass --subject for these.")]
pub(crate) struct GithubTrust {
    /// The project
    pub(crate) project: String,
    #[command(flatten)]
    pub(crate) environment: EnvironmentArg,
    /// What GitHub says first of a run; by default repo:OWNER/NAME, from the remote `origin`
    #[arg(long)]
    pub(crate) subject: Option<String>,
}
