//! From a command line to a running command.
//!
//! Owns: parsing, colour, the runtime. Must never know: any command.

use std::ffi::OsString;

use clap::{ColorChoice, CommandFactory, FromArgMatches, error::ErrorKind};
use plimsoll_core::problem::{Code, Problem};

use crate::{args::Cli, commands, exit::Exit, json::Line, output};

/// Understands the command line, or prints help, the version or what is wrong with it.
pub(crate) fn parse(argv: Vec<OsString>) -> Result<Cli, Exit> {
    let colour = if has(&argv, "--no-color") { ColorChoice::Never } else { ColorChoice::Auto };
    if colour == ColorChoice::Never {
        anstream::ColorChoice::Never.write_global();
    }
    let matches = Cli::command().color(colour).try_get_matches_from(&argv);
    matches.and_then(|m| Cli::from_arg_matches(&m)).map_err(|error| {
        let _ = error.print();
        if !error.use_stderr() {
            return Exit::Done;
        }
        if has(&argv, "--json") && error.kind() != ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
            let _ = output::json(&Line::Error { problem: &misused(&error) });
        }
        Exit::Usage
    })
}

/// Runs a command. Reads of standard input that nobody waits for any more do not hold the program up.
pub(crate) fn run(cli: Cli) -> Exit {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(_) => return Exit::Failed,
    };
    let exit = runtime.block_on(commands::run(cli));
    runtime.shutdown_background();
    exit
}

/// Whether a flag stands before `--`.
fn has(argv: &[OsString], flag: &str) -> bool {
    argv.iter().take_while(|a| *a != "--").any(|a| a == flag)
}

fn misused(error: &clap::Error) -> Problem {
    let text = error.render().to_string();
    let (title, detail) = text.trim().split_once("\n\n").unwrap_or((text.trim(), ""));
    let title = title.strip_prefix("error: ").unwrap_or(title);
    Problem::new(Code::InvalidInput, title, detail, "Run the command with --help.")
}
