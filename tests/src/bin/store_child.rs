//! `store_child`: a process that uses a store, to be killed or starved by a scenario.
//!
//! Owns: what it does and says. Must never know: when it dies.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Parser;
use jiff::Timestamp;
use plimsoll_core::{
    domain::{
        deployment::{Deployment, DeploymentKind, Stage, Status},
        environment::EnvironmentKey,
        event::{LogLine, StepEvent, StepEventKind},
        id::ProjectId,
        name::{EnvironmentName, Name},
        project::Project,
        secret::Secret,
    },
    secrets::{Keychain, SecretKey, SecretKind, Secrets, SecretsError},
    store::{Store, StoreError, deployments::Filter},
};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[derive(Parser)]
enum Action {
    /// Store events and lines, and say of each when it was acknowledged
    Write { dir: PathBuf, rounds: u64 },
    /// End a deployment on a full disk and die without closing; DIR is a small file system of its own
    Fill { dir: PathBuf },
    /// Keep a password in the keychain and say what became of it
    Keychain,
    /// Open what is left of that, still with no byte free
    Reopen { dir: PathBuf },
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Action::parse() {
        Action::Write { dir, rounds } => write(&dir, rounds).await,
        Action::Fill { dir } => fill(&dir).await,
        Action::Keychain => keychain().await,
        Action::Reopen { dir } => reopen(&dir).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

async fn write(dir: &Path, rounds: u64) -> Outcome<()> {
    let store = Store::open(dir).await?;
    let mut deployment = begin(&store).await?;
    say(&format!("deployment {}", deployment.id))?;
    for index in 0..rounds {
        store.events().append(deployment.id, &note(index)).await?;
        say(&format!("event {index}"))?;
        // Fewer lines than events: a scenario counts calls per thread, and both threads must get their turn to die.
        if index % 4 == 0 {
            let lines = (0..3).map(|n| line(&format!("{index}.{n}"))).collect();
            say(&format!("lines {}", store.logs().append(deployment.id, lines).await?))?;
        }
    }
    deployment.status = Status::Live;
    store.deployments().record(&deployment, &finished(rounds)).await?;
    say("end")?;
    store.close().await;
    Ok(())
}

/// Everything a deployment needs at its end must work with no byte free.
async fn fill(dir: &Path) -> Outcome<()> {
    let data = dir.join("store");
    let store = Store::open(&data).await?;
    let mut deployment = begin(&store).await?;
    store.events().append(deployment.id, &note(0)).await?;
    take_all(dir)?;
    let lines = (0..1000).map(|n| line(&format!("{n:x}"))).collect();
    require(matches!(store.logs().append(deployment.id, lines).await, Err(StoreError::Full)), "a log is refused")?;
    require(data.join("ballast").exists(), "a log leaves the reserve alone")?;
    deployment.status = Status::Live;
    store.deployments().record(&deployment, &finished(1)).await?;
    require(!data.join("ballast").exists(), "the reserve was given up for the end")?;
    std::process::exit(0)
}

/// History opens even when the reserve is spent, its room taken by somebody else and the shared index gone.
async fn reopen(dir: &Path) -> Outcome<()> {
    let data = dir.join("store");
    for _ in 0..2 {
        take_all(dir)?;
        let store = Store::open(&data).await?;
        let history = store.deployments().list(&Filter::default()).await?;
        require(history.len() == 1 && history[0].status == Status::Live, "the end is in the history")?;
        require(store.events().read(history[0].id, 0, 0).await?.len() == 2, "its events are there")?;
        require(store.logs().count(history[0].id).await? == 0, "its log is readable")?;
        require(matches!(begin(&store).await, Err(e) if e.is::<StoreError>()), "nothing new can be written")?;
        store.close().await;
    }
    fs::remove_file(dir.join("filler"))?;
    let store = Store::open(&data).await?;
    require(data.join("ballast").exists(), "the reserve comes back")?;
    begin(&store).await?;
    require(store.recovered().is_empty(), "nothing was damaged")
}

async fn keychain() -> Outcome<()> {
    let key = SecretKey { kind: SecretKind::RegistryPassword, id: "a scenario of Plimsoll's".to_owned() };
    let kept = Keychain.set(&key, &Secret::new("canary-3k")).await;
    say(match kept {
        Ok(()) => "kept",
        Err(SecretsError::Unavailable) => "unavailable",
        Err(SecretsError::Locked(_)) => "locked",
        Err(_) => "failed",
    })?;
    kept.map_err(|error| format!("{error:?}").into())
}

/// Writes until the file system has not a single byte left.
fn take_all(dir: &Path) -> Outcome<()> {
    let mut file = File::options().create(true).append(true).open(dir.join("filler"))?;
    for size in [1 << 20, 4096, 1] {
        while file.write_all(&vec![7; size]).is_ok() {}
    }
    Ok(())
}

fn require(fact: bool, what: &str) -> Outcome<()> {
    if fact { Ok(()) } else { Err(format!("not so: {what}").into()) }
}

fn say(text: &str) -> Outcome<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    Ok(out.flush()?)
}

async fn begin(store: &Store) -> Outcome<Deployment> {
    let id = ProjectId::new();
    let name: Name = id.to_string().parse()?;
    store.projects().add(&Project { id, name, path: "/p".into(), added: Timestamp::now() }).await?;
    let deployment = Deployment::begun(
        EnvironmentKey { project: id, name: EnvironmentName::production() },
        DeploymentKind::Deploy,
        Timestamp::now(),
    );
    store.deployments().create(&deployment).await?;
    Ok(deployment)
}

fn note(index: u64) -> StepEvent {
    let kind = StepEventKind::Note { stage: Stage::Build, text: format!("note {index}") };
    StepEvent { index, at: Timestamp::now(), journal: None, kind }
}

fn finished(index: u64) -> StepEvent {
    let kind = StepEventKind::Finished { status: Status::Live, release: None, problem: None };
    StepEvent { index, at: Timestamp::now(), journal: None, kind }
}

fn line(text: &str) -> LogLine {
    LogLine { at: Timestamp::now(), stage: Stage::Build, source: None, text: text.to_owned() }
}
