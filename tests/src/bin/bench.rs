//! `bench`: measures Plimsoll and a peer in turn on a lab of its own.
//!
//! Owns: the command line, and that the lab goes down. Must never know: what is measured.

use std::{io::Write as _, path::PathBuf, process::ExitCode};

use clap::{Parser, ValueEnum};
use plimsoll_lab::{
    bench::{
        self, Laptop, Measured, Outcome,
        swap::{Extent, Way},
    },
    lab::{Lab, LabOptions},
};
use tokio::signal::unix::{SignalKind, signal};

#[derive(Parser)]
#[command(name = "bench", about = "Measures Plimsoll and a peer in turn")]
struct Arguments {
    /// What is measured
    #[arg(value_enum)]
    bench: Bench,
    /// No table, only the last line
    #[arg(long)]
    json: bool,
    /// Of `swap` one short case only
    #[arg(long)]
    quick: bool,
    /// Have Plimsoll stop the old one before it starts the new one, whatever it would choose itself
    #[arg(long)]
    recreate: bool,
    /// Where the ssh configuration of the lab is written; `plimsoll` itself looks there too
    #[arg(long, env = "PLIMSOLL_SSH_CONFIG", value_name = "FILE")]
    ssh_config: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Bench {
    /// A one-line commit's way to a build VM, against BuildKit over ssh
    Source,
    /// A deployment of what is live already, against one ssh with docker compose
    Remote,
    /// A million lines of a build into the log, against one row per transaction
    Logs,
    /// Versions of an app that follow each other under load, against one ssh with docker compose
    Swap,
    /// The app's window against a bare one, its long lists against short ones
    Desktop,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let load = sysinfo::System::load_average().map_or(f64::NAN, |load| load.one);
    match measure(&arguments).await {
        Ok(measured) => {
            if !arguments.json {
                let _ = write!(std::io::stderr(), "{}", bench::table(&measured));
            }
            let name = arguments.bench.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
            let _ = writeln!(std::io::stdout(), "{}", bench::json(&name, load, &measured));
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(arguments: &Arguments) -> Outcome<Vec<Measured>> {
    if matches!(arguments.bench, Bench::Desktop) {
        let own = std::env::current_exe()?;
        return bench::desktop::measure(own.parent().ok_or("a program in no folder")?).await;
    }
    let mut terminated = signal(SignalKind::terminate())?;
    let name = format!("bench-{}", std::process::id());
    let lab = Lab::up(LabOptions { ecr: false, ..LabOptions::named(&name) }).await?;
    let measured = tokio::select! {
        measured = on(&lab, arguments) => measured,
        _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
        _ = terminated.recv() => Err("terminated".into()),
    };
    if let Err(error) = lab.down().await {
        // What was measured stands all the same.
        let _ = writeln!(std::io::stderr(), "bench: {error}");
    }
    measured
}

async fn on(lab: &Lab, arguments: &Arguments) -> Outcome<Vec<Measured>> {
    let folder = tempfile::Builder::new().prefix("plimsoll-bench-").tempdir()?;
    let laptop = Laptop::set_up(lab, folder.path(), &arguments.ssh_config).await?;
    match arguments.bench {
        Bench::Source => bench::source::measure(lab, &laptop).await,
        Bench::Remote => bench::remote::measure(lab, &laptop).await,
        Bench::Logs => bench::logs::measure(lab, &laptop).await,
        Bench::Swap => {
            let extent = if arguments.quick { Extent::Quick } else { Extent::All };
            let way = if arguments.recreate { Way::Recreate } else { Way::Chosen };
            bench::swap::measure(lab, &laptop, extent, way, &|said| tell(arguments, said)).await
        }
        Bench::Desktop => Err("it needs no machine".into()),
    }
}

/// What is known before the end, for people.
fn tell(arguments: &Arguments, said: &str) {
    if !arguments.json {
        let _ = writeln!(std::io::stderr(), "{said}");
    }
}
