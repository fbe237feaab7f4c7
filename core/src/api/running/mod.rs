//! What runs now: status, output, restart, commands inside.
//!
//! Owns: finding an environment's containers, and running a command in one. Must never know: the engine's API.

mod output;
mod power;
mod status;

use super::{Session, world::site};
use crate::{
    deploy::{Halt, Located, World, locate},
    docker::{ContainerFacts, ContainerState, compose_cli},
    domain::name::{EnvironmentName, ServiceName},
    host::{Command, Running},
    problem::{Code, Problem},
};

pub use output::{ContainerLine, Follow, logs};
pub(super) use output::{lines, redactor_of};
pub(super) use power::refuse_in_flight;
pub use power::{Power, power};
pub use status::{EnvironmentStatus, ServiceStatus, status};

/// A command in a container may run as long as its user wants.
const EXEC: std::time::Duration = std::time::Duration::from_secs(24 * 3600);

/// Starts a command in a service's running container, without a terminal; standard input is passed on.
///
/// # Errors
/// When the server cannot be reached or the service does not run.
pub async fn exec(
    session: &Session,
    project: &str,
    environment: &EnvironmentName,
    service: &ServiceName,
    argv: &[String],
) -> Result<Running, Problem> {
    let (world, located) = find(session, project, environment).await?;
    let found = containers(&world, &located, std::slice::from_ref(service)).await?;
    let running = found.into_iter().find(|container| container.state == ContainerState::Running);
    let container = running.ok_or_else(|| not_running(service))?;
    let mut words = compose_cli(&world.server.access);
    words.extend(["exec", "-i", container.id.as_str()].map(str::to_owned));
    words.extend(argv.iter().cloned());
    Ok(world.server.host.spawn(Command::new(words).bulk().deadline(EXEC)).await?)
}

async fn find(session: &Session, project: &str, environment: &EnvironmentName) -> Result<(World, Located), Problem> {
    let world = site(session, project, environment).await?;
    let located = locate(&world).await.map_err(Halt::into_problem)?;
    Ok((world, located))
}

async fn containers(world: &World, located: &Located, services: &[ServiceName]) -> Result<Vec<ContainerFacts>, Problem> {
    let all = located.state.apps(world.server.engine.containers_of(&located.stack).await?);
    let is = |container: &ContainerFacts, name: &ServiceName| container.service.as_deref() == Some(name.as_str());
    if let Some(unknown) = services.iter().find(|name| !all.iter().any(|c| is(c, name))) {
        return Err(not_running(unknown));
    }
    let chosen = |c: &ContainerFacts| !c.one_off && (services.is_empty() || services.iter().any(|name| is(c, name)));
    Ok(all.into_iter().filter(chosen).collect())
}

fn not_running(service: &ServiceName) -> Problem {
    Problem::new(
        Code::NotFound,
        format!("{service} does not run"),
        "it has no such container on the server",
        "See with `plimsoll status` what runs.",
    )
}
