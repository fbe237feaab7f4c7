//! `plimsoll env …`
//!
//! Owns: those acts' calls, and that a value never comes from the command line. Must never know: where variables are kept.

use std::io::IsTerminal;

use plimsoll_core::{
    api::{
        Ask,
        variables::{self, Scope, Variable},
    },
    domain::secret::Secret,
    problem::{Code, Problem},
};
use serde::Serialize;

use super::{App, Stop, place};
use crate::{
    args::{EnvCommand, EnvGet, EnvImport, EnvSet, EnvUnset},
    exit::Exit,
    input::{self, LastLineEnd},
    output::{self, Format},
    render::{neutral::neutral, variables as render},
};

/// Does what is asked for.
pub(crate) async fn run(command: EnvCommand, app: &App) -> Result<Exit, Stop> {
    match command {
        EnvCommand::List { project, environment } => {
            let session = app.session().await?;
            let project = place::project(&session, project).await?;
            app.answer(&variables::list(&session, &project, &environment.environment).await?, |all| render::table(all))
        }
        EnvCommand::Get(args) => get(args, app).await,
        EnvCommand::Set(args) => set(args, app).await,
        EnvCommand::Unset(args) => unset(args, app).await,
        EnvCommand::Import(args) => import(args, app).await,
    }
}

/// Prints a value: as it is where a program reads it, harmless where a terminal would.
async fn get(args: EnvGet, app: &App) -> Result<Exit, Stop> {
    let session = app.session().await?;
    let environment = &args.environment.environment;
    let value = variables::reveal(&session, &args.project, environment, scope(args.build), &args.name).await?;
    match app.format {
        Format::Json => output::json(&Revealed { name: &args.name, value: value.reveal() })?,
        Format::Text if std::io::stdout().is_terminal() => output::lines(value.reveal().lines().map(neutral))?,
        Format::Text => output::bytes(printed(&value, args.exact).as_bytes())?,
    }
    Ok(Exit::Done)
}

/// A variable with its value.
#[derive(Serialize)]
struct Revealed<'a> {
    name: &'a str,
    value: &'a str,
}

/// What `env set` reads back as the same value, with `--exact` or without.
fn printed(value: &Secret, exact: bool) -> String {
    let end = if exact { "" } else { "\n" };
    format!("{}{end}", value.reveal())
}

async fn set(args: EnvSet, app: &App) -> Result<Exit, Stop> {
    names_alone(&args.names)?;
    let values = values(&args, app).await?;
    let session = app.session().await?;
    let answer = variables::set(&session, &args.project, &args.environment.environment, scope(args.build), values).await?;
    changed(app, &answer)
}

async fn unset(args: EnvUnset, app: &App) -> Result<Exit, Stop> {
    names_alone(&args.names)?;
    let session = app.session().await?;
    let answer = variables::unset(&session, &args.project, &args.environment.environment, scope(args.build), &args.names).await?;
    changed(app, &answer)
}

async fn import(args: EnvImport, app: &App) -> Result<Exit, Stop> {
    let content = input::file(&args.file)?;
    let session = app.session().await?;
    let answer = variables::import(&session, &args.project, &args.environment.environment, scope(args.build), content).await?;
    changed(app, &answer)
}

fn changed(app: &App, answer: &[Variable]) -> Result<Exit, Stop> {
    app.answer(&answer, |all| vec![render::changed(all)])
}

fn scope(build: bool) -> Scope {
    if build { Scope::Build } else { Scope::Run }
}

/// Refuses `NAME=value` without repeating the value.
fn names_alone(names: &[String]) -> Result<(), Problem> {
    let Some((name, _)) = names.iter().find_map(|n| n.split_once('=')) else { return Ok(()) };
    let name = neutral(name);
    Err(Problem::new(
        Code::InvalidInput,
        format!("the value of {name} stands on the command line"),
        "other users of this machine can read it there, and the shell keeps it in its history",
        format!("Run `plimsoll env set PROJECT {name}` and type the value, or pipe it in. Consider this value as seen."),
    ))
}

async fn values(args: &EnvSet, app: &App) -> Result<Vec<(String, Secret)>, Problem> {
    if std::io::stdin().is_terminal() {
        return asked(&args.names, app).await;
    }
    let [name] = &args.names[..] else { return Err(one_at_a_time()) };
    let end = if args.exact { LastLineEnd::Kept } else { LastLineEnd::Dropped };
    Ok(vec![(name.clone(), input::stdin(end)?)])
}

async fn asked(names: &[String], app: &App) -> Result<Vec<(String, Secret)>, Problem> {
    let mut values = Vec::new();
    for name in names {
        let value = app.terminal.secret(&format!("Value of {name}")).await.ok_or_else(|| not_given(name))?;
        values.push((name.clone(), value));
    }
    Ok(values)
}

fn one_at_a_time() -> Problem {
    let hint = "Pipe NAME=value lines into `plimsoll env import PROJECT -`.";
    Problem::new(Code::InvalidInput, "standard input holds one value and several names are given", "", hint)
}

fn not_given(name: &str) -> Problem {
    let hint = "Type a value, or pipe it in; an empty one comes from `printf '' | plimsoll env set …`.";
    Problem::new(Code::ConsentMissing, format!("no value is given for {}", neutral(name)), "", hint)
}

#[cfg(test)]
mod tests {
    use plimsoll_core::domain::secret::Secret;

    use super::{names_alone, printed};

    #[test]
    fn a_value_on_the_command_line_is_refused_and_not_repeated() {
        let problem = names_alone(&["A".to_owned(), "TOKEN=hunter2=".to_owned()]).unwrap_err();
        let text = format!("{problem:?}");
        assert!(text.contains("TOKEN") && !text.contains("hunter2"), "{text}");
        assert!(names_alone(&["A".to_owned()]).is_ok());
    }

    #[test]
    fn what_is_printed_is_what_setting_reads_back() {
        let value = Secret::new("a b\n");
        assert_eq!(printed(&value, false), "a b\n\n");
        assert_eq!(printed(&value, true), "a b\n");
    }
}
