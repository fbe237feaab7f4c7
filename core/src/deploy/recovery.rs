//! Settling deployments that were left open: a killed program, a lost network, a night.
//!
//! Owns: comparing our record with the server's journal, which is the truth. Must never know: who asks for it.

use std::collections::BTreeSet;

use jiff::Timestamp;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::{
    halt::Halt,
    locate::Located,
    machine::Machine,
    record::{conclude, remember},
    recorder::Recorder,
    redaction,
    resolve::read_env,
    run::tidy,
    swap::{Wishes, follow},
    world::World,
};
use crate::{
    domain::{
        deployment::{Deployment, Status},
        environment::Folders,
        event::Progress,
        id::DeploymentId,
    },
    failpoint::reach,
    problem::{Code, Problem},
    runner,
    store::{Store, StoreError},
};

/// What an open deployment turned out to be.
#[derive(Debug, Clone)]
pub struct Settled {
    /// As it is recorded now.
    pub deployment: Deployment,
    /// What was found and done, in words.
    pub finding: String,
}

/// Settles one open deployment that nobody works on any more: follows what still runs, takes up what was interrupted,
/// records what ended.
///
/// # Errors
/// When the server cannot be reached; the deployment then stays open.
pub async fn settle(
    world: &World,
    located: &Located,
    deployment: Deployment,
    progress: broadcast::Sender<Progress>,
    cancel: &CancellationToken,
) -> Result<Settled, Halt> {
    let (store, machine, folders) = (&world.store, &world.server, &located.folders);
    let state = runner::state(machine.host.as_ref(), folders, deployment.id).await?;
    let mut recorder = Recorder::open(store, deployment.id, progress).await?;
    let variables = read_env(located.state.env.as_ref())?;
    recorder.keep_out(redaction::of(world, variables.values(), &[], &BTreeSet::new()).await?);
    let finding = match state {
        runner::State::NotStarted => return never_began(machine, folders, deployment, recorder).await,
        runner::State::Running => "its swap was still under way and was followed to its end",
        runner::State::Interrupted => "its swap had been interrupted and was taken up again",
        runner::State::Finished(_) => "its swap had ended on the server",
    };
    let seen = seen(store, deployment.id).await?;
    let detach = CancellationToken::new();
    let wishes = Wishes { cancel, detach: &detach };
    let followed = follow(machine, folders, deployment.id, &mut recorder, seen, wishes).await?;
    let mut deployment = deployment;
    recorder.output(&followed.log).await;
    conclude(&mut deployment, followed);
    if deployment.status == Status::Live {
        remember(world, &located.stack, deployment.release.as_ref()).await?;
    }
    reach(format_args!("settled"));
    recorder.end(&mut deployment).await?;
    Ok(Settled { deployment, finding: finding.to_owned() })
}

/// Nothing had moved: the lock is given back, what was laid down is removed.
async fn never_began(
    machine: &Machine,
    folders: &Folders,
    mut deployment: Deployment,
    recorder: Recorder,
) -> Result<Settled, Halt> {
    tidy(machine.host.as_ref(), folders, deployment.id).await?;
    deployment.status = Status::Failed;
    deployment.finished = Some(Timestamp::now());
    deployment.problem = Some(interrupted());
    recorder.end(&mut deployment).await?;
    Ok(Settled { deployment, finding: "it had been interrupted before anything moved on the server".to_owned() })
}

/// The last journal line that is in our history.
async fn seen(store: &Store, deployment: DeploymentId) -> Result<u64, StoreError> {
    const PAGE: u32 = 1000;
    let (mut from, mut seen) = (0, 0);
    loop {
        let events = store.events().read(deployment, from, PAGE).await?;
        let Some(last) = events.last() else { return Ok(seen) };
        from = last.index + 1;
        seen = events.iter().filter_map(|event| event.journal).fold(seen, u64::max);
    }
}

fn interrupted() -> Problem {
    Problem::new(
        Code::Interrupted,
        "The deployment was interrupted before anything moved",
        "Plimsoll ended or lost contact before the swap began; what served before still serves",
        "Deploy again: what was built and pushed is not built again.",
    )
}
