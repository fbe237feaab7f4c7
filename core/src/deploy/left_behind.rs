//! A swap that was left half done: its laptop is silent, and its runner died.
//!
//! Owns: bringing it to its end before anything else moves there. Must never know: what comes next.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt as _;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{halt::Halt, heartbeat::held};
use crate::{
    domain::{environment::Folders, id::DeploymentId},
    host::{
        Host,
        lock::{self, LockState},
    },
    problem::{Code, Problem},
    runner,
};

/// How long contact may be lost meanwhile.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the last program of a dead runner is waited for, and how often it is looked for.
const LAST_PROGRAM: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(500);

/// Brings it to its end, if there is one: what serves in the middle of a swap is no release. Says in words whose it was. Two who
/// do so at once do it together.
pub(super) async fn finish(host: &Arc<dyn Host>, folders: &Folders) -> Result<Option<String>, Halt> {
    let Some(lock) = lock::read(host.as_ref(), folders).await? else { return Ok(None) };
    let Some(id) = half_done(host.as_ref(), folders, &lock).await? else { return Ok(None) };
    runner::resume(host.as_ref(), folders, id).await?;
    let mut lines = runner::follow(host.clone(), folders.clone(), id, 0, PATIENCE, CancellationToken::new());
    while let Some(line) = lines.next().await {
        line?;
    }
    Ok(Some(format!("the {} that {} had left half done was brought to its end first", lock.owner.what, lock.owner.who)))
}

/// The same where what serves was read before: that no longer holds.
pub(super) async fn finish_and_refuse(host: &Arc<dyn Host>, folders: &Folders) -> Result<(), Halt> {
    let Some(finished) = finish(host, folders).await? else { return Ok(()) };
    Err(Problem::new(Code::Locked, "Somebody else's swap came first", finished, "Try again.").into())
}

/// The deployment of a lock that was left behind, if its runner died on the way.
async fn half_done(host: &dyn Host, folders: &Folders, lock: &LockState) -> Result<Option<DeploymentId>, Halt> {
    let Ok(id) = lock.owner.id.parse::<DeploymentId>() else { return Ok(None) };
    if !lock.is_stale() {
        return Ok(None);
    }
    let mut state = runner::state(host, folders, id).await?;
    let over = Instant::now() + LAST_PROGRAM;
    // A runner that lives keeps its lock fresh: this is the last program of one that died, and nobody goes on beside it.
    while state == runner::State::Running && Instant::now() < over {
        tokio::time::sleep(LOOK).await;
        state = runner::state(host, folders, id).await?;
    }
    match state {
        runner::State::Interrupted => Ok(Some(id)),
        runner::State::Running => Err(held(lock).into()),
        runner::State::NotStarted | runner::State::Finished(_) => Ok(None),
    }
}
