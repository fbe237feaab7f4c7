//! The swap that is under way in an environment: until the commit its old release is warm.
//!
//! Owns: finding it, and waiting for what the server decides. Must never know: who asked.

use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{halt::Halt, locate::Located, world::World};
use crate::{
    domain::{deployment::Deployment, id::DeploymentId, release::ReleaseId},
    runner::{self, JournalKind, Outcome, State},
};

/// A server that says nothing for so long is out of reach.
const SILENCE: Duration = Duration::from_secs(30);
/// A step that is under way is carried out before a wish is heeded; pulling apart what a stop takes may last.
const DECIDES: Duration = Duration::from_secs(120);

/// A deployment that a runner carries out.
pub struct UnderWay {
    /// Which.
    pub deployment: Deployment,
    /// What it replaced.
    pub previous: ReleaseId,
    /// It can still be undone.
    pub warm: bool,
}

/// The swap that replaces `wanted`; `None` for that takes whatever is replaced.
///
/// # Errors
/// When the store or the server cannot be read.
pub async fn under_way(world: &World, located: &Located, wanted: Option<&ReleaseId>) -> Result<Option<UnderWay>, Halt> {
    for deployment in world.store.deployments().unfinished(Some(&world.environment)).await? {
        let Some(previous) = deployment.previous.clone() else { continue };
        if wanted.is_some_and(|wanted| *wanted != previous) {
            continue;
        }
        let (host, folders) = (world.server.host.as_ref(), &located.folders);
        if matches!(runner::state(host, folders, deployment.id).await?, State::Running | State::Interrupted) {
            let warm = !runner::is_committed(host, folders, deployment.id).await?;
            return Ok(Some(UnderWay { deployment, previous, warm }));
        }
    }
    Ok(None)
}

/// Whether a deployment is undone that somebody wished undone. The wish may have come after the commit, and then this waits for
/// its end. `true` as well where the server takes longer to say.
///
/// # Errors
/// When the server cannot be reached.
pub async fn is_undone(world: &World, located: &Located, id: DeploymentId) -> Result<bool, Halt> {
    let (host, folders) = (world.server.host.clone(), located.folders.clone());
    let mut events = runner::follow(host, folders, id, 0, SILENCE, CancellationToken::new());
    let decided = async {
        while let Some(event) = events.next().await {
            match event?.kind {
                JournalKind::Undo { .. } => return Ok(true),
                JournalKind::Finished(outcome) => return Ok(outcome != Outcome::Live),
                _ => {}
            }
        }
        Ok(true)
    };
    timeout(DECIDES, decided).await.unwrap_or(Ok(true))
}
