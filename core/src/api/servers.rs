//! Servers: adding, checking, trusting, forgetting.
//!
//! Owns: those acts. Must never know: ssh details.

use std::time::Instant;

use jiff::Timestamp;
use serde::Serialize;

use super::{Answer, Question, Session, connect::FirstContact, hosts, names::name, projects};
use crate::{
    domain::{
        id::ServerId,
        name::Name,
        server::{Destination, Requirement, Server, ServerFacts},
    },
    host::{
        self, Command, HostError,
        facts::{self, Role},
    },
    problem::{Code, Problem},
};

/// What a check found.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ServerCheck {
    /// The server.
    pub server: Server,
    /// SHA256 fingerprint of its pinned key; `None` for this machine.
    pub fingerprint: Option<String>,
    /// Round trip of one command on an open connection, in milliseconds.
    pub latency_ms: u64,
    /// What was learnt.
    pub facts: ServerFacts,
    /// What is missing to serve, with remedies.
    pub missing_to_serve: Vec<Requirement>,
    /// What is missing to build, with remedies.
    pub missing_to_build: Vec<Requirement>,
}

/// Both fingerprints of a key that was accepted anew.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Trusted {
    /// The server.
    pub server: Server,
    /// The key pinned before.
    pub before: Option<String>,
    /// The key pinned now.
    pub now: String,
}

/// Adds a server: connects, pins its key (asked, or compared with `host_key`, a `SHA256:…` fingerprint) and stores it.
///
/// # Errors
/// When the name or destination is invalid or taken, the host does not answer, or its key is not accepted.
pub async fn add(session: &Session, name: &str, destination: &str, host_key: Option<&str>) -> Result<Server, Problem> {
    let name = super::names::name("server", name)?;
    let destination = self::destination(destination)?;
    if session.store.servers().find(name.as_str()).await?.is_some() {
        return Err(taken(&name));
    }
    let first = host_key.map_or(FirstContact::Ask, FirstContact::Expect);
    session.reach(&destination, name.as_str(), first).await?;
    let server = Server { id: ServerId::new(), name, destination, added: Timestamp::now() };
    session.store.servers().add(&server).await?;
    Ok(server)
}

/// All servers by name.
///
/// # Errors
/// When the store cannot be read.
pub async fn list(session: &Session) -> Result<Vec<Server>, Problem> {
    Ok(session.store.servers().list().await?)
}

/// A server in a list.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ServerRow {
    /// The server.
    #[serde(flatten)]
    pub server: Server,
    /// What its last check found.
    pub facts: Option<ServerFacts>,
    /// The projects that deploy to it.
    pub serves: Vec<Name>,
    /// The projects that build on it.
    pub builds: Vec<Name>,
}

/// All servers by name, with what is known of each without asking it.
///
/// # Errors
/// When the store cannot be read.
pub async fn rows(session: &Session) -> Result<Vec<ServerRow>, Problem> {
    let (projects, mut rows) = (projects::list(session).await?, Vec::new());
    for server in list(session).await? {
        let facts = session.store.servers().facts(server.id).await?;
        let using = |uses: &dyn Fn(&projects::ProjectRow) -> bool| -> Vec<Name> {
            projects.iter().filter(|row| uses(row)).map(|row| row.project.name.clone()).collect()
        };
        let serves = using(&|row| row.environments.iter().any(|(_, used)| *used == server.name));
        let builds = using(&|row| row.builder.as_ref() == Some(&server.name));
        rows.push(ServerRow { server, facts, serves, builds });
    }
    Ok(rows)
}

/// Connects and reports facts and missing requirements.
///
/// # Errors
/// When there is no such server or it cannot be reached.
pub async fn check(session: &Session, name: &str) -> Result<ServerCheck, Problem> {
    let server = session.store.servers().named(name).await?;
    let host = session.reach(&server.destination, server.name.as_str(), FirstContact::Refuse).await?;
    let started = Instant::now();
    host.run(Command::new(["true"])).await?;
    let latency_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let facts = facts::gather(host.as_ref()).await?;
    session.store.servers().set_facts(server.id, &facts).await?;
    session.machines.lock().await.remove(&server.id);
    let fingerprint = fingerprint(session, &server).await?;
    let missing_to_serve = facts::requirements(&facts, Role::Serve);
    let missing_to_build = facts::requirements(&facts, Role::Build);
    Ok(ServerCheck { server, fingerprint, latency_ms, facts, missing_to_serve, missing_to_build })
}

/// Accepts a changed host key after showing both fingerprints (asked, or compared with `host_key`).
///
/// # Errors
/// When the server cannot be reached or the key is not accepted.
pub async fn trust(session: &Session, name: &str, host_key: Option<&str>) -> Result<Trusted, Problem> {
    let server = session.store.servers().named(name).await?;
    let offered = scan(session, &server).await?;
    let before = session.store.pins().of(&offered.host, offered.port).await?.first().map(ToString::to_string);
    let accepted = match host_key {
        Some(named) if named != offered.key.fingerprint => return Err(another_key(&server, named, &offered.key.to_string())),
        Some(_) => true,
        // What is trusted already needs no question.
        None if before.as_ref() == Some(&offered.key.to_string()) => true,
        None => {
            let question = Question::ChangedHostKey {
                server: server.name.to_string(),
                pinned: before.clone().unwrap_or_else(|| "none".to_owned()),
                offered: offered.key.to_string(),
            };
            session.ask.confirm(question).await == Answer::Yes
        }
    };
    if !accepted {
        let (host, port) = (offered.host, offered.port);
        let pinned = before.unwrap_or_else(|| "none".to_owned());
        return Err(HostError::KeyChanged { host, port, pinned, offered: offered.key }.into());
    }
    session.store.pins().replace(&offered.host, offered.port, &offered.key).await?;
    session.machines.lock().await.remove(&server.id);
    Ok(Trusted { server, before, now: offered.key.to_string() })
}

fn another_key(server: &Server, named: &str, offered: &str) -> Problem {
    Problem::new(
        Code::HostKeyChanged,
        format!("The key of {} is not the one that --host-key names", server.name),
        format!("it shows {offered}, --host-key names {named}"),
        "Compare what it shows with the machine's console; nothing was trusted.",
    )
}

/// Gives a server another name. `plimsoll.toml` files that name it have to be changed by hand.
///
/// # Errors
/// When there is no such server or the name is taken.
pub async fn rename(session: &Session, from: &str, to: &str) -> Result<Server, Problem> {
    let server = session.store.servers().named(from).await?;
    session.machines.lock().await.remove(&server.id);
    Ok(session.store.servers().rename(server.id, &name("server", to)?).await?)
}

/// Forgets a server on this laptop; nothing on the server changes. Asks first, naming the projects that use it.
///
/// # Errors
/// When there is no such server or the answer was no.
pub async fn remove(session: &Session, name: &str) -> Result<Name, Problem> {
    let server = session.store.servers().named(name).await?;
    let mut consequences = vec!["What runs on it goes on; only this laptop forgets it.".to_owned()];
    for row in projects::list(session).await? {
        if row.environments.iter().any(|(_, used)| *used == server.name) {
            consequences.push(format!("The project {} deploys to it and cannot until it is added again.", row.project.name));
        }
        if row.builder.as_ref() == Some(&server.name) {
            consequences.push(format!("The project {} builds on it and cannot until it is added again.", row.project.name));
        }
    }
    let question =
        Question::Delete { what: format!("the server {}", server.name), consequences, typed: Some(server.name.clone()) };
    super::names::consent(session, question).await?;
    session.store.servers().remove(server.id).await?;
    session.machines.lock().await.remove(&server.id);
    Ok(server.name)
}

/// A destination as users give it, checked.
pub(super) fn destination(text: &str) -> Result<Destination, Problem> {
    text.parse().map_err(|error| invalid_destination(text, &error))
}

async fn scan(session: &Session, server: &Server) -> Result<host::HostKey, Problem> {
    if server.destination == Destination::Local {
        return Err(Problem::new(
            Code::InvalidInput,
            format!("{} is this machine", server.name),
            "it has no host key",
            "There is nothing to trust.",
        ));
    }
    hosts::scan_key(session, &server.destination, server.name.as_str()).await
}

/// The pinned key of a server; the address under which it is pinned is what it answers to now.
async fn fingerprint(session: &Session, server: &Server) -> Result<Option<String>, Problem> {
    if server.destination == Destination::Local {
        return Ok(None);
    }
    Ok(Some(scan(session, server).await?.key.fingerprint))
}

fn invalid_destination(text: &str, error: &crate::domain::server::DestinationError) -> Problem {
    Problem::new(
        Code::InvalidInput,
        format!("`{text}` is no destination"),
        error.to_string(),
        "Give an entry of ~/.ssh/config, user@host, user@host:port, or `local`.",
    )
}

fn taken(name: &Name) -> Problem {
    Problem::new(
        Code::AlreadyExists,
        format!("There is a server called {name} already"),
        "names are unique on this laptop",
        "Choose another name, or remove that one first.",
    )
}
