//! The laptop's hold on an environment's lock while stages 2 to 7 run.
//!
//! Owns: taking it, telling that we live. Must never know: the stages.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{halt::Halt, left_behind};
use crate::{
    domain::{environment::Folders, id::DeploymentId},
    host::{
        Host,
        lock::{self, Acquire, Hold, LockOwner, LockState},
    },
    problem::{Code, Problem},
    runner::RunnerError,
};

const EVERY: Duration = Duration::from_secs(8);

/// A held lock; a task tells the server that we live.
pub(super) struct Heartbeat {
    host: Arc<dyn Host>,
    folders: Folders,
    id: String,
    beat: JoinHandle<()>,
    /// Fires when the lock was taken from us.
    pub(super) lost: CancellationToken,
}

impl Heartbeat {
    /// Takes the lock; one that was left behind is taken over.
    pub(super) async fn take(
        host: &Arc<dyn Host>,
        folders: &Folders,
        id: DeploymentId,
        who: &str,
        what: &str,
    ) -> Result<Self, Halt> {
        let owner = LockOwner {
            id: id.to_string(),
            who: who.to_owned(),
            what: what.to_owned(),
            since: Timestamp::now(),
            step: "preflight".to_owned(),
        };
        match lock::acquire(host.as_ref(), folders, &owner).await? {
            Acquire::Acquired => {}
            Acquire::Held(state) if state.is_stale() => {
                left_behind::finish_and_refuse(host, folders).await?;
                take_over(host.as_ref(), folders, &state, &owner).await?;
            }
            Acquire::Held(state) => return Err(held(&state).into()),
        }
        let lost = CancellationToken::new();
        let beat = tokio::spawn(beat(host.clone(), folders.clone(), owner.id.clone(), lost.clone()));
        Ok(Self { host: host.clone(), folders: folders.clone(), id: owner.id, beat, lost })
    }

    /// Says at which step we are; the lock's reader sees it.
    pub(super) async fn step(&self, step: &str) -> Result<(), Halt> {
        match lock::set_step(self.host.as_ref(), &self.folders, &self.id, step).await? {
            Hold::Kept => Ok(()),
            Hold::Lost => Err(taken().into()),
        }
    }

    /// The runner keeps it alive from here on and gives it back.
    pub(super) fn hand_over(&self) {
        self.beat.abort();
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.beat.abort();
    }
}

async fn take_over(host: &dyn Host, folders: &Folders, stale: &LockState, owner: &LockOwner) -> Result<(), Halt> {
    match lock::take_over(host, folders, &stale.owner.id, owner).await? {
        Acquire::Acquired => Ok(()),
        Acquire::Held(state) => Err(held(&state).into()),
    }
}

async fn beat(host: Arc<dyn Host>, folders: Folders, id: String, lost: CancellationToken) {
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        ticks.tick().await;
        // A missed beat is no loss: contact may come back before the lock goes stale.
        if let Ok(Hold::Lost) = lock::heartbeat(host.as_ref(), &folders, &id).await {
            lost.cancel();
            return;
        }
    }
}

/// Somebody else deploys: who, since when, at which step.
pub(super) fn held(state: &LockState) -> Problem {
    let LockOwner { who, what, since, step, .. } = &state.owner;
    Problem::new(
        Code::Locked,
        format!("{who} is deploying here"),
        format!("{what}, since {since}, at step {step}; last heard of {} s ago", state.silent_for.as_secs()),
        "Wait for its end (`plimsoll status` shows it), or cancel it there.",
    )
}

pub(super) fn taken() -> Problem {
    RunnerError::Taken.into()
}
