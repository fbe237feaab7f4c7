//! A server as it is this second: its load, its containers, and whose they are.
//!
//! Owns: those acts. Must never know: the engine's API.

use std::collections::HashMap;

use futures_util::{StreamExt as _, future::join_all, stream::BoxStream};
use jiff::Timestamp;
use serde::Serialize;

use super::{Act, Question, Session, names::consent, running};
use crate::{
    deploy::Machine,
    docker::{ContainerFacts, ContainerState, Health, LogOptions, Usage},
    domain::{
        bytes::Bytes,
        name::{EnvironmentName, Name, ServiceName, StackName},
    },
    host::facts::{self, Load},
    problem::{Code, Problem},
    redact::Redactor,
};

pub use super::running::{ContainerLine, Follow};

/// How long a container may take to stop by itself; Docker's own default.
const GRACE: std::time::Duration = std::time::Duration::from_secs(10);

/// A container on a server.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ServerContainer {
    /// Full id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The Compose project it belongs to.
    pub stack: Option<String>,
    /// The project and environment of this laptop that it belongs to.
    pub owner: Option<(Name, EnvironmentName)>,
    /// Its Compose service.
    pub service: Option<String>,
    /// The image as it was named.
    pub image: String,
    /// What it is doing.
    pub state: ContainerState,
    /// What its health check says.
    pub health: Option<Health>,
    /// Restarts by the engine.
    pub restarts: u64,
    /// Exit status of its last end; 0 while it has never ended.
    pub exit_code: i64,
    /// When it was started.
    pub started: Option<Timestamp>,
    /// Memory in use.
    pub memory: Option<Bytes>,
    /// Share of one processor over the last second; 200 means two of them.
    pub cpu_percent: Option<f32>,
}

/// What a server uses now; takes about a second.
///
/// # Errors
/// When there is no such server or it cannot be reached.
pub async fn load(session: &Session, server: &str) -> Result<Load, Problem> {
    let server = session.store.servers().named(server).await?;
    let known = session.store.servers().facts(server.id).await?;
    let machine = session.machine(&server).await?;
    Ok(facts::load(machine.host.as_ref(), known.and_then(|facts| facts.data_root).as_deref()).await?)
}

/// Every container of every Compose project on a server, by stack and name.
///
/// # Errors
/// When there is no such server or its engine does not answer.
pub async fn containers(session: &Session, server: &str) -> Result<Vec<ServerContainer>, Problem> {
    let machine = machine(session, server).await?;
    let owners = owners(session).await?;
    let found = machine.engine.stacked_containers().await?;
    let measured = join_all(found.iter().map(|container| async {
        match container.state {
            ContainerState::Running => machine.engine.usage(&container.id).await.ok(),
            _ => None,
        }
    }));
    let mut rows: Vec<ServerContainer> =
        measured.await.into_iter().zip(found).map(|(usage, facts)| row(facts, usage, &owners)).collect();
    rows.sort_by(|a, b| (&a.stack, &a.name).cmp(&(&b.stack, &b.name)));
    Ok(rows)
}

/// Stops and starts one container of a server. Asks first.
///
/// # Errors
/// When the answer was no, there is no such server or container, or its engine does not answer.
pub async fn restart(session: &Session, server: &str, container: &str) -> Result<(), Problem> {
    let machine = machine(session, server).await?;
    let mut owners = owners(session).await?;
    let found = find(&machine, container).await?;
    let owner = found.labels.get("com.docker.compose.project").and_then(|stack| owners.remove(stack));
    refuse_in_flight(&machine, &found).await?;
    consent(session, question(&machine.server.name, &found.name, owner)).await?;
    refuse_in_flight(&machine, &found).await?;
    Ok(machine.engine.restart(&found.id, GRACE).await?)
}

/// Nothing of a stack is touched while somebody deploys it; a stack that is not ours has no lock.
async fn refuse_in_flight(machine: &Machine, container: &ContainerFacts) -> Result<(), Problem> {
    match stack(container) {
        Some(stack) => running::refuse_in_flight(machine.host.as_ref(), &machine.folders(&stack)).await,
        None => Ok(()),
    }
}

/// The output of one container: the last `tail` lines, then what follows if asked.
///
/// # Errors
/// When there is no such server or container, or its engine does not answer.
pub async fn logs(
    session: &Session,
    server: &str,
    container: &str,
    tail: u32,
    follow: Follow,
) -> Result<BoxStream<'static, Result<ContainerLine, Problem>>, Problem> {
    let machine = machine(session, server).await?;
    let found = find(&machine, container).await?;
    let name = found.service.as_deref().unwrap_or(&found.name);
    let service: ServiceName = name.parse().map_err(|_| unknown(&machine.server.name, container))?;
    // A stack that is not ours has no folder there: its output is shown as `docker logs` shows it.
    let redactor = match stack(&found) {
        Some(stack) => running::redactor_of(machine.host.as_ref(), &machine.folders(&stack)).await?,
        None => Redactor::none(),
    };
    Ok(running::lines(&machine.engine, &found.id, service, LogOptions { follow: follow.into(), tail: Some(tail) }, redactor)
        .boxed())
}

fn question(server: &Name, container: &str, owner: Option<(Name, EnvironmentName)>) -> Question {
    let whose = match owner {
        Some((project, environment)) => format!("It belongs to {project} in {environment}."),
        None => "It belongs to no project of this laptop.".to_owned(),
    };
    let gap = "It stops and starts: its users may see a gap of some seconds.".to_owned();
    Question::Act { act: Act::Restart, what: format!("{container} on {server}"), consequences: vec![whose, gap] }
}

async fn machine(session: &Session, server: &str) -> Result<Machine, Problem> {
    let server = session.store.servers().named(server).await?;
    session.machine(&server).await
}

fn stack(container: &ContainerFacts) -> Option<StackName> {
    container.labels.get("com.docker.compose.project").and_then(|stack| stack.parse().ok())
}

async fn find(machine: &Machine, container: &str) -> Result<ContainerFacts, Problem> {
    let found = if is_name(container) { machine.engine.container(container).await? } else { None };
    found.ok_or_else(|| unknown(&machine.server.name, container))
}

/// Whether a container can be called so: nothing else becomes a part of a request's path.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

/// Whose each stack is, by this laptop's own history.
async fn owners(session: &Session) -> Result<Owners, Problem> {
    let mut owners = HashMap::new();
    let known = session.store.environments().list().await?;
    for project in session.store.projects().list().await? {
        for (key, facts) in known.iter().filter(|(key, _)| key.project == project.id) {
            owners.insert(facts.stack.to_string(), (project.name.clone(), key.name.clone()));
        }
    }
    Ok(owners)
}

type Owners = HashMap<String, (Name, EnvironmentName)>;

fn row(facts: ContainerFacts, usage: Option<Usage>, owners: &Owners) -> ServerContainer {
    let stack = facts.labels.get("com.docker.compose.project").cloned();
    ServerContainer {
        owner: stack.as_ref().and_then(|stack| owners.get(stack)).cloned(),
        stack,
        id: facts.id,
        name: facts.name,
        service: facts.service,
        image: facts.image_ref,
        state: facts.state,
        health: facts.health,
        restarts: facts.restarts,
        exit_code: facts.exit_code,
        started: facts.started,
        memory: usage.as_ref().map(|usage| usage.memory),
        cpu_percent: usage.and_then(|usage| usage.cpu_percent),
    }
}

fn unknown(server: &Name, container: &str) -> Problem {
    Problem::new(
        Code::NotFound,
        format!("There is no container `{}` on {server}", container.escape_debug()),
        "it was removed meanwhile, or never had this name",
        format!("See with `plimsoll server show {server}` which there are."),
    )
}

#[cfg(test)]
mod tests {
    use super::is_name;

    #[test]
    fn only_what_a_container_can_be_called_is_asked_for() {
        for name in ["shop-api-1", "3f9ab12c41e2", "a_b.c"] {
            assert!(is_name(name), "{name}");
        }
        for text in ["", "-f", "../images", "a/b", "a?b", "a b", "größe"] {
            assert!(!is_name(text), "{text}");
        }
    }
}
