//! Commands: from arguments to a call of the api and its answer.
//!
//! Owns: which act a command is. Must never know: Docker, ssh, SQL, layouts.

mod app;
mod deploy;
mod diagnostics;
mod env;
mod follow;
mod github;
mod logs;
mod machine;
mod place;
mod project;
mod registry;
mod running;
mod sample;
mod server;
mod shell;
mod workflow;

pub(crate) use app::{App, Stop};

use crate::{
    args::{Cli, Command, EnvCommand, GithubCommand, ProjectCommand, RegistryCommand, SampleCommand, ServerCommand},
    exit::{self, Exit, Outcome},
    json::Line,
    output::{self, Format},
    render::problem,
    terminal::{Consent, Terminal},
};

/// Runs a command to its end and says how the program ends.
pub(crate) async fn run(cli: Cli) -> Exit {
    let format = if cli.global.json { Format::Json } else { Format::Text };
    let app = App::new(format, Terminal::detect(consent(&cli.command)));
    let outcome: fn(_) -> _ = match cli.command {
        Command::Deploy(_) | Command::Rollback(_) | Command::Eject(_) => Outcome::NotStarted,
        _ => Outcome::Act,
    };
    match dispatch(cli.command, &app).await {
        Ok(exit) => exit,
        Err(Stop::Closed) => Exit::Done,
        Err(Stop::Problem(it)) => {
            match format {
                Format::Json => output::json(&Line::Error { problem: &it }).unwrap_or_default(),
                Format::Text => problem::lines(&it, None).iter().for_each(|line| app.terminal.tell(line)),
            }
            exit::of(outcome(it.code))
        }
    }
}

async fn dispatch(command: Command, app: &App) -> Result<Exit, Stop> {
    match command {
        Command::Server(command) => server::run(command, app).await,
        Command::Project(command) => project::run(command, app).await,
        Command::Registry(command) => registry::run(command, app).await,
        Command::Github(command) => github::run(command, app).await,
        Command::Deploy(args) => deploy::deploy(args, app).await,
        Command::Rollback(args) => deploy::rollback(args, app).await,
        Command::Eject(args) => deploy::eject(args, app).await,
        Command::Env(command) => env::run(command, app).await,
        Command::History(args) => logs::history(args, app).await,
        Command::Logs(args) => logs::logs(args, app).await,
        Command::Status(args) => running::status(args, app).await,
        Command::Restart(args) => running::restart(args, app).await,
        Command::Stop(args) => running::stop(args, app).await,
        Command::Start(args) => running::start(args, app).await,
        Command::Exec(args) => running::exec(args, app).await,
        Command::Resume(args) => running::resume(args, app).await,
        Command::Diagnostics => diagnostics::run(app).await,
        Command::Sample(command) => sample::run(command, app).await,
        Command::Completions(args) => shell::completions(&args),
        Command::Man(args) => shell::man(&args),
    }
}

fn consent(command: &Command) -> Consent {
    let yes = match command {
        Command::Deploy(args) => args.yes,
        Command::Rollback(args) => args.yes,
        Command::Eject(args) => args.yes,
        Command::Restart(args) | Command::Stop(args) => args.yes,
        Command::Env(EnvCommand::Unset(args)) => args.yes,
        Command::Server(ServerCommand::Restart { yes, .. } | ServerCommand::Remove { yes, .. })
        | Command::Project(ProjectCommand::Remove { yes, .. })
        | Command::Registry(
            RegistryCommand::Remove { yes, .. } | RegistryCommand::Clean { yes, .. } | RegistryCommand::Lifecycle { yes, .. },
        )
        | Command::Github(GithubCommand::Disconnect { yes })
        | Command::Sample(SampleCommand::Up { yes } | SampleCommand::Down { yes }) => *yes,
        _ => false,
    };
    if yes { Consent::Given } else { Consent::Asked }
}
