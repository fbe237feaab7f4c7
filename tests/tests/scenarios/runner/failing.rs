//! Swaps that fail: the old release comes back whole, and the outcome names the cause.

use std::time::Duration;

use plimsoll_core::{
    domain::settings::ReleaseCommand,
    host::lock,
    problem::Code,
    runner::{self, JournalKind, Outcome, RunnerError, State, Step},
};
use plimsoll_lab::lab::MachineOptions;
use serde_json::json;

use super::{
    carrying_out::Ended,
    world::{Stack, World, http, public, service},
};

/// The outcome of a swap that was undone.
fn undone(ended: &Ended) -> (Option<Code>, &str) {
    match &ended.outcome {
        Outcome::RolledBack { code, detail } => (*code, detail),
        _ => panic!("{ended:?}"),
    }
}

async fn failed_log(stack: &Stack<'_>, order: &runner::Order) -> String {
    runner::failed_log(stack.world.host.as_ref(), &stack.folders, order.record.id).await.unwrap()
}

#[tokio::test]
async fn a_release_that_never_gets_healthy_is_undone() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let old = stack.release(1, &[service("api", "app:v1")]).await;
    stack.live(&old).await;
    let told = "echo 'it is <b>\"ill\"</b>'; exit 1";
    let sick = json!({ "healthcheck": { "test": ["CMD", "sh", "-c", told], "interval": "300ms", "retries": 1 } });
    let new = stack.release(2, &[service("api", "app:v2").with(sick)]).await;
    let mut order = stack.order(Some(&old), &new);
    order.services[0].deadline = Duration::from_secs(3);
    let ended = stack.swap(&order).await;

    let (code, detail) = undone(&ended);
    let why = "api is not ready after 3 s: the health check of api says unhealthy (it is <b>\"ill\"</b> )";
    assert_eq!((code, detail), (Some(Code::Unhealthy), why));
    assert_eq!(failed_log(&stack, &order).await, "serving 000000000002\n");
    assert_eq!(stack.running().await, ["api app:v1"]);
    assert_eq!(stack.file("current").await.as_deref(), Some("000000000001"));
    stack.is_tidy().await;
}

#[tokio::test]
async fn a_crash_loop_is_seen_at_once() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let old = stack.release(1, &[service("api", "app:v1")]).await;
    stack.live(&old).await;
    let restarts = service("api", "app:v2").env("DIES_AFTER", "0").with(json!({ "restart": "always" }));
    let stays_down = service("api", "app:v2").env("DIES_AFTER", "0");
    for (number, crashing) in [restarts, stays_down].into_iter().enumerate() {
        let new = stack.release(2 + u32::try_from(number).unwrap(), &[crashing]).await;
        let mut order = stack.order(Some(&old), &new);
        order.probes = vec![http("api", Some("never"))];
        let ended = stack.swap(&order).await;
        assert_eq!(undone(&ended).0, Some(Code::CrashLoop), "{ended:?}");
        assert!(failed_log(&stack, &order).await.contains("no more"));
        assert_eq!(stack.running().await, ["api app:v1"]);
    }
}

#[tokio::test]
async fn one_that_dies_in_the_soak_is_undone() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let old = stack.release(1, &[service("api", "app:v1")]).await;
    stack.live(&old).await;
    let new = stack.release(2, &[service("api", "app:v2").env("DIES_AFTER", "3")]).await;
    let mut order = stack.order(Some(&old), &new);
    order.probes = vec![http("api", Some("{release}"))];
    order.soak = Duration::from_secs(30);
    let ended = stack.swap(&order).await;
    assert_eq!(undone(&ended), (Some(Code::CrashLoop), "api ends with status 3"));
    assert_eq!(ended.count(Step::Soak), 1);
    assert_eq!(stack.running().await, ["api app:v1"]);
    stack.is_tidy().await;
}

#[tokio::test]
async fn one_that_is_killed_for_its_memory_is_told_its_limit() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let old = stack.release(1, &[service("api", "app:v1")]).await;
    stack.live(&old).await;
    for (number, restart) in ["no", "always"].into_iter().enumerate() {
        let limited = json!({ "mem_limit": "32m", "memswap_limit": "32m", "restart": restart });
        let hungry = service("api", "app:v2").env("EAT", "1").with(limited);
        let new = stack.release(2 + u32::try_from(number).unwrap(), &[hungry]).await;
        let mut order = stack.order(Some(&old), &new);
        order.probes = vec![http("api", Some("{release}"))];
        let ended = stack.swap(&order).await;
        assert_eq!(undone(&ended), (Some(Code::OutOfMemory), "api was killed for its memory; its limit is 32 MiB"));
        assert_eq!(stack.running().await, ["api app:v1"]);
    }
}

#[tokio::test]
async fn an_order_whose_lock_is_gone_begins_nothing() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let old = stack.release(1, &[service("api", "app:v1")]).await;
    stack.live(&old).await;
    let new = stack.release(2, &[service("api", "app:v2")]).await;
    let order = stack.order(Some(&old), &new);
    let host = world.host.as_ref();
    let started = runner::start(host, &stack.folders, &order).await;
    assert!(matches!(started, Err(RunnerError::Taken)), "{started:?}");
    assert_eq!(runner::state(host, &stack.folders, order.record.id).await.unwrap(), State::NotStarted);
    assert_eq!(stack.running().await, ["api app:v1"]);
    assert_eq!(stack.swap(&order).await.outcome, Outcome::Live, "under the lock it begins");
}

#[tokio::test]
async fn the_set_moves_or_nothing_does() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let names = ["api", "worker", "web"];
    let ports = json!({ "ports": [{ "target": 8080, "published": "18080" }] });
    let old: Vec<_> = names.iter().map(|name| service(name, "app:v1")).collect();
    let old = stack.release(1, &[&old[..2], &[service("web", "app:v1").with(ports.clone())]].concat()).await;
    stack.live(&old).await;
    let web = world.container("shop-web-1").await;
    let new = [
        service("api", "app:v2"),
        service("worker", "app:v2").with(json!({ "command": ["/bin/absent"] })),
        service("web", "app:v2").with(ports),
    ];
    let new = stack.release(2, &new).await;
    let mut order = stack.order(Some(&old), &new);
    order.probes = vec![public(18080)];
    let ended = stack.swap(&order).await;
    let (code, detail) = undone(&ended);
    assert_eq!(code, Some(Code::SwapFailed));
    assert!(detail.contains("worker cannot be started") && detail.contains("/bin/absent"), "{detail}");
    assert_eq!(stack.running().await, ["api app:v1", "web app:v1", "worker app:v1"]);
    assert_eq!(world.container("shop-web-1").await, web, "the third was never touched");
    assert_eq!(ended.gap_ms(), Some(0), "{ended:?}");
    stack.is_tidy().await;
}

#[tokio::test]
async fn what_came_goes_and_what_went_comes_back() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let old = stack.release(1, &[service("api", "app:v1"), service("mail", "app:v1")]).await;
    stack.live(&old).await;
    let new = stack.release(2, &[service("api", "app:v2"), service("queue", "app:v2")]).await;
    let mut order = stack.order(Some(&old), &new);
    order.probes = vec![http("queue", Some("never"))];
    order.probes[0].deadline = Duration::from_secs(1);
    let ended = stack.swap(&order).await;
    assert_eq!(undone(&ended).0, Some(Code::Unhealthy));
    assert_eq!(ended.count(Step::Stop), 1);
    assert_eq!(stack.running().await, ["api app:v1", "mail app:v1"]);
    assert_eq!(stack.containers().await, ["shop-api-1", "shop-mail-1"]);

    order = stack.order(Some(&old), &new);
    assert_eq!(stack.swap(&order).await.outcome, Outcome::Live);
    assert_eq!(stack.containers().await, ["shop-api-1", "shop-queue-1"]);
}

#[tokio::test]
async fn a_first_release_that_fails_leaves_only_its_volumes() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let volume = json!({ "volumes": [{ "type": "volume", "source": "data", "target": "/data" }] });
    let new = stack.release(1, &[service("db", "app:v1").with(volume), service("api", "app:v1").env("DIES_AFTER", "0")]).await;
    let mut order = stack.order(None, &new);
    order.probes = vec![http("api", Some("never"))];
    let ended = stack.swap(&order).await;
    assert!(matches!(ended.outcome, Outcome::Failed { code: Some(Code::CrashLoop), .. }), "{ended:?}");
    assert_eq!(stack.containers().await, [""; 0]);
    assert_eq!(world.machine.exec(&["docker", "volume", "ls", "-q"]).await.unwrap().trim(), "shop_data");
    assert_eq!(stack.file("current").await, None);
    stack.is_tidy().await;
}

#[tokio::test]
async fn a_wrong_image_is_not_success() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let old = stack.release(1, &[service("api", "app:v1")]).await;
    stack.live(&old).await;
    let new = stack.release(2, &[service("api", "app:v2")]).await;
    let mut order = stack.order(Some(&old), &new);
    order.services[0].service.image_id = format!("sha256:{:064}", 7);
    let ended = stack.swap(&order).await;
    assert_eq!(undone(&ended).0, Some(Code::WrongImage), "{ended:?}");
    assert_eq!(stack.running().await, ["api app:v1"]);
}

#[tokio::test]
async fn a_release_command_that_fails_moves_nothing_and_may_be_tried_again() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let old = stack.release(1, &[service("api", "app:v1")]).await;
    stack.live(&old).await;
    let before = world.container("shop-api-1").await;
    let new = stack.release(2, &[service("api", "app:v2")]).await;
    for _ in 0..2 {
        let mut order = stack.order(Some(&old), &new);
        let command = ["sh", "-c", "echo no such table; exit 4"].map(str::to_owned).to_vec();
        order.release_command = Some(ReleaseCommand { service: "api".parse().unwrap(), command });
        let ended = stack.swap(&order).await;
        assert_eq!(undone(&ended), (Some(Code::ReleaseCommandFailed), "the release command ends with status 4"));
        assert_eq!(failed_log(&stack, &order).await, "no such table\n");
        assert_eq!((ended.count(Step::ReleaseCommand), ended.count(Step::Swap)), (1, 0));
        assert_eq!(world.container("shop-api-1").await, before);
        stack.is_tidy().await;
    }
}

#[tokio::test]
async fn cancelling_undoes() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let old = stack.release(1, &[service("api", "app:v1")]).await;
    stack.live(&old).await;
    let new = stack.release(2, &[service("api", "app:v2")]).await;
    let mut in_soak = stack.order(Some(&old), &new);
    in_soak.soak = Duration::from_secs(600);
    let mut in_command = stack.order(Some(&old), &new);
    let command = ["sleep", "600"].map(str::to_owned).to_vec();
    in_command.release_command = Some(ReleaseCommand { service: "api".parse().unwrap(), command });
    for (order, step) in [(in_soak, Step::Soak), (in_command, Step::ReleaseCommand)] {
        stack.started(&order).await;
        stack.until(&order, |kind| matches!(kind, JournalKind::Begin { step: s, .. } if *s == step)).await;
        let state = lock::read(world.host.as_ref(), &stack.folders).await.unwrap().unwrap();
        assert!(state.runner && !state.is_stale(), "{state:?}");
        assert_eq!(state.owner.step.split(' ').next(), Some(step.as_str()));
        runner::cancel(world.host.as_ref(), &stack.folders, order.record.id).await.unwrap();
        let ended = stack.ended(&order).await;
        assert_eq!(undone(&ended), (None, "the user cancelled"));
        assert_eq!(stack.running().await, ["api app:v1"]);
        stack.is_tidy().await;
    }
}

#[tokio::test]
async fn when_the_undo_fails_too_it_says_what_runs_and_stops() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let old = stack.release(1, &[service("api", "app:v1")]).await;
    stack.live(&old).await;
    let new = stack.release(2, &[service("api", "app:v2")]).await;
    let mut order = stack.order(Some(&old), &new);
    order.probes = vec![http("api", Some("never"))];
    order.probes[0].deadline = Duration::from_secs(1);
    stack.failpoint(&order, "undo.begun", "pause").await;
    stack.started(&order).await;
    stack.until(&order, |kind| matches!(kind, JournalKind::Undo { .. })).await;
    world.machine.exec(&["docker", "rmi", "app:v1"]).await.unwrap();
    stack.go_on(&order).await;
    let ended = stack.ended(&order).await;
    let Outcome::RollbackFailed { detail } = &ended.outcome else { panic!("{ended:?}") };
    assert!(detail.contains("no good answer within 1 s"), "{detail}");
    assert!(detail.contains("shop-api-1 (app:v2, Up"), "{detail}");
    let command =
        "docker compose -p shop -f '/home/deploy/.plimsoll/stacks/shop/releases/000000000001/compose.json' up -d --no-build";
    assert!(detail.contains(command), "{detail}");
    stack.is_tidy().await;
}

#[tokio::test]
async fn a_gap_that_nothing_closes_counts() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let ports = json!({ "ports": [{ "target": 8080, "published": "18080" }] });
    let old = stack.release(1, &[service("web", "app:v1").with(ports.clone())]).await;
    stack.live(&old).await;
    let new = stack.release(2, &[service("web", "app:v2").env("BOOT", "1000").with(ports)]).await;
    let mut order = stack.order(Some(&old), &new);
    order.probes = vec![http("web", None), public(18080)];
    for probe in &mut order.probes {
        probe.deadline = Duration::from_secs(2);
    }
    stack.failpoint(&order, "undo.begun", "pause").await;
    stack.started(&order).await;
    stack.held(&order).await;
    world.machine.exec(&["docker", "rmi", "app:v1"]).await.unwrap();
    stack.go_on(&order).await;
    let ended = stack.ended(&order).await;
    assert!(matches!(ended.outcome, Outcome::RollbackFailed { .. }), "{ended:?}");
    assert!(ended.gap_ms().is_some_and(|ms| ms >= 2000), "it went on for the whole of the probe: {ended:?}");
}

#[tokio::test]
async fn what_runs_once_is_waited_for_and_never_run_again_by_an_undo() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let once = |image, status: &str| {
        service("seed", image).once().with(json!({ "command": ["sh", "-c", format!("sleep 1; echo seeded; exit {status}")] }))
    };
    let old = stack.release(1, &[once("app:v1", "0"), service("api", "app:v1")]).await;
    stack.live(&old).await;
    let new = stack.release(2, &[once("app:v2", "3"), service("api", "app:v2")]).await;
    let order = stack.order(Some(&old), &new);
    let ended = stack.swap(&order).await;
    assert_eq!(undone(&ended), (Some(Code::SwapFailed), "seed ends with status 3"));
    assert_eq!(failed_log(&stack, &order).await, "seeded\n");
    assert_eq!((stack.running().await, ended.count(Step::Restore)), (vec!["api app:v1".to_owned()], 0));

    let new = stack.release(3, &[once("app:v2", "0"), service("api", "app:v2")]).await;
    let ended = stack.swap(&stack.order(Some(&old), &new)).await;
    assert_eq!(ended.outcome, Outcome::Live, "{ended:?}");

    // What nobody waits for may run on or end; only how it ends counts.
    let stack = world.stack("tasks");
    let task = |name, seconds: &str, status: &str| {
        service(name, "app:v1").may_end().with(json!({ "command": ["sh", "-c", format!("sleep {seconds}; exit {status}")] }))
    };
    let old = stack.release(1, &[task("soon", "0", "0"), task("late", "1000", "0")]).await;
    let ended = stack.swap(&stack.order(None, &old)).await;
    assert_eq!(ended.outcome, Outcome::Live, "{ended:?}");
    let new = stack.release(2, &[task("soon", "0", "4"), task("late", "1000", "0")]).await;
    let ended = stack.swap(&stack.order(Some(&old), &new)).await;
    assert_eq!(undone(&ended), (Some(Code::SwapFailed), "soon ends with status 4"));
}

#[tokio::test]
async fn a_disk_that_is_full_in_mid_swap_undoes_it_and_says_so() {
    let options = MachineOptions { disk_mib: 256, ..MachineOptions::named("server") };
    let world = World::with(options).await;
    let stack = world.stack("shop");
    let old = stack.release(1, &[service("api", "app:v1"), service("web", "app:v1")]).await;
    stack.live(&old).await;
    let new = stack.release(2, &[service("api", "app:v2"), service("web", "app:v2")]).await;
    let order = stack.order(Some(&old), &new);
    stack.failpoint(&order, "swap.ended:api", "pause").await;
    stack.started(&order).await;
    stack.held(&order).await;
    world.machine.fill_disk(1 << 20).await.unwrap();
    world.machine.sh("dd if=/dev/zero of=/var/lib/lab-rest bs=4k 2>/dev/null || true").await.unwrap();
    stack.go_on(&order).await;
    let ended = stack.ended(&order).await;
    let (code, detail) = undone(&ended);
    assert!(code == Some(Code::SwapFailed) && detail.contains("no space left on device"), "{detail}");
    assert_eq!(stack.running().await, ["api app:v1", "web app:v1"]);
    stack.is_tidy().await;
}
