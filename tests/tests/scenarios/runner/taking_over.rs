//! Switches that take the place of what ran without one, and leave it again.

use std::time::Duration;

use plimsoll_core::{
    problem::Code,
    runner::{self, JournalKind, Outcome, Step},
};
use plimsoll_lab::lab::{DockerAccess, MachineOptions};
use serde_json::json;

use super::{
    super::load::Load,
    switching::{PORT, door, live, nothing_is_lost, order, undone, web},
    world::{Service, World, http},
};

/// A proxy on the machine itself would ask like this: by what is published everywhere, and by what is published there alone.
const OWN_CLIENTS: &str = r"
(until [ -e /root/enough ]; do
  for port in 18080 18081; do curl -fsS -o /dev/null --max-time 5 http://127.0.0.1:$port/ && echo ok || echo lost; done
done >/root/asked; touch /root/over) </dev/null >/dev/null 2>&1 &
";
const OWN_CLIENTS_END: &str = r"
touch /root/enough
until [ -e /root/over ]; do sleep 0.1; done
echo lost $(grep -c lost /root/asked); echo asked $(grep -c . /root/asked)
rm /root/enough /root/over /root/asked
";
/// What lets them out, where there is any of it.
const OWN_WAYS: &str = r"
{ iptables-save | grep -e '127.0.0.0/8.*MASQUERADE' -e '127.0.0.0/8.*DROP'; grep -lx 1 /proc/sys/net/ipv4/conf/*/route_localnet; } || true
";

#[tokio::test]
async fn what_had_no_switch_gets_one_and_loses_it_again() {
    let world = World::up().await;
    let stack = world.stack("shop");
    let plain = |image| Service { switched: false, ..web(image) };
    let first = stack.release(1, &[plain("app:v1")]).await;
    stack.live(&first).await;
    let second = stack.release(2, &[web("app:v2")]).await;

    // Undone, the plain container is back.
    let mut hopeless = order(&stack, Some(&first), &second);
    hopeless.probes.push(http("web", Some("never")));
    hopeless.probes[2].deadline = Duration::from_secs(1);
    hopeless.probes.swap(0, 2);
    let ended = stack.swap(&hopeless).await;
    assert_eq!(undone(&ended).0, Some(Code::Unhealthy), "{ended:?}");
    assert_eq!(stack.running().await, ["web app:v1"]);
    let mut late = order(&stack, Some(&first), &second);
    late.soak = Duration::from_secs(60);
    stack.started(&late).await;
    stack.until(&late, |kind| matches!(kind, JournalKind::Begin { step: Step::Soak, .. })).await;
    assert_eq!(stack.running().await, ["web haproxy:lab", "web-blue app:v2"]);
    runner::cancel(world.host.as_ref(), &stack.folders, late.record.id).await.unwrap();
    assert_eq!(undone(&stack.ended(&late).await).0, None);
    assert_eq!(stack.containers().await, ["shop-web-1"]);
    assert_eq!(stack.running().await, ["web app:v1"]);

    let ended = stack.swap(&order(&stack, Some(&first), &second)).await;
    assert_eq!(ended.outcome, Outcome::Live, "{ended:?}");
    assert_eq!(stack.running().await, ["web haproxy:lab", "web-blue app:v2"]);
    assert!(ended.gap_ms().is_some_and(|ms| ms < 3000), "{ended:?}");

    // It may keep data by now: the two never run together, on the way there and back.
    for edge in ["leave.halted:web", "swap.up:web"] {
        let back = order(&stack, Some(&second), &first);
        stack.failpoint(&back, edge, "pause").await;
        stack.started(&back).await;
        stack.held(&back).await;
        let running = if edge == "swap.up:web" { ["web app:v1"] } else { ["web haproxy:lab"] };
        assert_eq!(stack.running().await, running, "{edge}");
        runner::cancel(world.host.as_ref(), &stack.folders, back.record.id).await.unwrap();
        stack.go_on(&back).await;
        assert_eq!(undone(&stack.ended(&back).await).0, None, "{edge}");
        assert_eq!(stack.running().await, ["web haproxy:lab", "web-blue app:v2"], "{edge}");
        let policy = "docker inspect -f '{{.HostConfig.RestartPolicy.Name}}' shop-web-1 shop-web-blue-1 | sort -u";
        assert_eq!(world.machine.sh(policy).await.unwrap().trim(), "unless-stopped", "{edge}: both survive a reboot");
    }
    let ended = stack.swap(&order(&stack, Some(&second), &first)).await;
    assert_eq!(ended.outcome, Outcome::Live, "{ended:?}");
    assert_eq!(stack.containers().await, ["shop-web-1"]);
    assert_eq!(stack.running().await, ["web app:v1"]);
    stack.is_tidy().await;
}

#[tokio::test]
async fn a_running_container_is_replaced_by_its_switch_without_a_lost_request() {
    let world = World::with(MachineOptions { access: DockerAccess::Sudo, ..MachineOptions::named("server") }).await;
    let stack = world.stack("shop");
    let inside = json!({ "target": 8080, "published": "18081", "host_ip": "127.0.0.1" });
    let ports = json!({ "ports": [{ "target": 8080, "published": PORT.to_string() }, inside] });
    let web = |image| web(image).with_also(&ports);
    let first = stack.release(1, &[Service { switched: false, ..web("app:v1") }]).await;
    let mut begun = order(&stack, None, &first);
    begun.docker = ["sudo", "-n", "docker"].map(str::to_owned).to_vec();
    // Proven to answer, so that every request from here on counts.
    assert_eq!(stack.swap(&begun).await.outcome, Outcome::Live);
    let around = async || world.machine.sh("iptables-save -t nat | grep -e '^-A PREROUTING.*DNAT' || true").await.unwrap();
    let load = Load::start(door(&world), 50);
    load.hears("release 000000000001", 50).await;
    world.machine.sh(OWN_CLIENTS).await.unwrap();
    let second = stack.release(2, &[web("app:v2")]).await;
    let mut taking = order(&stack, Some(&first), &second);
    taking.docker = ["sudo", "-n", "docker"].map(str::to_owned).to_vec();
    stack.failpoint(&taking, "install.open:web", "pause").await;
    stack.started(&taking).await;
    stack.held(&taking).await;
    load.hears("release 000000000002", 20).await;
    assert_eq!(stack.running().await, ["web app:v1", "web-blue app:v2"], "the way around leads to the new one already");
    let open = around().await;
    assert!(open.contains("--dport 18080") && !open.contains("18081"), "what only the machine reaches stays so: {open}");
    for port in [18080, 18081] {
        let own = world.machine.sh(&format!("curl -fsS http://127.0.0.1:{port}/")).await.unwrap();
        assert_eq!(own.trim(), "release 000000000002", "{port}: the machine's own clients are led there too");
    }
    let users = world.machine.sh("iptables -S DOCKER-USER | grep -v -e '^-N' -e 'RETURN$' || true").await.unwrap();
    assert_eq!(users, "", "the user's own rules come first");
    stack.go_on(&taking).await;
    let ended = stack.ended(&taking).await;
    assert_eq!(ended.outcome, Outcome::Live, "{ended:?}");
    load.hears("release 000000000002", 20).await;
    nothing_is_lost(&load.end().await);
    let own = world.machine.sh(OWN_CLIENTS_END).await.unwrap();
    let counts: Vec<&str> = own.lines().collect();
    assert!(matches!(counts[..], ["lost 0", asked] if asked.len() > "asked 9".len()), "{own}");
    assert_eq!(around().await, "");
    assert_eq!(world.machine.sh(OWN_WAYS).await.unwrap().trim(), "", "nothing of it is left");

    // Killed with the way around open, it is closed by whoever goes on.
    let third = stack.release(3, &[Service { switched: false, ..web("app:v1") }]).await;
    world.machine.sh("docker rm -f shop-web-1 shop-web-blue-1").await.unwrap();
    stack.live(&third).await;
    let fourth = stack.release(4, &[web("app:v2")]).await;
    let mut killed = order(&stack, Some(&third), &fourth);
    killed.docker = ["sudo", "-n", "docker"].map(str::to_owned).to_vec();
    stack.failpoint(&killed, "install.open:web", "kill").await;
    stack.interrupted(&killed).await;
    assert!(around().await.contains("18080"), "it is open");
    let ended = stack.resumed(&killed).await;
    assert_eq!(ended.outcome, Outcome::Live, "{ended:?}");
    assert_eq!(around().await, "");
    assert_eq!(world.machine.sh(OWN_WAYS).await.unwrap().trim(), "", "nothing of it is left");
    stack.is_tidy().await;
}

/// Where a switch takes the place of a running container, and where it leaves again.
const IN: [&str; 5] = ["candidate.ended:web", "turn.pointed", "install.begun:web", "install.ended:web", "turn.ended"];
const OUT: [&str; 3] = ["swap.begun:web", "leave.halted:web", "swap.up:web"];

#[tokio::test]
async fn killed_at_any_edge_of_a_takeover_it_ends_wholly_new() {
    let world = World::up().await;
    let plain = |image| Service { switched: false, ..web(image) };
    for (number, edge) in IN.into_iter().chain(OUT).enumerate() {
        let stack = world.stack(&format!("edge{number}"));
        let (first, order) = if IN.contains(&edge) {
            let first = stack.release(1, &[plain("app:v1")]).await;
            stack.live(&first).await;
            let second = stack.release(2, &[web("app:v2")]).await;
            (first.clone(), order(&stack, Some(&first), &second))
        } else {
            let first = live(&stack, &[web("app:v1")]).await;
            let second = stack.release(2, &[plain("app:v2")]).await;
            (first.clone(), order(&stack, Some(&first), &second))
        };
        stack.failpoint(&order, edge, "kill").await;
        stack.interrupted(&order).await;
        let ended = stack.resumed(&order).await;
        assert_eq!(ended.outcome, Outcome::Live, "{edge} from {}: {ended:?}", first.id);
        let running = stack.running().await;
        if IN.contains(&edge) {
            assert_eq!(running, ["web haproxy:lab", "web-blue app:v2"], "{edge}");
        } else {
            assert_eq!(running, ["web app:v2"], "{edge}");
        }
        stack.is_tidy().await;
        stack.remove().await;
    }
}
