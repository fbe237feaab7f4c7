//! Is there memory for old and new together?
//!
//! Owns: measuring what runs, the refusal and what it offers. Must never know: how a service is swapped.

use std::fmt::Write as _;

use futures_util::future::join_all;

use super::{halt::Halt, resolve::Compose, world::World};
use crate::{
    docker::{ContainerFacts, ContainerState},
    domain::{name::ServiceName, server::ServerFacts, settings::Strategy},
    plan::{
        deploy::ImageAction,
        memory::{KEEP_FREE, Short, Twice, fits_twice},
    },
    problem::{Code, Problem},
    store::deployments::Filter,
};

/// How far back a gap is looked for.
const ROWS: u32 = 20;

/// Refuses where the new containers of switched services do not fit beside the old ones.
pub(super) async fn fits(world: &World, compose: &Compose, facts: &ServerFacts) -> Result<(), Halt> {
    let Some(available) = facts.memory_available else { return Ok(()) };
    let services = twice(world, compose).await?;
    match fits_twice(&services, available) {
        Ok(()) => Ok(()),
        Err(short) => Err(refusal(world, &services, short, expected_gap(world).await?).into()),
    }
}

/// What runs and is about to run twice.
async fn twice(world: &World, compose: &Compose) -> Result<Vec<Twice>, Halt> {
    let containers = compose.state.apps(world.server.engine.containers_of(&compose.stack).await?);
    let services: Vec<&ServiceName> = compose
        .switching
        .choices
        .iter()
        .filter(|(name, choice)| {
            (choice.overlap || choice.strategy == Strategy::BlueGreen)
                && compose.decisions.get(*name).is_some_and(|decision| decision.action != ImageAction::Keep)
        })
        .map(|(name, _)| name)
        .collect();
    let measured = services.into_iter().map(|name| async {
        let container = containers.iter().find(|container| serves(container, name))?;
        let stats = world.server.engine.stats(&container.id).await.ok()?;
        let switched = compose.state.colour_of(name).is_some() || compose.switching.choices[name].overlap;
        Some(Twice { service: name.clone(), uses: stats.memory, switched })
    });
    Ok(join_all(measured).await.into_iter().flatten().collect())
}

fn serves(container: &ContainerFacts, name: &ServiceName) -> bool {
    !container.one_off && container.state == ContainerState::Running && container.service.as_deref() == Some(name.as_str())
}

/// The longest gap of the last deployments here, in milliseconds.
async fn expected_gap(world: &World) -> Result<Option<u64>, Halt> {
    let environment = Some(world.environment.name.clone());
    let filter = Filter { project: Some(world.project.id), environment, limit: ROWS, ..Filter::default() };
    let history = world.store.deployments().list(&filter).await?;
    Ok(history.iter().filter_map(|deployment| deployment.gap_ms).max())
}

fn refusal(world: &World, services: &[Twice], short: Short, gap: Option<u64>) -> Problem {
    let names: Vec<&str> = services.iter().map(|twice| twice.service.as_str()).collect();
    let each: Vec<String> = services.iter().map(|twice| format!("{} uses {}", twice.service, twice.uses)).collect();
    let mut hint =
        format!("Write `strategy = \"recreate\"` under [services.{}] in plimsoll.toml: the old one then stops first", names[0]);
    if let Some(ms) = gap.filter(|ms| *ms > 0) {
        let _ = write!(hint, " (the longest gap of the last deployments here was {}.{} s)", ms / 1000, ms % 1000 / 100);
    }
    hint.push_str(". Or give the server more memory.");
    Problem::new(
        Code::MemoryShort,
        format!("Old and new of {} do not fit into the memory of {} together", names.join(", "), world.server.server.name),
        format!("{}: {} needed beside the reserve of {KEEP_FREE}, {} available", each.join(", "), short.needed, short.available),
        hint,
    )
}
