//! Swaps that go well, and what they leave behind.
use std::time::Duration;

use plimsoll_core::{
    domain::{probe::ProbeTarget, server::BootHook, settings::ReleaseCommand},
    runner::{self, Outcome, Started, State, Step},
};
use plimsoll_lab::lab::{DockerAccess, MachineOptions};
use serde_json::json;

use super::world::{World, http, probe, public, service};

#[tokio::test]
async fn a_new_release_goes_live_and_nothing_else_is_touched() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let ports = json!({ "ports": [{ "target": 8080, "published": "18080" }] });
    let db = service("db", "app:v1").with(json!({ "volumes": [{ "type": "volume", "source": "data", "target": "/data" }] }));
    let old = stack.release(1, &[db.clone(), service("api", "app:v1"), service("web", "app:v1").with(ports.clone())]).await;
    stack.live(&old).await;
    let before = world.container("shop-db-1").await;

    let new = stack.release(2, &[db, service("api", "app:v2"), service("web", "app:v2").with(ports)]).await;
    let mut order = stack.order(Some(&old), &new);
    order.probes = vec![http("api", Some("release {release}")), public(18080)];
    let ended = stack.swap(&order).await;

    assert_eq!(ended.outcome, Outcome::Live, "{ended:?}");
    assert_eq!(stack.running().await, ["api app:v2", "db app:v1", "web app:v2"]);
    assert_eq!(world.container("shop-db-1").await, before);
    assert_eq!(stack.file("current").await.as_deref(), Some("000000000002"));
    assert_eq!(
        ended.began(),
        ["arm", "swap api", "swap web", "probe api", "probe", "verify", "soak", "commit", "retain", "disarm"]
    );
    assert!(ended.gap_ms().is_some_and(|ms| ms > 0), "a recreated web server has a gap: {ended:?}");
    stack.is_tidy().await;
}

#[tokio::test]
async fn every_shell_of_a_server_will_do() {
    let world = World::up().await;
    for (number, shell) in ["/bin/busybox", "/bin/bash"].into_iter().enumerate() {
        world.machine.exec(&["ln", "-sf", shell, "/bin/sh"]).await.unwrap();
        let stack = world.stack(&format!("shell{number}"));
        let old = stack.release(1, &[service("api", "app:v1")]).await;
        stack.live(&old).await;
        let new = stack.release(2, &[service("api", "app:v2")]).await;
        let mut order = stack.order(Some(&old), &new);
        order.probes = vec![http("api", Some("never said"))];
        order.probes[0].deadline = Duration::from_secs(1);
        let undone = stack.swap(&order).await;
        assert!(matches!(undone.outcome, Outcome::RolledBack { .. }), "{shell}: {undone:?}");
        assert_eq!(stack.running().await, ["api app:v1"]);
        order = stack.order(Some(&old), &new);
        order.probes = vec![http("api", Some("release {release}"))];
        let ended = stack.swap(&order).await;
        assert_eq!(ended.outcome, Outcome::Live, "{shell}: {ended:?}");
        stack.is_tidy().await;
    }
}

#[tokio::test]
async fn every_kind_of_probe_has_to_answer() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let health = json!({ "healthcheck": { "test": ["CMD", "wget", "-qO-", "http://127.0.0.1:8080/"], "interval": "500ms" } });
    let new = stack.release(1, &[service("api", "app:v1").with(health)]).await;
    let api = || "api".parse().unwrap();
    let mut order = stack.order(None, &new);
    let argv = ["sh", "-c", "wget -qO- http://127.0.0.1:8080/ | { read -r a b; test \"$b\" = \"$0\"; }", "000000000001"];
    order.probes = vec![
        http("api", Some("release {release}")),
        probe(ProbeTarget::Tcp { service: api(), port: 8080 }, 5),
        probe(ProbeTarget::Docker { service: api() }, 5),
        probe(ProbeTarget::Command { service: api(), argv: argv.map(str::to_owned).to_vec() }, 5),
    ];
    let ended = stack.swap(&order).await;
    assert_eq!(ended.outcome, Outcome::Live, "{ended:?}");

    let targets = [
        ProbeTarget::Http { service: api(), port: 8080, path: "/absent".to_owned(), expect: None },
        ProbeTarget::Tcp { service: api(), port: 8081 },
        ProbeTarget::Command { service: api(), argv: vec!["false".to_owned()] },
    ];
    for target in targets {
        let mut order = stack.order(Some(&new), &new);
        order.probes = vec![probe(target, 1)];
        let ended = stack.swap(&order).await;
        assert!(matches!(ended.outcome, Outcome::RolledBack { .. }), "{ended:?}");
    }
}

#[tokio::test]
async fn text_of_users_is_only_text() {
    let world = World::up().await;
    let mut stack = world.stack("shop");
    stack.below("/home/deploy/it's a \"home\" $(touch pwned) `touch pwned` %d -x");
    let old = stack.release(1, &[service("db", "app:v1"), service("api", "app:v1")]).await;
    stack.live(&old).await;
    let volume = json!({ "volumes": [{ "type": "volume", "source": "data", "target": "/data" }] });
    let new = stack.release(2, &[service("db", "app:v1"), service("api", "app:v2").with(volume)]).await;
    let mut order = stack.order(Some(&old), &new);
    let odd = "--help 'x' \"$(touch pwned)\" `touch pwned`\n\ttwo; lines \\ %s\n";
    let script = "echo \"$0\" >&2; cat /data/odd 2>/dev/null; printf '%s' \"$1\" >/data/odd; test \"$2\" = ''";
    let script = script.replace("printf", "echo -n").replace(" '%s'", "");
    order.release_command = Some(ReleaseCommand {
        service: "api".parse().unwrap(),
        command: ["sh", "-c", &script, "-x", odd, ""].map(str::to_owned).to_vec(),
    });
    order.probes = vec![probe(
        ProbeTarget::Command {
            service: "api".parse().unwrap(),
            argv: ["sh", "-c", "test \"$(cat /data/odd; echo .)\" = \"$0.\"", odd].map(str::to_owned).to_vec(),
        },
        3,
    )];
    let ended = stack.swap(&order).await;
    assert_eq!(ended.outcome, Outcome::Live, "{ended:?}");

    order = stack.order(Some(&old), &new);
    order.probes = vec![http("api", Some("'$(touch pwned)'\t\"é\" `touch pwned`"))];
    order.probes[0].deadline = Duration::from_secs(1);
    let undone = stack.swap(&order).await;
    let Outcome::RolledBack { detail, .. } = &undone.outcome else { panic!("{undone:?}") };
    assert!(detail.contains("'$(touch pwned)' \"é\" `touch pwned`"), "{detail}");
    let pwned = world.machine.sh("find / -xdev -name pwned 2>/dev/null; find /home /tmp -name pwned").await.unwrap();
    assert_eq!(pwned, "");
    stack.is_tidy().await;
}

#[tokio::test]
async fn the_release_command_runs_once_per_release() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let volume = json!({ "volumes": [{ "type": "volume", "source": "data", "target": "/data" }] });
    let old = stack.release(1, &[service("api", "app:v1")]).await;
    stack.live(&old).await;
    let new = stack.release(2, &[service("api", "app:v2").with(volume)]).await;
    let command = ["sh", "-c", "echo ran >>/data/ledger; cat /data/ledger >&2"].map(str::to_owned).to_vec();
    let command = Some(ReleaseCommand { service: "api".parse().unwrap(), command });

    let mut order = stack.order(Some(&old), &new);
    order.release_command = command.clone();
    stack.failpoint(&order, "release_command.after", "kill").await;
    stack.interrupted(&order).await;
    let ended = stack.resumed(&order).await;
    assert_eq!(ended.outcome, Outcome::Live, "{ended:?}");
    assert_eq!(ended.count(Step::ReleaseCommand), 2, "the killed runner never noted its end");

    let mut again = stack.order(Some(&new), &new);
    again.release_command = command;
    let ended = stack.swap(&again).await;
    assert_eq!((&ended.outcome, ended.count(Step::ReleaseCommand)), (&Outcome::Live, 0), "{ended:?}");
    let ledger = world.machine.exec(&["docker", "exec", "shop-api-1", "cat", "/data/ledger"]).await.unwrap();
    assert_eq!(ledger, "ran\n");
    assert_eq!(stack.containers().await, ["shop-api-1"]);
}

#[tokio::test]
async fn a_second_start_changes_nothing() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let new = stack.release(1, &[service("api", "app:v1")]).await;
    let order = stack.order(None, &new);
    let (host, folders, id) = (world.host.as_ref(), &stack.folders, order.record.id);
    assert_eq!(runner::state(host, folders, id).await.unwrap(), State::NotStarted);
    stack.failpoint(&order, "swap.all", "pause").await;
    stack.locked(&order).await;
    let both = tokio::join!(runner::start(host, folders, &order), runner::start(host, folders, &order));
    both.0.unwrap();
    both.1.unwrap();
    assert_eq!(runner::start(host, folders, &order).await.unwrap(), Started::AlreadyRunning);
    assert_eq!(runner::state(host, folders, id).await.unwrap(), State::Running);

    let other = stack.order(None, &new);
    assert!(matches!(runner::start(host, folders, &other).await, Err(runner::RunnerError::Busy)));

    stack.go_on(&order).await;
    let ended = stack.ended(&order).await;
    assert_eq!((&ended.outcome, ended.count(Step::Swap)), (&Outcome::Live, 1), "{ended:?}");
    assert_eq!(runner::start(host, folders, &order).await.unwrap(), Started::AlreadyFinished);
    assert_eq!(runner::state(host, folders, id).await.unwrap(), State::Finished(Outcome::Live));
    let records = runner::records(host, folders).await.unwrap();
    let ended: Vec<_> = records.into_iter().map(|r| (r.deployment.id, r.end.map(|(outcome, _)| outcome))).collect();
    assert_eq!(ended, [(id, Some(Outcome::Live)), (other.record.id, None)]);
}

#[tokio::test]
async fn old_releases_go_and_volumes_stay() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let other = world.stack("staging");
    let volume = json!({ "volumes": [{ "type": "volume", "source": "data", "target": "/data" }] });
    let mut old = None;
    for number in 1..=5 {
        let image = if number % 2 == 0 { "app:v2" } else { "app:v1" };
        let release = stack.release(number, &[service("api", image).with(volume.clone())]).await;
        world.machine.exec(&["docker", "tag", image, &format!("plimsoll/shop/api:{number:012x}")]).await.unwrap();
        if number == 2 {
            other.release(2, &[service("api", "app:v2")]).await;
        }
        let mut order = stack.order(old.as_ref(), &release);
        order.keep = 2;
        if number == 3 {
            order.probes = vec![probe(ProbeTarget::Tcp { service: "api".parse().unwrap(), port: 1 }, 0)];
        }
        let ended = stack.swap(&order).await;
        assert_eq!(ended.outcome == Outcome::Live, number != 3, "{ended:?}");
        if number != 3 {
            old = Some(release);
        }
    }
    // Current is 5, previous is 4, one more of those that served is kept: 2. Release 3 never served.
    let kept = world.machine.sh("ls /home/deploy/.plimsoll/stacks/shop/releases").await.unwrap();
    assert_eq!(kept.split_whitespace().collect::<Vec<_>>(), ["000000000002", "000000000004", "000000000005"]);
    let tags = world.machine.exec(&["docker", "images", "--format", "{{.Tag}}", "plimsoll/shop/api"]).await.unwrap();
    let mut tags: Vec<&str> = tags.split_whitespace().collect();
    tags.sort_unstable();
    assert_eq!(tags, ["000000000002", "000000000004", "000000000005"]);
    let volumes = world.machine.exec(&["docker", "volume", "ls", "-q"]).await.unwrap();
    assert_eq!(volumes.trim(), "shop_data");
}

#[tokio::test]
async fn a_login_that_needs_sudo_will_do() {
    let world = World::with(MachineOptions { access: DockerAccess::Sudo, ..MachineOptions::named("server") }).await;
    let mut stack = world.stack("shop");
    stack.below("/home/deploy/a \"home\" 100% $HOME");
    let old = stack.release(1, &[service("api", "app:v1")]).await;
    stack.live(&old).await;
    let new = stack.release(2, &[service("api", "app:v2")]).await;
    let mut order = stack.order(Some(&old), &new);
    order.docker = ["sudo", "-n", "docker"].map(str::to_owned).to_vec();
    order.hook = Some(BootHook::SystemdSystem);
    order.probes = vec![http("api", Some("release {release}"))];
    stack.failpoint(&order, "armed", "pause").await;
    stack.started(&order).await;
    stack.held(&order).await;
    let unit = "/etc/systemd/system/multi-user.target.wants/plimsoll-shop.service";
    let text = world.machine.exec(&["cat", unit]).await.unwrap();
    assert!(text.contains("\nUser=deploy\n"), "{text}");
    let folder = r#"boot "/home/deploy/a \"home\" 100%% $$HOME/.plimsoll/stacks/shop/deployments/"#;
    assert!(text.contains(folder), "{text}");
    let verdict = world.machine.sh(&format!("systemd-analyze verify --man=no {unit} 2>&1 || true")).await.unwrap();
    assert!(!verdict.contains("plimsoll-shop"), "{verdict}");
    stack.go_on(&order).await;
    let ended = stack.ended(&order).await;
    assert_eq!(ended.outcome, Outcome::Live, "{ended:?}");
    assert_eq!(world.machine.sh("find /etc/systemd -name 'plimsoll*'").await.unwrap(), "");
}
