//! Runners that are killed, engines that go away, servers that reboot: the journal decides, old or new, never half.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use plimsoll_core::{
    domain::settings::ReleaseCommand,
    runner::{self, JournalKind, Order, Outcome},
};
use serde_json::json;

use super::world::{Release, Stack, World, http, public, service};

/// Every edge of a swap that goes well.
const FORWARD: [&str; 25] = [
    "started",
    "armed",
    "release_command.before",
    "release_command.after",
    "swap.before",
    "swap.begun:api",
    "swap.up:api",
    "swap.ended:api",
    "swap.begun:web",
    "swap.up:web",
    "swap.ended:web",
    "swap.all",
    "stop.begun:mail",
    "stop.all",
    "probe.all",
    "verify.done",
    "soak.tick",
    "soak.done",
    "commit.begun",
    "commit.marked",
    "commit.renamed",
    "retain.begun",
    "retain.done",
    "disarm.begun",
    "finish.before",
];
/// Every edge of an undo.
const UNDO: [&str; 7] = [
    "undo.begun",
    "restore.begun:mail",
    "restore.ended:mail",
    "restore.begun:api",
    "restore.ended:api",
    "prove.begun",
    "undo.restored",
];

/// `db` stays, `api` and `web` change, `mail` goes.
async fn releases(stack: &Stack<'_>) -> (Release, Release) {
    let db = service("db", "app:v1");
    let mail = service("mail", "app:v1");
    let old = stack.release(1, &[db.clone(), service("api", "app:v1"), service("web", "app:v1"), mail]).await;
    stack.live(&old).await;
    let new = stack.release(2, &[db, service("api", "app:v2"), service("web", "app:v2")]).await;
    (old, new)
}

fn whole_order(stack: &Stack<'_>, (old, new): &(Release, Release)) -> Order {
    let mut order = stack.order(Some(old), new);
    let command = ["echo", "migrated"].map(str::to_owned).to_vec();
    order.release_command = Some(ReleaseCommand { service: "api".parse().unwrap(), command });
    order.probes = vec![http("web", Some("release {release}"))];
    order.soak = Duration::from_secs(1);
    order
}

/// Every edge in the full run; else every fourth, which differ in kind.
const STRIDE: usize = if cfg!(feature = "full") { 1 } else { 4 };

/// Tries the edges, each in a stack of its own, a few at a time on one server.
async fn each(edges: &[&'static str], attempt: impl AsyncFn(usize, &'static str)) {
    stream::iter(edges.iter().enumerate().step_by(STRIDE))
        .for_each_concurrent(4, async |(number, edge)| attempt(number, edge).await)
        .await;
}

const OLD: [&str; 4] = ["api app:v1", "db app:v1", "mail app:v1", "web app:v1"];
const NEW: [&str; 3] = ["api app:v2", "db app:v1", "web app:v2"];

#[tokio::test]
async fn killed_at_any_edge_of_a_swap_it_ends_wholly_new() {
    let world = World::up().await;
    each(&FORWARD, async |number, edge| {
        let stack = world.stack(&format!("edge{number}"));
        let order = whole_order(&stack, &releases(&stack).await);
        stack.failpoint(&order, edge, "kill").await;
        stack.interrupted(&order).await;
        let ended = stack.resumed(&order).await;
        assert_eq!(ended.outcome, Outcome::Live, "{edge}: {ended:?}");
        assert_eq!(stack.running().await, NEW, "{edge}");
        assert_eq!(stack.containers().await.len(), NEW.len(), "{edge}");
        assert_eq!(stack.file("current").await.as_deref(), Some("000000000002"), "{edge}");
        stack.is_tidy().await;
        stack.remove().await;
    })
    .await;
}

#[tokio::test]
async fn killed_at_any_edge_of_an_undo_it_ends_wholly_old() {
    let world = World::up().await;
    each(&UNDO, async |number, edge| {
        let stack = world.stack(&format!("edge{number}"));
        let mut order = whole_order(&stack, &releases(&stack).await);
        order.probes = vec![http("web", Some("never"))];
        order.probes[0].deadline = Duration::from_secs(1);
        stack.failpoint(&order, edge, "kill").await;
        stack.interrupted(&order).await;
        let ended = stack.resumed(&order).await;
        assert!(matches!(ended.outcome, Outcome::RolledBack { .. }), "{edge}: {ended:?}");
        assert_eq!(stack.running().await, OLD, "{edge}");
        assert_eq!(stack.file("current").await.as_deref(), Some("000000000001"), "{edge}");
        stack.is_tidy().await;
        stack.remove().await;
    })
    .await;
}

#[tokio::test]
async fn an_engine_that_restarts_in_mid_swap_is_waited_for() {
    let world = World::up().await;
    let edges = ["swap.up:api", "swap.ended:api", "probe.all"];
    for (number, edge) in edges.into_iter().enumerate() {
        let stack = world.stack(&format!("edge{number}"));
        let order = whole_order(&stack, &releases(&stack).await);
        stack.failpoint(&order, edge, "pause").await;
        stack.started(&order).await;
        stack.held(&order).await;
        world.machine.stop_docker().await.unwrap();
        stack.go_on(&order).await;
        stack.until(&order, |kind| matches!(kind, JournalKind::Note { topic, .. } if topic == "engine")).await;
        world.machine.start_docker().await.unwrap();
        let ended = stack.ended(&order).await;
        assert_eq!(ended.outcome, Outcome::Live, "{edge}: {ended:?}");
        assert_eq!(stack.running().await, NEW, "{edge}");
        stack.is_tidy().await;
        stack.remove().await;
    }
}

#[tokio::test]
async fn a_reboot_in_mid_swap_is_finished_by_the_boot_hook() {
    let world = World::up().await;
    for (number, edge) in ["swap.up:api", "commit.begun"].into_iter().enumerate() {
        let mut stack = world.stack(&format!("edge{number}"));
        stack.below("/home/deploy/it's a \"home\" $(id) 100% -x");
        let order = whole_order(&stack, &releases(&stack).await);
        stack.failpoint(&order, edge, "pause").await;
        stack.started(&order).await;
        stack.held(&order).await;
        world.machine.reboot().await.unwrap();
        let ended = stack.ended_alone(&order).await;
        assert_eq!(ended.outcome, Outcome::Live, "{edge}: {ended:?}");
        assert_eq!(stack.running().await, NEW, "{edge}");
        stack.is_tidy().await;
        stack.remove().await;
    }
}

#[tokio::test]
async fn a_reboot_in_an_undo_ends_with_the_old_release() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let ports = json!({ "ports": [{ "target": 8080, "published": "18080" }] });
    let old = stack.release(1, &[service("api", "app:v1"), service("web", "app:v1").with(ports.clone())]).await;
    stack.live(&old).await;
    let new = stack.release(2, &[service("api", "app:v2"), service("web", "app:v2").with(ports)]).await;
    let mut order = stack.order(Some(&old), &new);
    order.probes = vec![http("web", Some("never")), public(18080)];
    order.probes[0].deadline = Duration::from_secs(1);
    stack.failpoint(&order, "restore.ended:api", "pause").await;
    stack.started(&order).await;
    stack.held(&order).await;
    world.machine.reboot().await.unwrap();
    let ended = stack.ended_alone(&order).await;
    assert!(matches!(ended.outcome, Outcome::RolledBack { .. }), "{ended:?}");
    assert_eq!(stack.running().await, ["api app:v1", "web app:v1"]);
    assert!(ended.gap_ms().is_some_and(|ms| ms > 1000), "the reboot is part of the gap: {ended:?}");
    stack.is_tidy().await;
}

/// `current` is what a laptop and a boot hook believe: it must be right before anybody is told.
#[tokio::test]
async fn the_server_calls_a_release_current_before_its_journal_says_live() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let order = whole_order(&stack, &releases(&stack).await);
    let journal = format!("deployments/{}/journal", order.record.id);
    stack.failpoint(&order, "commit.begun", "kill").await;
    stack.interrupted(&order).await;
    assert_eq!(stack.file("current").await.as_deref(), Some("000000000001"));
    for edge in ["commit.renamed", "finish.before"] {
        stack.failpoint(&order, edge, "kill").await;
        runner::resume(world.host.as_ref(), &stack.folders, order.record.id).await.unwrap();
        stack.dies(&order).await;
        assert_eq!(stack.file("current").await.as_deref(), Some("000000000002"), "{edge}");
        let written = stack.file(&journal).await.unwrap();
        assert!(!written.contains("\tfinished\t") && written.contains("\tcommit\t"), "{edge}: {written}");
    }
    assert_eq!(stack.resumed(&order).await.outcome, Outcome::Live);
    stack.is_tidy().await;
}
