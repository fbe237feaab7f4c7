//! Orders that are started, held, killed, resumed and followed to their end.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt as _;
use jiff::Timestamp;
use plimsoll_core::{
    host::lock::{self, Acquire, LockOwner},
    runner::{self, JournalEvent, JournalKind, Order, Outcome, RunnerError, State, Step},
};
use plimsoll_lab::lab::until;
use tokio_util::sync::CancellationToken;

use super::world::Stack;

impl Stack<'_> {
    /// Takes the environment's lock for an order.
    pub(super) async fn locked(&self, order: &Order) {
        let text = |text: &str| text.to_owned();
        let owner = LockOwner {
            id: order.lock.to_string(),
            who: text("a test"),
            what: text("a swap"),
            since: Timestamp::UNIX_EPOCH,
            step: text("swap"),
        };
        let host = self.world.host.as_ref();
        assert_eq!(lock::acquire(host, &self.folders, &owner).await.unwrap(), Acquire::Acquired);
    }

    /// Starts an order under the environment's lock.
    pub(super) async fn started(&self, order: &Order) {
        self.locked(order).await;
        runner::start(self.world.host.as_ref(), &self.folders, order).await.unwrap();
    }

    /// Starts an order and follows it to its end.
    pub(super) async fn swap(&self, order: &Order) -> Ended {
        self.started(order).await;
        self.ended(order).await
    }

    /// Starts an order whose runner dies on its way.
    pub(super) async fn interrupted(&self, order: &Order) {
        self.started(order).await;
        self.dies(order).await;
    }

    /// Waits until the runner of a started order is dead.
    pub(super) async fn dies(&self, order: &Order) {
        match self.follow(order).await {
            Err(RunnerError::Interrupted) => {}
            other => panic!("the runner was not interrupted: {other:?}"),
        }
    }

    /// Starts the runner again and follows it to its end.
    pub(super) async fn resumed(&self, order: &Order) -> Ended {
        runner::resume(self.world.host.as_ref(), &self.folders, order.record.id).await.unwrap();
        self.ended(order).await
    }

    /// Waits until the runner stands at its failpoint.
    pub(super) async fn held(&self, order: &Order) {
        let hit = format!("deployments/{}/failpoint.hit", order.record.id);
        until("the failpoint", Duration::from_secs(60), async || {
            self.file(&hit).await.map(|_| ()).ok_or_else(|| "not there yet".to_owned())
        })
        .await
        .unwrap();
    }

    /// Lets a runner go on that stands at a failpoint.
    pub(super) async fn go_on(&self, order: &Order) {
        let path = format!("{}/failpoint.go", self.folders.deployment(&order.record.id.to_string()));
        self.world.host.put(&path, b"", 0o600).await.unwrap();
    }

    /// Follows a deployment to its end.
    pub(super) async fn ended(&self, order: &Order) -> Ended {
        self.follow(order).await.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Waits until the runner has come to its end without any help.
    pub(super) async fn ended_alone(&self, order: &Order) -> Ended {
        until("the end of the swap", Duration::from_secs(120), async || {
            match runner::state(self.world.host.as_ref(), &self.folders, order.record.id).await {
                Ok(State::Finished(_)) => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await
        .unwrap();
        self.ended(order).await
    }

    /// Follows a deployment to its end or to the error that ends the stream.
    pub(super) async fn follow(&self, order: &Order) -> Result<Ended, RunnerError> {
        let (host, folders) = (Arc::clone(&self.world.host), self.folders.clone());
        let mut stream = runner::follow(host, folders, order.record.id, 0, Duration::from_secs(60), CancellationToken::new());
        let mut events = Vec::new();
        while let Some(event) = stream.next().await {
            events.push(event?);
        }
        match events.last().map(|event| event.kind.clone()) {
            Some(JournalKind::Finished(outcome)) => Ok(Ended { outcome, events }),
            last => panic!("the journal ends with {last:?}"),
        }
    }

    /// Follows until the journal says this.
    pub(super) async fn until(&self, order: &Order, wanted: impl Fn(&JournalKind) -> bool) {
        let (host, folders) = (Arc::clone(&self.world.host), self.folders.clone());
        let mut stream = runner::follow(host, folders, order.record.id, 0, Duration::from_secs(60), CancellationToken::new());
        while let Some(event) = stream.next().await {
            if wanted(&event.unwrap().kind) {
                return;
            }
        }
        panic!("the journal ended before it said so");
    }

    /// Arms a failpoint of the deployment that is about to start.
    pub(super) async fn failpoint(&self, order: &Order, name: &str, deed: &str) {
        let path = format!("{}/failpoint", self.folders.deployment(&order.record.id.to_string()));
        self.world.host.put(&path, format!("{name} {deed}\n").as_bytes(), 0o600).await.unwrap();
    }
}

/// A deployment that ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) outcome: Outcome,
    pub(super) events: Vec<JournalEvent>,
}

impl Ended {
    /// Steps that began, in order, with their service: `swap api`.
    pub(super) fn began(&self) -> Vec<String> {
        let begun = |event: &JournalEvent| match &event.kind {
            JournalKind::Begin { step, service: Some(service) } => Some(format!("{} {service}", step.as_str())),
            JournalKind::Begin { step, service: None } => Some(step.as_str().to_owned()),
            _ => None,
        };
        self.events.iter().filter_map(begun).collect()
    }

    pub(super) fn count(&self, step: Step) -> usize {
        self.events.iter().filter(|e| matches!(&e.kind, JournalKind::Begin { step: s, .. } if *s == step)).count()
    }

    pub(super) fn gap_ms(&self) -> Option<u64> {
        self.events.iter().find_map(|event| match event.kind {
            JournalKind::Gap { ms, .. } => Some(ms),
            _ => None,
        })
    }
}
