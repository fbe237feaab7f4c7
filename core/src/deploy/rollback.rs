//! Making an older release live again: images, Compose file and variables together.
//!
//! Owns: which release, and the shorter way of the stages. Must never know: how a stage does its work.

use std::collections::BTreeSet;

use super::{
    halt::Halt,
    locate::{Located, locate},
    preflight, pull, record, redaction,
    resolve::read_env,
    run::Run,
    stack::StackState,
    stages::staged,
    swap::Swap,
    way_back,
    world::World,
};
use crate::{
    domain::{
        deployment::Stage, event::StepEventKind, record::ReleaseRecord, release::ReleaseId, secret::Secret, server::ServerFacts,
    },
    problem::{Code, Problem},
};

/// More than any rendered Compose file or list of variables.
const CAP: u64 = 16 << 20;

/// A release as its server keeps it.
pub struct KeptRelease {
    /// What it is made of.
    pub record: ReleaseRecord,
    /// Its rendered Compose file.
    pub compose: Secret,
    /// Its variables.
    pub env: Secret,
}

/// The release that a rollback would bring back; `None` takes the one that was live before the current one.
///
/// # Errors
/// When it cannot be restored, or the server cannot be reached.
pub async fn kept_release(world: &World, located: &Located, wanted: Option<ReleaseId>) -> Result<KeptRelease, Halt> {
    let id = choose(world, &located.state, wanted).await?;
    read_release(world, located, &id).await
}

/// A release that the server keeps.
///
/// # Errors
/// When it is not there, or the server cannot be reached.
pub async fn read_release(world: &World, located: &Located, id: &ReleaseId) -> Result<KeptRelease, Halt> {
    let host = world.server.host.as_ref();
    let record = record::read(host, &located.folders, id).await?;
    let folder = located.folders.release(id.as_str());
    let text = async |name: &str| {
        let bytes = host.get(&format!("{folder}/{name}"), CAP).await?.unwrap_or_default();
        Ok::<_, Halt>(Secret::new(String::from_utf8_lossy(&bytes)))
    };
    Ok(KeptRelease { record, compose: text("compose.json").await?, env: text(".env").await? })
}

/// Carries a rollback out.
pub(super) async fn run(run: &mut Run, wanted: Option<ReleaseId>) -> Result<(), Halt> {
    let (located, target) = staged!(run, Stage::Resolve, resolve(run, wanted.clone()));
    run.folders = Some(located.folders.clone());
    let facts = staged!(run, Stage::Preflight, preflight(run, &located));
    for stage in [Stage::Source, Stage::Build, Stage::Gate, Stage::Stage] {
        let reason = "the release is on the server".to_owned();
        run.recorder.event(StepEventKind::StageSkipped { stage, reason }).await?;
    }
    staged!(run, Stage::Pull, pull_back(run, &target));
    let swap = Swap {
        world: &run.world,
        stack: &located.stack,
        deployment: &run.deployment,
        hook: facts.boot_hook,
        release_command: None,
    };
    let containers = run.world.server.engine.containers_of(&located.stack).await?;
    let order = swap.order(&target, &located.state, &containers)?;
    run.swap(&located.folders, &order).await?;
    staged!(run, Stage::Record, run.record(&target, &located.stack));
    Ok(())
}

async fn preflight(run: &mut Run, located: &Located) -> Result<(ServerFacts, String), Halt> {
    let facts = run.take_lock(&located.folders).await?;
    preflight::unchanged(&run.world, &located.folders, &located.state).await?;
    if let Some(current) = &located.state.record {
        way_back::to(&run.world, current, run.request.undo).await?;
    }
    Ok((facts, String::new()))
}

/// The images are there by their tags; one that was removed by hand is pulled again.
async fn pull_back(run: &mut Run, target: &ReleaseRecord) -> Result<((), String), Halt> {
    let pulled = pull::run(&run.world, &target.release, &mut run.recorder).await?;
    Ok(((), format!("{} images are there", pulled.image_ids.len())))
}

async fn resolve(run: &mut Run, wanted: Option<ReleaseId>) -> Result<((Located, ReleaseRecord), String), Halt> {
    let located = locate(&run.world).await?;
    let variables = read_env(located.state.env.as_ref())?;
    run.recorder.keep_out(redaction::of(&run.world, variables.values(), &[], &BTreeSet::new()).await?);
    let id = choose(&run.world, &located.state, wanted).await?;
    let target = record::read(run.world.server.host.as_ref(), &located.folders, &id).await?;
    run.deployment.previous = located.state.current.clone();
    run.deployment.commit = Some(target.release.commit.clone());
    run.know_release(&target.release).await?;
    let note = format!("{id}, {} {}", target.release.commit.id.short(), target.release.commit.subject);
    Ok(((located, target), note))
}

/// The release asked for if it can be restored, else the one that was live before the current one.
pub(super) async fn choose(world: &World, state: &StackState, wanted: Option<ReleaseId>) -> Result<ReleaseId, Halt> {
    let restorable: BTreeSet<&ReleaseId> = state.restorable.iter().filter(|id| Some(*id) != state.current.as_ref()).collect();
    if let Some(id) = wanted {
        return if restorable.contains(&id) { Ok(id) } else { Err(not_restorable(&id, state).into()) };
    }
    let history = world.store.deployments().live(&world.environment, 100).await?;
    let before = history.into_iter().filter_map(|deployment| deployment.release).find(|id| restorable.contains(id));
    before.or_else(|| restorable.first().map(|id| (*id).clone())).ok_or_else(|| nothing_before().into())
}

/// There is nothing to bring back.
#[must_use]
pub fn serves_already(id: &ReleaseId) -> Problem {
    Problem::new(
        Code::InvalidInput,
        format!("The release {id} serves already"),
        "there is nothing to bring back",
        "Name another release, or none for the one before.",
    )
}

fn not_restorable(id: &ReleaseId, state: &StackState) -> Problem {
    if state.current.as_ref() == Some(id) {
        return serves_already(id);
    }
    let listed = state.restorable.iter().map(ReleaseId::as_str).collect::<Vec<_>>().join(", ");
    Problem::new(
        Code::NotRestorable,
        format!("The release {id} cannot be restored"),
        format!("restorable: {listed}"),
        "Name one of these; an older commit can be deployed again.",
    )
}

fn nothing_before() -> Problem {
    Problem::new(
        Code::NotRestorable,
        "There is no older release to go back to",
        "no other release was live here",
        "Deploy the commit you want: `plimsoll deploy PROJECT --commit REF`.",
    )
}
