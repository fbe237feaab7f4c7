//! `plimsoll completions`, `plimsoll man`
//!
//! Owns: generating both from the grammar. Must never know: any act.

use std::path::Path;

use clap::CommandFactory;
use plimsoll_core::problem::{Code, Problem};

use super::Stop;
use crate::{
    args::{Cli, Completions, Man},
    exit::Exit,
    output,
};

/// Prints a completion script.
pub(crate) fn completions(args: &Completions) -> Result<Exit, Stop> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "plimsoll", &mut script);
    output::bytes(&script)?;
    Ok(Exit::Done)
}

/// Prints the manual page, or writes one per command to a folder.
pub(crate) fn man(args: &Man) -> Result<Exit, Stop> {
    match &args.dir {
        Some(dir) => write(dir)?,
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page).map_err(|e| unwritable("the page", &e))?;
            output::bytes(&page)?;
        }
    }
    Ok(Exit::Done)
}

fn write(dir: &Path) -> Result<(), Problem> {
    let name = dir.display().to_string();
    std::fs::create_dir_all(dir).map_err(|e| unwritable(&name, &e))?;
    clap_mangen::generate_to(Cli::command(), dir).map_err(|e| unwritable(&name, &e))
}

fn unwritable(name: &str, error: &std::io::Error) -> Problem {
    Problem::new(Code::LocalFile, format!("{name} cannot be written"), error.to_string(), "Name a folder that you may write to.")
}
