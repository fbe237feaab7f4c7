//! `plimsoll env …`
//!
//! Owns: its arguments. Values are never among them: everyone on a machine can read its process list.
//! Must never know: where variables are kept.

use clap::{Args, Subcommand};

use super::EnvironmentArg;

/// What to do with variables.
#[derive(Debug, Subcommand)]
pub(crate) enum EnvCommand {
    /// List the names of variables; values are not read
    #[command(after_help = "Examples:\n  plimsoll env list shop\n  plimsoll env list shop --env staging --json")]
    List {
        /// The project; may be left out inside its folder
        project: Option<String>,
        #[command(flatten)]
        environment: EnvironmentArg,
    },
    /// Print the value of one variable
    Get(EnvGet),
    /// Set a variable; the value is asked for, or read from standard input
    Set(EnvSet),
    /// Remove variables
    Unset(EnvUnset),
    /// Set every variable of a .env file
    Import(EnvImport),
}

/// `env get`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll env get shop SMTP_PASSWORD
  plimsoll env get shop TLS_KEY > key.pem
  plimsoll env get shop NPM_TOKEN --build --json

A line end follows the value, as `env set` drops one; with --exact none does.")]
pub(crate) struct EnvGet {
    /// The project
    pub(crate) project: String,
    /// The variable's name
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) environment: EnvironmentArg,
    /// The build's instead of the running services'
    #[arg(long)]
    pub(crate) build: bool,
    /// Print the value alone, without a line end
    #[arg(long)]
    pub(crate) exact: bool,
}

/// `env set`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll env set shop SMTP_PASSWORD            (asks, nothing is shown)
  plimsoll env set shop TLS_KEY < key.pem
  plimsoll env set shop NPM_TOKEN --build < token

A value on the command line is refused: other users could read it there and the shell would keep it.
From standard input one line end at the end is dropped, unless --exact is given.")]
pub(crate) struct EnvSet {
    /// The project
    pub(crate) project: String,
    /// The variable's name; several are asked for one after the other
    #[arg(required = true, value_name = "NAME")]
    pub(crate) names: Vec<String>,
    #[command(flatten)]
    pub(crate) environment: EnvironmentArg,
    /// For the build instead of the running services
    #[arg(long)]
    pub(crate) build: bool,
    /// Keep standard input as it is, its last line end included
    #[arg(long)]
    pub(crate) exact: bool,
}

/// `env unset`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  plimsoll env unset shop SMTP_PASSWORD\n  plimsoll env unset shop NPM_TOKEN --build --yes")]
pub(crate) struct EnvUnset {
    /// The project
    pub(crate) project: String,
    /// The variables' names
    #[arg(required = true, value_name = "NAME")]
    pub(crate) names: Vec<String>,
    #[command(flatten)]
    pub(crate) environment: EnvironmentArg,
    /// For the build instead of the running services
    #[arg(long)]
    pub(crate) build: bool,
    /// Answer yes to the question whether to remove them
    #[arg(short = 'y', long)]
    pub(crate) yes: bool,
}

/// `env import`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll env import shop .env.production
  pass show shop/env | plimsoll env import shop -")]
pub(crate) struct EnvImport {
    /// The project
    pub(crate) project: String,
    /// A file of NAME=value lines; - for standard input
    pub(crate) file: std::path::PathBuf,
    #[command(flatten)]
    pub(crate) environment: EnvironmentArg,
    /// For the build instead of the running services
    #[arg(long)]
    pub(crate) build: bool,
}
