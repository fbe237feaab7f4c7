//! `plimsoll status`, `restart`, `stop`, `start`, `exec`, `resume`
//!
//! Owns: their arguments. Must never know: the engine.

use clap::Args;
use plimsoll_core::domain::name::ServiceName;

use super::{EnvironmentArg, service};

/// `status`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  plimsoll status\n  plimsoll status shop --json")]
pub(crate) struct Status {
    /// The project; all of them by default
    pub(crate) project: Option<String>,
}

/// `restart`, `stop`
#[derive(Debug, Args)]
pub(crate) struct Power {
    #[command(flatten)]
    pub(crate) which: Start,
    /// Answer yes to the question whether to do it
    #[arg(short = 'y', long)]
    pub(crate) yes: bool,
}

/// `start`
#[derive(Debug, Args)]
pub(crate) struct Start {
    /// The project; may be left out inside its folder
    pub(crate) project: Option<String>,
    /// Only this service (repeatable)
    #[arg(long = "service", value_name = "SERVICE", value_parser = service)]
    pub(crate) services: Vec<ServiceName>,
    #[command(flatten)]
    pub(crate) environment: EnvironmentArg,
}

/// `exec`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll exec shop api -- ls -l /srv
  plimsoll exec shop db -- pg_dump -U shop shop > shop.sql
  plimsoll exec shop db -- psql -U shop shop < fix.sql

Standard input and both outputs are passed through; the exit status is the command's own.")]
pub(crate) struct Exec {
    /// The project
    pub(crate) project: String,
    /// The service
    #[arg(value_parser = service)]
    pub(crate) service: ServiceName,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    pub(crate) argv: Vec<String>,
    #[command(flatten)]
    pub(crate) environment: EnvironmentArg,
}

/// `resume`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  plimsoll resume\n  plimsoll resume shop")]
pub(crate) struct Resume {
    /// The project; all of them by default
    pub(crate) project: Option<String>,
}
