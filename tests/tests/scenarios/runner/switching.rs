//! Services behind a switch: nobody notices a swap, whatever becomes of it.

use std::{net::SocketAddr, time::Duration};

use plimsoll_core::{
    problem::Code,
    runner::{self, JournalKind, Order, Outcome, Step, Way},
};
use plimsoll_lab::lab::until;
use serde_json::json;
use tokio::time::Instant;

use super::{
    super::load::{Counted, Load},
    carrying_out::Ended,
    world::{Release, Service, Stack, World, http, public, service},
};

pub(super) const PORT: u16 = 18080;

pub(super) fn web(image: &'static str) -> Service {
    let ports = json!([{ "target": 8080, "published": PORT.to_string() }]);
    service("web", image).with(json!({ "ports": ports, "restart": "unless-stopped" })).switched()
}

/// Its public port, as the world sees it.
pub(super) fn door(world: &World) -> SocketAddr {
    (world.machine.ip, PORT).into()
}

pub(super) fn order(stack: &Stack<'_>, old: Option<&Release>, new: &Release) -> Order {
    let mut order = stack.order(old, new);
    order.probes = vec![http("web", Some("release {release}")), public(PORT)];
    order.soak = Duration::from_secs(1);
    order
}

/// From a first release with these services, installed by the runner itself.
pub(super) async fn live(stack: &Stack<'_>, services: &[Service]) -> Release {
    let old = stack.release(1, services).await;
    let ended = stack.swap(&order(stack, None, &old)).await;
    assert_eq!(ended.outcome, Outcome::Live, "{ended:?}");
    old
}

pub(super) fn nothing_is_lost(counted: &Counted) {
    let total: u64 = counted.answers.values().sum();
    assert!(total > 50, "{counted:?}");
    assert_eq!(counted.lost, [""; 0], "of {total}: {:?}", counted.answers);
}

pub(super) fn undone(ended: &Ended) -> (Option<Code>, &str) {
    match &ended.outcome {
        Outcome::RolledBack { code, detail } => (*code, detail),
        _ => panic!("{ended:?}"),
    }
}

pub(super) async fn active(stack: &Stack<'_>, service: &str) -> String {
    let map = stack.file("switch/active.map").await.unwrap_or_default();
    map.lines().find_map(|line| line.strip_prefix(&format!("{service} "))).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_swap_that_nobody_notices() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let old = live(&stack, &[web("app:v1").env("BOOT", "1")]).await;
    assert_eq!(stack.running().await, ["web haproxy:lab", "web-blue app:v1"]);
    let switch = world.container("shop-web-1").await;
    let load = Load::start(door(&world), 50);
    load.hears("release 000000000001", 50).await;

    let new = stack.release(2, &[web("app:v2").env("BOOT", "1")]).await;
    let ended = stack.swap(&order(&stack, Some(&old), &new)).await;
    assert_eq!(ended.outcome, Outcome::Live, "{ended:?}");
    load.hears("release 000000000002", 50).await;
    nothing_is_lost(&load.end().await);
    assert_eq!(ended.gap_ms(), Some(0), "{ended:?}");
    assert_eq!(stack.containers().await, ["shop-web-1", "shop-web-green-1"], "the old one is gone, so that nobody starts it");
    assert_eq!(world.container("shop-web-1").await, switch, "the switch only turned");
    assert_eq!(active(&stack, "web").await, "green");
    let steps = [
        "arm",
        "candidate web",
        "probe web",
        "turn",
        "probe web",
        "probe",
        "verify",
        "soak",
        "drain web",
        "commit",
        "retire web",
    ];
    assert_eq!(ended.began()[..steps.len()], steps);
    // What was stopped stays so through a reboot, what serves comes back.
    world.machine.reboot().await.unwrap();
    let load = Load::start(door(&world), 20);
    load.hears("release 000000000002", 5).await;
    load.end().await;
    assert_eq!(stack.running().await, ["web haproxy:lab", "web-green app:v2"]);
    stack.is_tidy().await;
}

#[tokio::test]
async fn a_candidate_that_never_answers_is_never_turned_to() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let old = live(&stack, &[web("app:v1")]).await;
    let blue = world.container("shop-web-blue-1").await;
    let load = Load::start(door(&world), 50);
    let new = stack.release(2, &[web("app:v2")]).await;
    let mut hopeless = order(&stack, Some(&old), &new);
    hopeless.probes[0] = http("web", Some("never"));
    hopeless.probes[0].deadline = Duration::from_secs(2);
    let ended = stack.swap(&hopeless).await;
    assert_eq!(undone(&ended).0, Some(Code::Unhealthy), "{ended:?}");
    assert_eq!(ended.count(Step::Turn), 0);
    let counted = load.end().await;
    nothing_is_lost(&counted);
    assert_eq!(counted.answers.keys().collect::<Vec<_>>(), ["release 000000000001"]);
    assert_eq!(stack.containers().await, ["shop-web-1", "shop-web-blue-1"]);
    assert_eq!(world.container("shop-web-blue-1").await, blue, "the old one was never touched");
    let log = runner::failed_log(world.host.as_ref(), &stack.folders, hopeless.record.id).await.unwrap();
    assert_eq!(log, "serving 000000000002\n");
    stack.is_tidy().await;
}

/// The second release serves, under load, and is watched for a minute: the first one still runs.
async fn in_the_warm_window(world: &World, stack: &Stack<'_>) -> (Load, Order) {
    let old = live(stack, &[web("app:v1")]).await;
    let load = Load::start(door(world), 50);
    let new = stack.release(2, &[web("app:v2")]).await;
    let mut order = order(stack, Some(&old), &new);
    order.soak = Duration::from_secs(60);
    stack.started(&order).await;
    stack.until(&order, |kind| matches!(kind, JournalKind::Begin { step: Step::Soak, .. })).await;
    load.hears("release 000000000002", 50).await;
    (load, order)
}

#[tokio::test]
async fn a_wish_in_the_warm_window_turns_back_at_once() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let (load, order) = in_the_warm_window(&world, &stack).await;
    let wished = Instant::now();
    runner::cancel(world.host.as_ref(), &stack.folders, order.record.id).await.unwrap();
    load.hears("release 000000000001", 1).await;
    let took = wished.elapsed();
    let ended = stack.ended(&order).await;
    assert_eq!(undone(&ended).0, None, "{ended:?}");
    nothing_is_lost(&load.end().await);
    assert_eq!(stack.running().await, ["web haproxy:lab", "web-blue app:v1"]);
    assert_eq!(stack.containers().await.len(), 2, "the candidate is gone");
    // Milliseconds where the machine is idle; what counts here is that nobody waits for the watch to end.
    assert!(took < Duration::from_secs(5), "{took:?}");
    stack.is_tidy().await;
}

#[tokio::test]
async fn a_wish_while_the_old_one_drains_turns_back_too() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let old = live(&stack, &[web("app:v1")]).await;
    let new = stack.release(2, &[web("app:v2")]).await;
    let order = order(&stack, Some(&old), &new);
    stack.failpoint(&order, "drain.begun:web", "pause").await;
    let load = Load::start(door(&world), 50);
    stack.started(&order).await;
    stack.held(&order).await;
    load.hears("release 000000000002", 20).await;
    runner::cancel(world.host.as_ref(), &stack.folders, order.record.id).await.unwrap();
    load.hears("release 000000000001", 20).await;
    stack.go_on(&order).await;
    assert_eq!(undone(&stack.ended(&order).await).0, None);
    nothing_is_lost(&load.end().await);
    assert_eq!(stack.running().await, ["web haproxy:lab", "web-blue app:v1"]);
    stack.is_tidy().await;
}

#[tokio::test]
async fn a_frozen_engine_keeps_nobody_from_turning_back() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let (load, order) = in_the_warm_window(&world, &stack).await;
    world.machine.sh("kill -STOP $(pidof dockerd)").await.unwrap();
    let wished = Instant::now();
    runner::cancel(world.host.as_ref(), &stack.folders, order.record.id).await.unwrap();
    load.hears("release 000000000001", 1).await;
    let took = wished.elapsed();
    world.machine.sh("kill -CONT $(pidof dockerd)").await.unwrap();
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(undone(&stack.ended(&order).await).0, None);
    nothing_is_lost(&load.end().await);
    assert_eq!(stack.containers().await, ["shop-web-1", "shop-web-blue-1"]);
    stack.is_tidy().await;
}

#[tokio::test]
async fn switches_turn_all_together_or_not_at_all() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let api = |image| service("api", image).switched();
    let old = live(&stack, &[api("app:v1"), web("app:v1")]).await;
    let new = stack.release(2, &[api("app:v2"), web("app:v2").env("DIES_AFTER", "0")]).await;
    let ended = stack.swap(&order(&stack, Some(&old), &new)).await;
    assert!(matches!(undone(&ended).0, Some(Code::CrashLoop | Code::Unhealthy)), "{ended:?}");
    assert_eq!(ended.count(Step::Turn), 0);
    let before = ["api haproxy:lab", "api-blue app:v1", "web haproxy:lab", "web-blue app:v1"];
    assert_eq!(stack.running().await, before);

    // The second one goes bad after both have turned.
    let new = stack.release(3, &[api("app:v2"), web("app:v2")]).await;
    let mut soaking = order(&stack, Some(&old), &new);
    soaking.soak = Duration::from_secs(30);
    stack.failpoint(&soaking, "turn.ended", "pause").await;
    stack.started(&soaking).await;
    stack.held(&soaking).await;
    world.machine.sh("kill -9 $(docker inspect -f '{{.State.Pid}}' shop-web-green-1)").await.unwrap();
    until("its restart", Duration::from_secs(60), async || {
        let again = "docker inspect -f '{{.RestartCount}} {{.State.Running}}' shop-web-green-1";
        let said = world.machine.sh(again).await.unwrap();
        if said.trim() == "1 true" { Ok(()) } else { Err(said) }
    })
    .await
    .unwrap();
    stack.go_on(&soaking).await;
    let ended = stack.ended(&soaking).await;
    assert_eq!(undone(&ended), (Some(Code::CrashLoop), "web-green was restarted once"), "{ended:?}");
    assert_eq!(ended.count(Step::Turn), 1);
    assert_eq!(stack.running().await, before);
    assert_eq!((active(&stack, "api").await, active(&stack, "web").await), ("blue".to_owned(), "blue".to_owned()));

    let new = stack.release(4, &[api("app:v2"), web("app:v2")]).await;
    let ended = stack.swap(&order(&stack, Some(&old), &new)).await;
    assert_eq!(ended.outcome, Outcome::Live, "{ended:?}");
    let after = ["api haproxy:lab", "api-green app:v2", "web haproxy:lab", "web-green app:v2"];
    assert_eq!(stack.running().await, after);
    stack.is_tidy().await;
}

#[tokio::test]
async fn a_switch_that_dies_comes_back_to_where_it_was_turned() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let old = live(&stack, &[web("app:v1")]).await;
    let new = stack.release(2, &[web("app:v2")]).await;
    let order = order(&stack, Some(&old), &new);
    stack.failpoint(&order, "turn.begun", "pause").await;
    stack.started(&order).await;
    stack.held(&order).await;
    world.machine.sh("docker kill shop-web-1").await.unwrap();
    stack.go_on(&order).await;
    let ended = stack.ended(&order).await;
    assert_eq!(ended.outcome, Outcome::Live, "{ended:?}");
    world.machine.sh("kill -9 $(docker inspect -f '{{.State.Pid}}' shop-web-1)").await.unwrap();
    let load = Load::start(door(&world), 20);
    load.hears("release 000000000002", 5).await;
    assert!(!load.end().await.answers.contains_key("release 000000000001"));
    assert!(matches!(order.services[0].way, Way::Switch { .. }));
    stack.is_tidy().await;
}

/// Every edge of a swap that goes well.
const FORWARD: [&str; 15] = [
    "turn.pointed",
    "candidate.begun:api",
    "candidate.up:api",
    "candidate.ended:web",
    "turn.begun",
    "turn.one:web",
    "turn.all",
    "turn.ended",
    "swap.all",
    "soak.tick",
    "drain.begun:api",
    "drain.done:api",
    "commit.renamed",
    "commit.marked",
    "retire.ended:web",
];
/// Every edge of an undo, from within the soak.
const UNDO: [&str; 5] = ["back.turned", "undo.begun", "restore.begun:web", "undo.restored", "undo.dropped"];
/// Every edge in the full run; else every third.
const STRIDE: usize = if cfg!(feature = "full") { 1 } else { 3 };

/// A worker that needs the API, the API and the web server.
fn services(image: &'static str) -> [Service; 3] {
    let ports = json!([{ "target": 8080 }]);
    let web = service("web", image).with(json!({ "ports": ports, "restart": "unless-stopped" })).switched();
    let api = service("api", image).with(json!({ "restart": "unless-stopped" })).switched();
    [api, web, service("worker", image).with(json!({ "restart": "unless-stopped" }))]
}

async fn both(stack: &Stack<'_>) -> Order {
    let old = stack.release(1, &services("app:v1")).await;
    let ended = stack.swap(&stack.order(None, &old)).await;
    assert_eq!(ended.outcome, Outcome::Live, "{ended:?}");
    let new = stack.release(2, &services("app:v2")).await;
    let mut order = stack.order(Some(&old), &new);
    order.probes = vec![http("web", Some("release {release}"))];
    order.soak = Duration::from_secs(1);
    order.services[2].way = Way::RecreateLater;
    order
}

const OLD: [&str; 5] = ["api haproxy:lab", "api-blue app:v1", "web haproxy:lab", "web-blue app:v1", "worker app:v1"];
const NEW: [&str; 5] = ["api haproxy:lab", "api-green app:v2", "web haproxy:lab", "web-green app:v2", "worker app:v2"];

async fn is_whole(stack: &Stack<'_>, running: [&str; 5], colour: &str, edge: &str) {
    assert_eq!(stack.running().await, running, "{edge}");
    assert_eq!((active(stack, "api").await.as_str(), active(stack, "web").await.as_str()), (colour, colour), "{edge}");
    stack.is_tidy().await;
    stack.remove().await;
}

#[tokio::test]
async fn killed_at_any_edge_of_a_turn_it_ends_wholly_new() {
    let world = World::up().await;
    for (number, edge) in FORWARD.into_iter().enumerate().step_by(STRIDE) {
        let stack = world.stack(&format!("edge{number}"));
        let order = both(&stack).await;
        stack.failpoint(&order, edge, "kill").await;
        stack.interrupted(&order).await;
        let ended = stack.resumed(&order).await;
        assert_eq!(ended.outcome, Outcome::Live, "{edge}: {ended:?}");
        is_whole(&stack, NEW, "green", edge).await;
    }
}

#[tokio::test]
async fn killed_at_any_edge_of_a_turn_back_it_ends_wholly_old() {
    let world = World::up().await;
    for (number, edge) in UNDO.into_iter().enumerate().step_by(STRIDE) {
        let stack = world.stack(&format!("edge{number}"));
        let mut order = both(&stack).await;
        order.soak = Duration::from_secs(60);
        stack.failpoint(&order, edge, "kill").await;
        stack.started(&order).await;
        stack.until(&order, |kind| matches!(kind, JournalKind::Begin { step: Step::Soak, .. })).await;
        runner::cancel(world.host.as_ref(), &stack.folders, order.record.id).await.unwrap();
        stack.dies(&order).await;
        let ended = stack.resumed(&order).await;
        assert_eq!(undone(&ended).0, None, "{edge}: {ended:?}");
        assert_eq!(stack.containers().await.len(), OLD.len(), "{edge}");
        is_whole(&stack, OLD, "blue", edge).await;
    }
}

#[tokio::test]
async fn a_reboot_or_an_engine_that_restarts_in_a_turn_is_survived() {
    let world = World::up().await;
    for (number, edge) in ["candidate.up:web", "turn.pointed", "turn.all"].into_iter().enumerate() {
        let stack = world.stack(&format!("edge{number}"));
        let order = both(&stack).await;
        stack.failpoint(&order, edge, "pause").await;
        stack.started(&order).await;
        stack.held(&order).await;
        let (api, web) = (active(&stack, "api").await, active(&stack, "web").await);
        assert_eq!(api, web, "{edge}: nobody comes back to one of each");
        world.machine.reboot().await.unwrap();
        let ended = stack.ended_alone(&order).await;
        assert_eq!(ended.outcome, Outcome::Live, "{edge}: {ended:?}");
        is_whole(&stack, NEW, "green", edge).await;
    }
    let stack = world.stack("engine");
    let order = both(&stack).await;
    stack.failpoint(&order, "turn.begun", "pause").await;
    stack.started(&order).await;
    stack.held(&order).await;
    world.machine.stop_docker().await.unwrap();
    stack.go_on(&order).await;
    stack.until(&order, |kind| matches!(kind, JournalKind::Note { topic, .. } if topic == "engine")).await;
    world.machine.start_docker().await.unwrap();
    let ended = stack.ended(&order).await;
    assert_eq!(ended.outcome, Outcome::Live, "{ended:?}");
    is_whole(&stack, NEW, "green", "engine").await;
}

#[tokio::test]
async fn a_worker_that_may_overlap_is_never_away() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let first = stack.release(1, &[service("worker", "app:v1")]).await;
    stack.live(&first).await;
    let before = world.container("shop-worker-1").await;
    let second = stack.release(2, &[service("worker", "app:v2")]).await;
    let overlapping = || {
        let mut order = stack.order(Some(&first), &second);
        order.services[0].way = Way::Overlap;
        order
    };
    let both = overlapping();
    stack.failpoint(&both, "overlap.both:worker", "pause").await;
    stack.started(&both).await;
    stack.held(&both).await;
    assert_eq!(stack.running().await, ["worker app:v1", "worker app:v2"]);
    runner::cancel(world.host.as_ref(), &stack.folders, both.record.id).await.unwrap();
    stack.go_on(&both).await;
    let mut soaking = stack.ended(&both).await;
    assert_eq!(undone(&soaking).0, None, "{soaking:?}");
    assert_eq!(stack.running().await, ["worker app:v1"]);

    let killed = overlapping();
    stack.failpoint(&killed, "overlap.both:worker", "kill").await;
    stack.interrupted(&killed).await;
    soaking = stack.resumed(&killed).await;
    assert_eq!(soaking.outcome, Outcome::Live, "{soaking:?}");
    assert_eq!(stack.running().await, ["worker app:v2"]);
    assert_eq!(stack.containers().await.len(), 1);
    assert_ne!(world.container("shop-worker-2").await, before);
    stack.is_tidy().await;
}

#[tokio::test]
async fn two_stacks_on_one_network_do_not_answer_for_each_other() {
    let world = World::up().await;
    world.machine.sh("docker network create proxy").await.unwrap();
    let shared = json!({ "networks": { "proxy": null } });
    let mut doors = Vec::new();
    for (name, port) in [("shop", 18081_u16), ("blog", 18082)] {
        let stack = world.stack(name);
        let ports = json!({ "ports": [{ "target": 8080, "published": port.to_string() }] });
        let web = service("web", "app:v1").with(ports).with_also(&shared).switched();
        let release = stack.release(if name == "shop" { 1 } else { 2 }, &[web]).await;
        let mut order = stack.order(None, &release);
        order.probes = vec![public(port)];
        assert_eq!(stack.swap(&order).await.outcome, Outcome::Live);
        doors.push((port, release.id));
    }
    for (port, id) in doors {
        let load = Load::start((world.machine.ip, port).into(), 50);
        load.hears(&format!("release {id}"), 40).await;
        assert_eq!(load.end().await.answers.keys().collect::<Vec<_>>(), [&format!("release {id}")]);
    }
}
