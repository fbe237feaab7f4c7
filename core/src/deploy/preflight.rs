//! Stage 2: is the server able and free, and does the release make sense there?
//!
//! Owns: everything that can refuse a deployment before minutes are spent. Must never know: how images are built.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    deliver, externals, halt::Halt, heartbeat::Heartbeat, render::Rendering, resolve::Compose, stack::StackState, world::World,
};
use crate::{
    build::Builder,
    domain::{
        bytes::Bytes,
        environment::Folders,
        id::DeploymentId,
        platform::Platform,
        server::{Requirement, ServerFacts},
    },
    host::facts::{self, Role},
    plan::{
        deploy::ImageAction,
        room::{Estimate, Fit, fits},
    },
    problem::{Code, Problem},
};

/// Fewer free inodes than this end in "no space left" with gigabytes free: an image of a Node app has 30,000 files.
const INODES: u64 = 50_000;

/// What preflight learnt and holds.
pub(super) struct Ready {
    pub(super) facts: ServerFacts,
    pub(super) lock: Heartbeat,
}

/// Asks the server, takes the lock.
pub(super) async fn server(world: &World, folders: &Folders, id: DeploymentId, what: &str) -> Result<Ready, Halt> {
    let facts = facts::gather(world.server.host.as_ref()).await?;
    able(&world.server.server.name.to_string(), &facts)?;
    world.store.servers().set_facts(world.server.server.id, &facts).await?;
    let lock = Heartbeat::take(&world.server.host, folders, id, &world.who, what).await?;
    Ok(Ready { facts, lock })
}

/// Delivers the sources and lets the server's Compose read them with the server's variables; what they say somebody else made is
/// there.
pub(super) async fn sources(world: &World, compose: &Compose, id: DeploymentId) -> Result<(), Halt> {
    let host = world.server.host.as_ref();
    let name = id.to_string();
    deliver::deliver(host, &compose.folders, &name, &compose.luggage).await?;
    let rendering = Rendering {
        machine: &world.server,
        folders: &compose.folders,
        stack: &compose.stack,
        model: &compose.model,
        profiles: &world.settings.profiles,
        name: &name,
        moved: &compose.luggage.moved,
    };
    let rendered = rendering.run(&BTreeMap::new(), &compose.environment("000000000000")).await?;
    externals::are_there(world, &rendered.model).await
}

/// The builder can build for the server, and is not the server.
pub(super) async fn builder(world: &World, compose: &Compose) -> Result<Option<Arc<dyn Builder>>, Halt> {
    let built = compose.decisions.iter().find(|(_, decision)| decision.action == ImageAction::Build);
    let Some((service, _)) = built else { return Ok(None) };
    let Some(builder) = &world.builder else { return Err(no_builder(service.as_str()).into()) };
    let platforms = builder.platforms().await?;
    if platforms.contains(&compose.platform) {
        Ok(Some(builder.clone()))
    } else {
        Err(foreign(builder.as_ref(), &compose.platform).into())
    }
}

/// What this deployment will probably take fits: known before minutes are spent on a build. The gate measures it exactly.
pub(super) fn probably_fits(world: &World, estimate: Option<Estimate>, facts: &ServerFacts) -> Result<(), Problem> {
    let (Some(estimate), Some(free)) = (estimate, facts.disk_free) else { return Ok(()) };
    let Fit::Short { .. } = fits(estimate.needed, free) else { return Ok(()) };
    let mut problem = disk_short(world.server.server.name.as_str(), estimate.needed, free);
    problem.title = format!("The disk of {} has probably no room for this release", world.server.server.name);
    problem.detail = format!("{}; estimated from {}", problem.detail, basis(estimate.based_on));
    Err(problem)
}

fn basis(deployments: u32) -> String {
    match deployments {
        1 => "what the last deployment pulled".to_owned(),
        n => format!("the most that one of the last {n} deployments pulled"),
    }
}

/// What serves and its variables are still as they were read before the lock was ours: somebody else may have ended a
/// deployment in between.
pub(super) async fn unchanged(world: &World, folders: &Folders, before: &StackState) -> Result<(), Halt> {
    let now = StackState::read(world.server.host.as_ref(), folders).await?;
    let same = |now: &StackState| now.current == before.current && now.env == before.env && now.build_env == before.build_env;
    if same(&now) && now.active == before.active {
        return Ok(());
    }
    Err(Problem::new(
        Code::Locked,
        "Something else changed this environment in the same moment",
        "another deployment ended, or variables were set, after this one had read what serves",
        "Deploy again.",
    )
    .into())
}

fn able(server: &str, facts: &ServerFacts) -> Result<(), Problem> {
    let missing: Vec<Requirement> = facts::requirements(facts, Role::Serve).into_iter().filter(|r| r.required).collect();
    if !missing.is_empty() {
        return Err(requirements_missing(server, &missing));
    }
    if let (Some(free), Some(total)) = (facts.inodes_free, facts.inodes_total)
        && total > 0
        && free < INODES
    {
        return Err(inodes_short(server, free, total));
    }
    match facts.disk_free.map(|free| (free, fits(Bytes(0), free))) {
        Some((free, Fit::Short { .. })) => Err(disk_short(server, Bytes(0), free)),
        _ => Ok(()),
    }
}

fn requirements_missing(server: &str, missing: &[Requirement]) -> Problem {
    let line = |r: &Requirement| {
        let remedy = r.remedy.as_deref().map(|command| format!("\n  install it there: {command}")).unwrap_or_default();
        format!("{}: {}{remedy}", r.what, r.why)
    };
    Problem::new(
        Code::RequirementMissing,
        format!("{server} lacks what a deployment needs"),
        missing.iter().map(line).collect::<Vec<_>>().join("\n"),
        format!("Install it, then check again with `plimsoll server check {server}`."),
    )
}

pub(super) fn disk_short(server: &str, needed: Bytes, free: Bytes) -> Problem {
    Problem::new(
        Code::DiskFull,
        format!("The disk of {server} has no room for this release"),
        format!("{needed} needed beside the reserve of {}, {free} free", crate::plan::room::KEEP_FREE),
        "Free space there: `docker image prune -a` keeps what runs; Plimsoll keeps its releases by their tags.",
    )
}

fn inodes_short(server: &str, free: u64, total: u64) -> Problem {
    Problem::new(
        Code::InodesFull,
        format!("The disk of {server} has no inodes left for this release"),
        format!("{free} of {total} inodes are free, at least {INODES} are needed"),
        "Remove many small files there (old images, caches): bytes are free, but no file can be made.",
    )
}

fn no_builder(service: &str) -> Problem {
    Problem::new(
        Code::SettingsIncomplete,
        "The project has no builder",
        format!("{service} is built from this repository, and plimsoll.toml names nobody to build it"),
        "Add a build VM with `plimsoll server add`, then write `[builder] kind = \"build-vm\"` and `server = \"NAME\"` into plimsoll.toml.",
    )
}

fn foreign(builder: &dyn Builder, platform: &Platform) -> Problem {
    Problem::new(
        Code::BuilderPlatform,
        format!("{} cannot build for {platform}", builder.label()),
        "the server is of another architecture than the builder, and no emulation is installed there",
        crate::build::emulation(platform),
    )
}
