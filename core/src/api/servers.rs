//! Servers: adding, checking, trusting, forgetting.
//!
//! Owns: those acts. Must never know: ssh details.

use serde::Serialize;

use super::Session;
use crate::{
    domain::{
        name::Name,
        server::{Requirement, Server, ServerFacts},
    },
    problem::Problem,
};

/// What a check found.
#[derive(Debug, Clone, Serialize)]
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
    let _ = (session, name, destination, host_key);
    Err(super::projects::unfinished())
}

/// All servers by name.
///
/// # Errors
/// When the store cannot be read.
pub async fn list(session: &Session) -> Result<Vec<Server>, Problem> {
    let _ = session;
    Err(super::projects::unfinished())
}

/// Connects and reports facts and missing requirements.
///
/// # Errors
/// When there is no such server or it cannot be reached.
pub async fn check(session: &Session, name: &str) -> Result<ServerCheck, Problem> {
    let _ = (session, name);
    Err(super::projects::unfinished())
}

/// Accepts a changed host key after showing both fingerprints (asked, or compared with `host_key`).
///
/// # Errors
/// When the server cannot be reached or the key is not accepted.
pub async fn trust(session: &Session, name: &str, host_key: Option<&str>) -> Result<Trusted, Problem> {
    let _ = (session, name, host_key);
    Err(super::projects::unfinished())
}

/// Gives a server another name. `plimsoll.toml` files that name it are listed in the answer.
///
/// # Errors
/// When there is no such server or the name is taken.
pub async fn rename(session: &Session, from: &str, to: &str) -> Result<Server, Problem> {
    let _ = (session, from, to);
    Err(super::projects::unfinished())
}

/// Forgets a server on this laptop; nothing on the server changes. Asks first, naming the projects that use it.
///
/// # Errors
/// When there is no such server or the answer was no.
pub async fn remove(session: &Session, name: &str) -> Result<Name, Problem> {
    let _ = (session, name);
    Err(super::projects::unfinished())
}
