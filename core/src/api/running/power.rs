//! Restarting, stopping and starting what runs.
//!
//! Owns: what is asked first, and what is left alone. Must never know: the engine's API.

use serde::Deserialize;

use super::{ServiceStatus, containers, find, status::services_of};
use crate::{
    api::{Act, Question, Session, names::consent},
    deploy::{Located, World},
    docker::{ContainerFacts, ContainerState},
    domain::{
        environment::Folders,
        name::{EnvironmentName, ServiceName},
        record::ServiceKind,
    },
    host::{Host, lock},
    problem::{Code, Problem},
};

/// What to do with running services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Power {
    /// Stop and start.
    Restart,
    /// Stop.
    Stop,
    /// Start.
    Start,
}

/// How long a container may take to stop by itself; Compose's own default.
const GRACE: std::time::Duration = std::time::Duration::from_secs(10);

/// Restarts, stops or starts the containers of an environment, or of some services. The first two are asked about.
///
/// # Errors
/// When the answer was no, the server cannot be reached, a deployment is in flight, or a service is unknown.
pub async fn power(
    session: &Session,
    project: &str,
    environment: &EnvironmentName,
    services: &[ServiceName],
    power: Power,
) -> Result<Vec<ServiceStatus>, Problem> {
    let (world, located) = find(session, project, environment).await?;
    refuse_in_flight(world.server.host.as_ref(), &located.folders).await?;
    let chosen = containers(&world, &located, services).await?;
    if let Some(question) = question(&world, services, power) {
        consent(session, question).await?;
        // A deployment may have begun while somebody thought about it.
        refuse_in_flight(world.server.host.as_ref(), &located.folders).await?;
    }
    let engine = &world.server.engine;
    for container in chosen.into_iter().filter(|container| !has_done_its_work(&located, container)) {
        match power {
            Power::Restart => engine.restart(&container.id, GRACE).await?,
            Power::Stop => engine.stop(&container.id, GRACE).await?,
            Power::Start => engine.start(&container.id).await?,
        }
    }
    services_of(&world, &located).await
}

fn question(world: &World, services: &[ServiceName], power: Power) -> Option<Question> {
    let (act, gap) = match power {
        Power::Restart => (Act::Restart, "It stops and starts: its users may see a gap of some seconds."),
        Power::Stop => (Act::Stop, "Its users get no answer from it until it is started again."),
        Power::Start => return None,
    };
    let place = format!("{} in {}", world.project.name, world.environment.name);
    let names: Vec<&str> = services.iter().map(ServiceName::as_str).collect();
    let what = if names.is_empty() { place } else { format!("{} of {place}", names.join(", ")) };
    let consequences = vec![gap.to_owned(), "The release, its volumes and its variables stay as they are.".to_owned()];
    Some(Question::Act { act, what, consequences })
}

/// Services that end by themselves, such as migrations, run once per release, whoever restarts the rest.
fn has_done_its_work(located: &Located, container: &ContainerFacts) -> bool {
    let mut services = located.state.record.iter().flat_map(|record| &record.services);
    let kind = services.find(|service| Some(service.name.as_str()) == container.service.as_deref()).map(|service| service.kind);
    match kind {
        Some(ServiceKind::OneShot) => true,
        Some(ServiceKind::MayEnd) => container.state == ContainerState::Exited && container.exit_code == 0,
        Some(ServiceKind::Long) | None => false,
    }
}

/// While somebody deploys a stack nothing of it is touched.
pub(in crate::api) async fn refuse_in_flight(host: &dyn Host, folders: &Folders) -> Result<(), Problem> {
    match lock::read(host, folders).await? {
        Some(state) if !state.is_stale() => Err(Problem::new(
            Code::Locked,
            format!("{} is deploying here", state.owner.who),
            format!("{}, since {}, at step {}", state.owner.what, state.owner.since, state.owner.step),
            "Wait for its end, then try again.",
        )),
        _ => Ok(()),
    }
}
