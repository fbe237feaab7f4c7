//! The deployments that this process carries out.
//!
//! Owns: how they are cancelled, left alone and watched. Must never know: what they do.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use plimsoll_core::{
    api::deployments::{Deploying, Update},
    domain::{
        deployment::Stage,
        event::{Progress, StepEventKind},
        id::DeploymentId,
    },
};
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

/// Progress that a slow watcher may be behind.
const AHEAD: usize = 64;

/// A deployment on its way in this process.
#[derive(Clone)]
pub(crate) struct Flight {
    /// Stop it; in the swap: undo it.
    pub(crate) cancel: CancellationToken,
    /// Leave it to the server.
    pub(crate) detach: CancellationToken,
    progress: broadcast::Sender<Progress>,
    stage: watch::Receiver<Option<Stage>>,
}

/// All of them. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Flights {
    flying: Arc<Mutex<HashMap<DeploymentId, Flight>>>,
    /// Deployments, of other processes too, of whose end nobody was told yet.
    untold: Arc<Mutex<BTreeSet<DeploymentId>>>,
}

impl Flights {
    /// Keeps a deployment until it has ended; `ended` is called then. One that was joined belongs to another process.
    pub(crate) fn keep(&self, deploying: Deploying, ended: impl FnOnce() + Send + 'static) {
        let Deploying { id, joined, mut updates, cancel, detach } = deploying;
        if joined {
            return;
        }
        let (progress, _) = broadcast::channel(AHEAD);
        let (now, stage) = watch::channel(None);
        self.expect(id);
        self.lock().insert(id, Flight { cancel, detach, progress: progress.clone(), stage });
        let flights = self.clone();
        tokio::spawn(async move {
            while let Some(update) = updates.recv().await {
                match update {
                    Update::Progress(one) => drop(progress.send(one)),
                    Update::Event(event) => {
                        if let StepEventKind::StageStarted { stage, .. } = event.kind {
                            now.send_replace(Some(stage));
                        }
                    }
                    Update::Logs(_) => {}
                }
            }
            flights.lock().remove(&id);
            ended();
        });
    }

    /// The one with this id, if it flies in this process.
    pub(crate) fn get(&self, id: DeploymentId) -> Option<Flight> {
        self.lock().get(&id).cloned()
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<Flight> {
        self.lock().values().cloned().collect()
    }

    /// Somebody shall be told how this one ends.
    pub(crate) fn expect(&self, id: DeploymentId) {
        self.untold().insert(id);
    }

    /// Whoever wanted to know how this one ended was told.
    pub(crate) fn told(&self, id: DeploymentId) {
        self.untold().remove(&id);
    }

    /// Those whose end somebody waits for.
    pub(crate) fn untold_ones(&self) -> Vec<DeploymentId> {
        self.untold().iter().copied().collect()
    }

    /// Whether nobody has to be told of an end any more.
    pub(crate) fn are_told(&self) -> bool {
        self.untold().is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<DeploymentId, Flight>> {
        self.flying.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn untold(&self) -> MutexGuard<'_, BTreeSet<DeploymentId>> {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flight {
    /// What grows from now on.
    pub(crate) fn progress(&self) -> broadcast::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Returns when nobody works on it any more: its end is recorded then.
    pub(crate) async fn ended(&self) {
        let mut stage = self.stage.clone();
        while stage.changed().await.is_ok() {}
    }

    /// Whether the server goes on without this laptop.
    pub(crate) fn is_in_swap(&self) -> bool {
        self.stage.borrow().is_some_and(|stage| stage >= Stage::Swap)
    }
}
