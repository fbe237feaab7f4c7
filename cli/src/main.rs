//! The command line: arguments in, one call of the api, its answer out.
//!
//! Owns: the process. Must never know: what an act does.

mod args;
mod commands;
mod exit;
mod input;
mod json;
mod output;
mod render;
mod signals;
mod start;
mod terminal;

use std::process::ExitCode;

fn main() -> ExitCode {
    match start::parse(std::env::args_os().collect()) {
        Ok(cli) => start::run(cli).into(),
        Err(exit) => exit.into(),
    }
}
