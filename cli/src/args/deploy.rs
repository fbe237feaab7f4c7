//! `plimsoll deploy`, `rollback`, `history`, `logs`
//!
//! Owns: their arguments. Must never know: how a deployment goes.

use clap::{Args, ValueEnum};
use plimsoll_core::domain::{
    deployment::{Stage, Status},
    name::{EnvironmentName, ServiceName},
};

use super::{EnvironmentArg, environment, service};

/// `deploy`
#[derive(Debug, Args)]
#[command(after_help = DEPLOY_EXAMPLES, after_long_help = crate::json::DEPLOY_LONG_HELP)]
pub(crate) struct Deploy {
    /// The project; may be left out inside its folder
    pub(crate) project: Option<String>,
    /// A commit, branch or tag; HEAD by default
    #[arg(long, value_name = "REF", conflicts_with = "dirty")]
    pub(crate) commit: Option<String>,
    /// Deploy only this service (repeatable); the others keep their digests
    #[arg(long = "service", value_name = "SERVICE", value_parser = service)]
    pub(crate) services: Vec<ServiceName>,
    /// Resolve the tag of this pulled service anew (repeatable)
    #[arg(long, value_name = "SERVICE", value_parser = service)]
    pub(crate) refresh: Vec<ServiceName>,
    #[command(flatten)]
    pub(crate) environment: EnvironmentArg,
    /// Deploy uncommitted changes and untracked files too
    #[arg(long)]
    pub(crate) dirty: bool,
    /// Build elsewhere than plimsoll.toml says: build-vm:NAME, local, github-actions
    #[arg(long, value_name = "BUILDER")]
    pub(crate) builder: Option<String>,
    /// Print what would happen, with reasons, and do nothing
    #[arg(long)]
    pub(crate) plan: bool,
    /// Print log lines too
    #[arg(short, long)]
    pub(crate) verbose: bool,
    /// Answer yes where a deployment cannot be undone
    #[arg(short = 'y', long)]
    pub(crate) yes: bool,
}

/// The examples of `deploy`, shared by the short and the long help.
pub(crate) const DEPLOY_EXAMPLES: &str = "\
Examples:
  plimsoll deploy shop
  plimsoll deploy shop --plan
  plimsoll deploy shop --commit v1.4 --env staging
  plimsoll deploy shop --service api --service worker
  plimsoll deploy shop --json | tail -n 1";

/// `rollback`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll rollback shop
  plimsoll rollback shop --to 41c2e07
  plimsoll rollback shop --to 5f0c2a91d3be --plan

A release comes back whole: images, Compose file and environment. A migration is not undone.")]
pub(crate) struct Rollback {
    /// The project; may be left out inside its folder
    pub(crate) project: Option<String>,
    /// A release id, or the beginning of one or of its commit; the release before the live one by default
    #[arg(long, value_name = "RELEASE")]
    pub(crate) to: Option<String>,
    #[command(flatten)]
    pub(crate) environment: EnvironmentArg,
    /// Print what would happen, with reasons, and do nothing
    #[arg(long)]
    pub(crate) plan: bool,
    /// Print log lines too
    #[arg(short, long)]
    pub(crate) verbose: bool,
    /// Answer yes where a deployment cannot be undone
    #[arg(short = 'y', long)]
    pub(crate) yes: bool,
}

/// `eject`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll eject shop --plan
  plimsoll eject shop --env staging --yes

Services behind a switch stop and start once, under their own names. Volumes stay.")]
pub(crate) struct Eject {
    /// The project; may be left out inside its folder
    pub(crate) project: Option<String>,
    #[command(flatten)]
    pub(crate) environment: EnvironmentArg,
    /// Print what would happen, and do nothing
    #[arg(long)]
    pub(crate) plan: bool,
    /// Print log lines too
    #[arg(short, long)]
    pub(crate) verbose: bool,
    /// Do it without asking
    #[arg(short = 'y', long)]
    pub(crate) yes: bool,
}

/// `history`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll history shop
  plimsoll history shop --status failed --status rolled-back
  plimsoll history shop --limit 5 --json
  plimsoll history --all")]
pub(crate) struct History {
    /// The project; may be left out inside its folder
    pub(crate) project: Option<String>,
    /// The deployments of all projects
    #[arg(long, conflicts_with_all = ["project", "environment"])]
    pub(crate) all: bool,
    /// Only this environment
    #[arg(short = 'e', long = "env", value_name = "ENV", value_parser = environment)]
    pub(crate) environment: Option<EnvironmentName>,
    /// Only deployments that ended so (repeatable)
    #[arg(long, value_enum)]
    pub(crate) status: Vec<StatusArg>,
    /// At most so many
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
}

/// `logs`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll logs 3f9ab12c                    (a deployment; see plimsoll history)
  plimsoll logs 3f9ab12c --step build
  plimsoll logs shop --service api --follow (the running containers)
  plimsoll logs shop --step build           (the latest deployment)")]
pub(crate) struct Logs {
    /// A deployment's id, or its beginning or end; or a project
    #[arg(value_name = "DEPLOYMENT|PROJECT")]
    pub(crate) subject: String,
    /// Go on with what comes
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Only this stage of the deployment
    #[arg(long, value_enum, conflicts_with = "services")]
    pub(crate) step: Option<StageArg>,
    /// Only the running containers of this service (repeatable)
    #[arg(long = "service", value_name = "SERVICE", value_parser = service)]
    pub(crate) services: Vec<ServiceName>,
    /// Begin with the last so many lines of the containers
    #[arg(long, default_value_t = 200)]
    pub(crate) tail: u32,
    #[command(flatten)]
    pub(crate) environment: EnvironmentArg,
}

/// A status as it is typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum StatusArg {
    Running,
    Live,
    NothingToDo,
    RolledBack,
    Failed,
    Cancelled,
}

impl From<StatusArg> for Status {
    fn from(status: StatusArg) -> Self {
        match status {
            StatusArg::Running => Self::Running,
            StatusArg::Live => Self::Live,
            StatusArg::NothingToDo => Self::NothingToDo,
            StatusArg::RolledBack => Self::RolledBack,
            StatusArg::Failed => Self::Failed,
            StatusArg::Cancelled => Self::Cancelled,
        }
    }
}

/// A stage as it is typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum StageArg {
    Resolve,
    Preflight,
    Source,
    Build,
    Gate,
    Stage,
    Pull,
    Swap,
    Record,
}

impl From<StageArg> for Stage {
    fn from(stage: StageArg) -> Self {
        match stage {
            StageArg::Resolve => Self::Resolve,
            StageArg::Preflight => Self::Preflight,
            StageArg::Source => Self::Source,
            StageArg::Build => Self::Build,
            StageArg::Gate => Self::Gate,
            StageArg::Stage => Self::Stage,
            StageArg::Pull => Self::Pull,
            StageArg::Swap => Self::Swap,
            StageArg::Record => Self::Record,
        }
    }
}
