//! A laptop that follows over ssh and loses contact: the server goes on, and nothing is missed or told twice.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt as _;
use plimsoll_core::{
    host::Host,
    runner::{self, JournalEvent, JournalKind, Order, Outcome, RunnerError, Step},
};
use tokio_util::sync::CancellationToken;

use super::world::{Stack, World, http, service};
use crate::support::ssh;

/// A laptop with an ssh connection to the stack's server.
struct Laptop<'a> {
    stack: &'a Stack<'a>,
    host: Arc<dyn Host>,
    seen: Vec<JournalEvent>,
}

impl Laptop<'_> {
    /// Follows from what it has seen, until the journal says this, or the stream ends.
    async fn follow(&mut self, order: &Order, patience: Duration, enough: impl Fn(&JournalKind) -> bool) -> Option<RunnerError> {
        let from = self.seen.last().map_or(0, |event| event.seq);
        let (host, folders) = (Arc::clone(&self.host), self.stack.folders.clone());
        let mut events = runner::follow(host, folders, order.record.id, from, patience, CancellationToken::new());
        while let Some(event) = events.next().await {
            match event {
                Ok(event) => self.seen.push(event),
                Err(error) => return Some(error),
            }
            if self.seen.last().is_some_and(|event| enough(&event.kind)) {
                break;
            }
        }
        None
    }

    /// Every event was seen once, and the last says that the release is live.
    fn saw_all_of_it(&self) {
        let numbers: Vec<u64> = self.seen.iter().map(|event| event.seq).collect();
        assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
        assert_eq!(self.seen.last().map(|event| &event.kind), Some(&JournalKind::Finished(Outcome::Live)));
    }
}

fn soaking(kind: &JournalKind) -> bool {
    matches!(kind, JournalKind::Begin { step: Step::Soak, .. })
}

async fn swapping(stack: &Stack<'_>, soak_s: u64) -> Order {
    let old = stack.release(1, &[service("api", "app:v1")]).await;
    stack.live(&old).await;
    let new = stack.release(2, &[service("api", "app:v2")]).await;
    let mut order = stack.order(Some(&old), &new);
    order.probes = vec![http("api", Some("release {release}"))];
    order.soak = Duration::from_secs(soak_s);
    order
}

#[tokio::test]
async fn a_connection_that_is_cut_is_taken_up_again() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let order = swapping(&stack, 5).await;
    let mut laptop = Laptop { stack: &stack, host: ssh(&world.machine).await, seen: Vec::new() };
    stack.locked(&order).await;
    runner::start(laptop.host.as_ref(), &stack.folders, &order).await.unwrap();
    assert!(laptop.follow(&order, Duration::from_secs(60), soaking).await.is_none());
    world.machine.kill_sshd_connections().await.unwrap();
    assert!(laptop.follow(&order, Duration::from_secs(60), |_| false).await.is_none());
    laptop.saw_all_of_it();
    assert_eq!(stack.running().await, ["api app:v2"]);
}

#[tokio::test]
async fn a_network_that_swallows_everything_is_noticed_and_the_server_goes_on() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let order = swapping(&stack, 3).await;
    let mut laptop = Laptop { stack: &stack, host: ssh(&world.machine).await, seen: Vec::new() };
    stack.locked(&order).await;
    runner::start(laptop.host.as_ref(), &stack.folders, &order).await.unwrap();
    assert!(laptop.follow(&order, Duration::from_secs(60), soaking).await.is_none());
    world.machine.black_hole().await.unwrap();
    let lost = laptop.follow(&order, Duration::from_secs(1), |_| false).await;
    assert!(matches!(lost, Some(RunnerError::ContactLost(_))), "{lost:?}");
    stack.ended_alone(&order).await;
    world.machine.heal().await.unwrap();
    assert!(laptop.follow(&order, Duration::from_secs(60), |_| false).await.is_none());
    laptop.saw_all_of_it();
}
