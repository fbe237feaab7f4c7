//! `plimsoll project …`
//!
//! Owns: its arguments. Must never know: how a project is read.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What to do with projects.
#[derive(Debug, Subcommand)]
pub(crate) enum ProjectCommand {
    /// Add the project in a folder; writes a commented plimsoll.toml if there is none
    Add(ProjectAdd),
    /// List projects
    #[command(after_help = "Examples:\n  plimsoll project list\n  plimsoll project list --json")]
    List,
    /// Show what is understood of a project
    #[command(after_help = "Examples:\n  plimsoll project show shop\n  plimsoll project show        (inside its folder)")]
    Show {
        /// The project; may be left out inside its folder
        name: Option<String>,
    },
    /// Explain every problem of a project, with line and remedy
    #[command(after_help = "Examples:\n  plimsoll project check shop\n  plimsoll project check shop --json")]
    Check {
        /// The project; may be left out inside its folder
        name: Option<String>,
    },
    /// Give a project another name; nothing on a server changes
    #[command(after_help = "Examples:\n  plimsoll project rename shop store")]
    Rename {
        /// The project
        from: String,
        /// Its new name
        to: String,
    },
    /// Forget a project and its history on this laptop; what runs goes on
    #[command(after_help = "Examples:\n  plimsoll project remove shop\n  plimsoll project remove shop --yes")]
    Remove {
        /// The project
        name: String,
        /// Answer yes to the question whether to remove it
        #[arg(short = 'y', long)]
        yes: bool,
    },
}

/// `project add`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  plimsoll project add .\n  plimsoll project add ~/src/shop --name store")]
pub(crate) struct ProjectAdd {
    /// The folder that holds the Compose file
    pub(crate) path: PathBuf,
    /// What you call it; the folder's name by default
    #[arg(long)]
    pub(crate) name: Option<String>,
}
