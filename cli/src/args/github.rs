//! `plimsoll github …`
//!
//! Owns: its arguments. Must never know: GitHub's protocols.

use clap::Subcommand;

use super::{GithubTrust, GithubWorkflow};

/// What to do with GitHub.
#[derive(Debug, Subcommand)]
pub(crate) enum GithubCommand {
    /// Connect an account, by a code that you type at GitHub or by a token
    #[command(after_help = "\
Examples:
  plimsoll github connect --client-id Iv23liAbCdEf
  plimsoll github connect --token-stdin < token

A fine-grained token needs Actions, Contents and Workflows: write, for the repositories that you deploy. It is kept in the
keychain; without one, set PLIMSOLL_GITHUB_TOKEN.")]
    Connect {
        /// Read a token from standard input
        #[arg(long, conflicts_with = "client_id")]
        token_stdin: bool,
        /// The client id of the app to log in to; PLIMSOLL_GITHUB_CLIENT_ID by default
        #[arg(long, value_name = "ID")]
        client_id: Option<String>,
    },
    /// Ask GitHub whose account is connected, and how long the token lasts
    #[command(after_help = "Examples:\n  plimsoll github status\n  plimsoll github status --json")]
    Status,
    /// Forget the token on this laptop; nothing at GitHub changes
    #[command(after_help = "Examples:\n  plimsoll github disconnect\n  plimsoll github disconnect --yes")]
    Disconnect {
        /// Answer yes to the question whether to forget it
        #[arg(short = 'y', long)]
        yes: bool,
    },
    /// Show the workflow that builds an environment's images at GitHub, and what would change
    Workflow(GithubWorkflow),
    /// Print the policies of the AWS role that the workflow takes
    Trust(GithubTrust),
}
