//! `plimsoll completions`, `plimsoll man`
//!
//! Owns: their arguments. Must never know: the format of what is printed.

use std::path::PathBuf;

use clap::Args;

/// `completions`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  plimsoll completions bash > ~/.local/share/bash-completion/completions/plimsoll
  plimsoll completions zsh > ~/.zfunc/_plimsoll
  plimsoll completions fish > ~/.config/fish/completions/plimsoll.fish")]
pub(crate) struct Completions {
    /// Which shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// `man`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  plimsoll man | man -l -\n  plimsoll man --dir ~/.local/share/man/man1")]
pub(crate) struct Man {
    /// Write one page per command to this folder
    #[arg(long)]
    pub(crate) dir: Option<PathBuf>,
}
