//! Servers: adding, checking, renaming, moving, trusting, forgetting.
//!
//! Owns: those acts. Must never know: ssh details.

mod moving;
mod trust;

use std::time::Instant;

use jiff::Timestamp;
use serde::Serialize;

use super::{Question, Session, connect::FirstContact, names::name, projects};
use crate::{
    domain::{
        id::ServerId,
        name::Name,
        server::{Destination, Requirement, Server, ServerFacts},
    },
    host::{
        Command,
        facts::{self, Role},
    },
    problem::{Code, Problem},
};

pub use moving::edit;
pub use trust::{KeyProof, Trusted, trust};

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

/// Adds a server: connects, pins its key and stores it.
///
/// # Errors
/// When the name or destination is invalid or taken, the host does not answer, or its key is not accepted.
pub async fn add(session: &Session, name: &str, destination: &str, key: KeyProof) -> Result<Server, Problem> {
    let name = super::names::name("server", name)?;
    let destination = self::destination(destination)?;
    if session.store.servers().find(name.as_str()).await?.is_some() {
        return Err(taken(&name));
    }
    let shown = key.shown(session)?;
    session.reach(&destination, name.as_str(), key.at_first_contact(shown.as_ref())).await?;
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

/// Gives a server another name. `plimsoll.toml` files that name it have to be changed by hand.
///
/// # Errors
/// When there is no such server or the name is taken.
pub async fn rename(session: &Session, from: &str, to: &str) -> Result<Server, Problem> {
    let server = session.store.servers().named(from).await?;
    moving::refuse_in_flight(session, &server).await?;
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

/// The pinned key of a server; the address under which it is pinned is what it answers to now.
async fn fingerprint(session: &Session, server: &Server) -> Result<Option<String>, Problem> {
    if server.destination == Destination::Local {
        return Ok(None);
    }
    Ok(Some(trust::scan(session, server).await?.key.fingerprint))
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
