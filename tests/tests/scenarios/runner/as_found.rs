//! What others did on the server before the swap, or left there in the middle of it: it stays theirs, or it is put in order.

use std::time::Duration;

use plimsoll_core::runner::{JournalKind, Order, Outcome};
use plimsoll_lab::lab::until;
use serde_json::json;

use super::{
    carrying_out::Ended,
    world::{Release, Stack, World, http, service},
};

fn is_undone(ended: &Ended) {
    assert!(matches!(ended.outcome, Outcome::RolledBack { .. }), "{ended:?}");
}

/// An order whose last service never answers as it should.
fn hopeless(stack: &Stack<'_>, old: &Release, new: &Release) -> Order {
    let mut order = stack.order(Some(old), new);
    order.probes = vec![http("web", Some("never"))];
    order.probes[0].deadline = Duration::from_secs(1);
    order
}

#[tokio::test]
async fn what_its_user_had_stopped_is_stopped_after_an_undo() {
    let world = World::up().await;
    let stack = world.stack("shop");
    // `db` is the same in both releases, `mail` is another, `idle` goes.
    let old = [service("db", "app:v1"), service("mail", "app:v1"), service("web", "app:v1"), service("idle", "app:v1")];
    let old = stack.release(1, &old).await;
    stack.live(&old).await;
    world.machine.exec(&["docker", "stop", "shop-db-1", "shop-mail-1", "shop-idle-1"]).await.unwrap();
    let new = stack.release(2, &[service("db", "app:v1"), service("mail", "app:v2"), service("web", "app:v2")]).await;
    let order = hopeless(&stack, &old, &new);
    stack.failpoint(&order, "undo.restored", "kill").await;
    stack.interrupted(&order).await;
    is_undone(&stack.resumed(&order).await);
    assert_eq!(stack.running().await, ["web app:v1"]);
    assert_eq!(stack.containers().await, ["shop-db-1", "shop-idle-1", "shop-mail-1", "shop-web-1"]);
    let image = world.machine.exec(&["docker", "inspect", "-f", "{{.Config.Image}}", "shop-mail-1"]).await.unwrap();
    assert_eq!(image.trim(), "app:v1");
    stack.is_tidy().await;
}

#[tokio::test]
async fn a_crontab_that_cannot_be_read_is_left_alone() {
    const FILE: &str = "/var/spool/cron/crontabs/deploy";
    const JOB: &str = "0 3 * * * backup # theirs";
    let world = World::up().await;
    let stack = world.stack("shop");
    let line = format!("echo '{JOB}' | crontab -u deploy -");
    world.machine.sh(&line).await.unwrap();
    let first = stack.release(1, &[service("api", "app:v1")]).await;
    // Readable for nobody, and still replaceable: crontab(1) renames a new file over it.
    world.machine.exec(&["chmod", "000", FILE]).await.unwrap();
    let ended = stack.swap(&stack.order(None, &first)).await;
    assert_eq!(ended.outcome, Outcome::Live, "{ended:?}");
    let told = |ended: &Ended| {
        let hook = |kind: &JournalKind| matches!(kind, JournalKind::Note { topic, text, .. } if topic == "hook" && text.contains("cannot be armed"));
        ended.events.iter().any(|event| hook(&event.kind))
    };
    assert!(told(&ended), "{ended:?}");
    assert_eq!(world.machine.sh(&format!("tail -n 1 {FILE}")).await.unwrap().trim(), JOB);
    world.machine.exec(&["chmod", "600", FILE]).await.unwrap();
    let second = stack.release(2, &[service("api", "app:v2")]).await;
    let ended = stack.swap(&stack.order(Some(&first), &second)).await;
    assert!(ended.outcome == Outcome::Live && !told(&ended), "{ended:?}");
    assert_eq!(world.machine.sh("crontab -u deploy -l").await.unwrap().trim(), JOB);
}

/// Two releases of `api` and `web`, of which the first serves. As process 1 `api` is deaf to its stop signal: a Compose that
/// recreates it waits, with the new container made and the old one still there.
async fn slow_to_stop(stack: &Stack<'_>) -> (Release, Release) {
    let slow = json!({ "stop_signal": "SIGTERM", "stop_grace_period": "4s" });
    let old = stack.release(1, &[service("api", "app:v1").with(slow), service("web", "app:v1")]).await;
    stack.live(&old).await;
    let new = stack.release(2, &[service("api", "app:v2"), service("web", "app:v2")]).await;
    (old, new)
}

/// Kills the Compose that recreates `api`, and what is named before it.
async fn dies_in_a_recreate(stack: &Stack<'_>, first: &str) {
    until("a container with a borrowed name", Duration::from_secs(60), async || {
        let names = stack.containers().await;
        if names.iter().any(|name| name.ends_with("_shop-api-1")) { Ok(()) } else { Err(format!("{names:?}")) }
    })
    .await
    .unwrap();
    let line = format!("kill -9 {first} $(ps -eo pid,args | awk '/[d]ocker.* compose .*-p shop /{{print $1}}')");
    stack.world.machine.sh(&line).await.unwrap();
    assert_eq!(stack.containers().await.len(), 3, "it died in the middle");
}

#[tokio::test]
async fn what_a_compose_that_died_in_a_recreate_left_is_gone_after_the_undo() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let (old, new) = slow_to_stop(&stack).await;
    let order = stack.order(Some(&old), &new);
    stack.failpoint(&order, "restore.ended:api", "kill").await;
    stack.started(&order).await;
    dies_in_a_recreate(&stack, "").await;
    stack.dies(&order).await;
    is_undone(&stack.resumed(&order).await);
    assert_eq!(stack.containers().await, ["shop-api-1", "shop-web-1"]);
    assert_eq!(stack.running().await, ["api app:v1", "web app:v1"]);
    // The engine still had the stop in hand that the dead Compose asked for: it must not come later.
    let line = "docker events --since \"$(docker inspect -f '{{.State.StartedAt}}' shop-api-1)\" --until \"$(($(date +%s) + 1))\" --filter event=kill";
    assert_eq!(world.machine.sh(line).await.unwrap(), "");
    stack.is_tidy().await;
}

#[tokio::test]
async fn a_runner_that_died_with_its_compose_in_a_recreate_goes_on() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let (old, new) = slow_to_stop(&stack).await;
    let order = stack.order(Some(&old), &new);
    stack.started(&order).await;
    let pid = format!("$(cat '{}/runner.pid')", stack.folders.root());
    dies_in_a_recreate(&stack, &pid).await;
    stack.dies(&order).await;
    let ended = stack.resumed(&order).await;
    assert_eq!(ended.outcome, Outcome::Live, "{ended:?}");
    assert_eq!(stack.containers().await, ["shop-api-1", "shop-web-1"]);
    assert_eq!(stack.running().await, ["api app:v2", "web app:v2"]);
    stack.is_tidy().await;
}
