//! `picture`: opens the app on a display of its own and photographs it.
//!
//! Owns: the command line. Must never know: how the app is driven.

use std::{io::Write as _, path::PathBuf, process::ExitCode, time::Duration};

use clap::Parser;
use plimsoll_lab::desktop::{App, Desktop, Outcome};

/// For the answers of the machines that the app asks.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Parser)]
#[command(name = "picture", about = "Opens the app on a display of its own and photographs it")]
struct Arguments {
    /// The app
    app: PathBuf,
    /// Its data
    #[arg(long, value_name = "DIR")]
    home: PathBuf,
    /// Its ssh configuration
    #[arg(long, value_name = "FILE")]
    ssh_config: PathBuf,
    /// The project whose page is opened
    #[arg(long, value_name = "NAME")]
    project: String,
    /// Where the picture is written
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    match take(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "picture: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn take(arguments: &Arguments) -> Outcome<()> {
    let mut desktop = Desktop::open().await?;
    desktop.set("PLIMSOLL_HOME", &arguments.home.display().to_string());
    desktop.set("PLIMSOLL_SSH_CONFIG", &arguments.ssh_config.display().to_string());
    let app = App::start(&mut desktop, &arguments.app).await?;
    app.page.press(&arguments.project).await?;
    // The server has said what runs there.
    app.page.has("//ul[@aria-label='Services']/li", PATIENCE).await?;
    app.page.photograph(&arguments.out).await
}
