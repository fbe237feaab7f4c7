//! The command line's grammar.
//!
//! Owns: every command, option and help text. Must never know: what an act does.

mod deploy;
mod env;
mod github;
mod project;
mod registry;
mod running;
mod sample;
mod server;
mod shell;
mod workflow;

use clap::{Parser, Subcommand};

pub(crate) use deploy::{Deploy, Eject, History, Logs, Rollback};
pub(crate) use env::{EnvCommand, EnvGet, EnvImport, EnvSet, EnvUnset};
pub(crate) use github::GithubCommand;
pub(crate) use project::ProjectCommand;
pub(crate) use registry::{EcrArgs, OciArgs, RegistryCommand, RegistryEdit, RegistryWhere};
pub(crate) use running::{Exec, Power, Resume, Start, Status};
pub(crate) use sample::SampleCommand;
pub(crate) use server::{ServerCommand, ServerLogs};
pub(crate) use shell::{Completions, Man};
pub(crate) use workflow::{CacheArg, GithubTrust, GithubWorkflow, RoomArg, RunnerArg, WriteWhere};

/// Ships Docker Compose apps to small servers: built elsewhere, swapped on the server, undone when unwell.
#[derive(Debug, Parser)]
#[command(name = "plimsoll", version, max_term_width = 100, after_help = EXAMPLES, after_long_help = LONG)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  plimsoll server add hull-1 ubuntu@203.0.113.7
  plimsoll project add .
  plimsoll deploy shop --plan
  plimsoll deploy shop
  plimsoll rollback shop";

const LONG: &str = "\
Examples:
  plimsoll server add hull-1 ubuntu@203.0.113.7
  plimsoll project add .
  plimsoll deploy shop --plan
  plimsoll deploy shop
  plimsoll rollback shop

Exit status:
  0    live, done, or nothing to do
  1    failed or rolled back; the old release is proven serving
  2    usage: the command line, or a value on it, is wrong
  3    refused before anything moved: a check, a lock, a missing yes, a host key that is not trusted
  4    neither the new nor the old release is proven serving
  5    contact lost while the server goes on
  130  cancelled

Environment:
  PLIMSOLL_HOME  where this laptop's data lives
  NO_COLOR       no colour";

/// What every command takes.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Global {
    /// Print JSON on standard output instead of text
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) json: bool,
    /// Print without colour; NO_COLOR and pipes do the same
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) no_color: bool,
}

/// What is to be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Machines that serve or build
    #[command(subcommand)]
    Server(ServerCommand),
    /// Git repositories with a Compose file
    #[command(subcommand)]
    Project(ProjectCommand),
    /// Places where images are pushed
    #[command(subcommand)]
    Registry(RegistryCommand),
    /// The account at GitHub, and builds there
    #[command(subcommand)]
    Github(GithubCommand),
    /// Make a commit live
    Deploy(Deploy),
    /// Make an older release live again
    Rollback(Rollback),
    /// Leave the app running as plain Docker Compose, without Plimsoll
    Eject(Eject),
    /// Variables of an environment; they apply at the next deployment
    #[command(subcommand)]
    Env(EnvCommand),
    /// Past deployments, newest first
    History(History),
    /// The log of a deployment, or of the running containers of a project
    Logs(Logs),
    /// What serves now, and what is ahead of it
    Status(Status),
    /// Restart running services
    #[command(after_help = "Examples:\n  plimsoll restart shop\n  plimsoll restart shop --service api --yes")]
    Restart(Power),
    /// Stop running services
    #[command(after_help = "Examples:\n  plimsoll stop shop\n  plimsoll stop shop --service worker --yes")]
    Stop(Power),
    /// Start stopped services
    #[command(after_help = "Examples:\n  plimsoll start shop\n  plimsoll start shop --service worker")]
    Start(Start),
    /// Run a command in a running container
    Exec(Exec),
    /// Settle deployments that were left open
    Resume(Resume),
    /// Print versions, settings and the last problems, without secrets: for a report
    #[command(after_help = "Examples:\n  plimsoll diagnostics\n  plimsoll diagnostics > report.txt")]
    Diagnostics,
    /// A project to try everything with, on this machine alone
    #[command(subcommand)]
    Sample(SampleCommand),
    /// Print a completion script for a shell
    Completions(Completions),
    /// Print the manual page, or write all of them to a folder
    Man(Man),
}

/// Which environment.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct EnvironmentArg {
    /// The environment, a name from plimsoll.toml
    #[arg(short = 'e', long = "env", value_name = "ENV", default_value = "production", value_parser = environment)]
    pub(crate) environment: plimsoll_core::domain::name::EnvironmentName,
}

fn environment(text: &str) -> Result<plimsoll_core::domain::name::EnvironmentName, String> {
    text.parse().map_err(|e| format!("an environment's name must be one word, and this {e}"))
}

/// Parses a service's name.
pub(crate) fn service(text: &str) -> Result<plimsoll_core::domain::name::ServiceName, String> {
    text.parse().map_err(|e| format!("a service has letters, digits, `.`, `_` and `-`, and this {e}"))
}

#[cfg(test)]
mod tests;
