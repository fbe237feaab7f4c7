//! What goes wrong with the server itself.

use plimsoll_lab::lab::{MachineOptions, run};

use super::{super::shared::shared_lab, app::App};

const MIB: u64 = 1 << 20;

#[tokio::test]
async fn an_engine_that_is_down_is_named_and_comes_back() {
    let machine = shared_lab().add(&MachineOptions::named("down")).await.expect("a machine");
    let app = App::live_on("down", &machine).await;
    app.next("v2");
    machine.stop_docker().await.expect("it stops");
    app.deploy(&[]).await.fails(3, "engine_down");
    machine.start_docker().await.expect("it starts");
    assert_eq!(app.serves().await, "v1");
    app.is_tidy().await;
    app.deploy(&[]).await.is(0, "live");
    machine.remove().await.expect("it goes");
}

#[tokio::test]
async fn a_full_disk_is_refused_before_and_survived_during_the_pull() {
    let small = MachineOptions { disk_mib: 3072, ..MachineOptions::named("small") };
    let machine = shared_lab().add(&small).await.expect("a machine");
    let app = App::live_on("small", &machine).await;
    app.next("v2");
    machine.fill_disk(100 * MIB).await.expect("it fills");
    let refused = app.deploy(&[]).await.fails(3, "disk_full");
    assert!(refused.problem().1.contains("free"), "{refused:#?}");
    assert_eq!(app.serves().await, "v1");
    app.is_tidy().await;
    machine.free_disk().await.expect("it empties");

    let dockerfile = std::fs::read_to_string(app.repo().join("web/Dockerfile")).unwrap();
    app.write("web/Dockerfile", &format!("{dockerfile}RUN dd if=/dev/urandom of=/big bs=1M count=60\n"));
    app.next("v3");
    let mut deploying = app.start(&[], &[]);
    deploying.until("an open gate", |e| e["type"] == "stage_finished" && e["stage"] == "gate").await;
    machine.fill_disk(20 * MIB).await.expect("it fills");
    let failed = deploying.end().await.fails(1, "disk_full");
    assert_eq!(failed.last()["stages"].as_array().unwrap().last().unwrap()["step"], "pull", "{failed:#?}");
    assert_eq!(app.serves().await, "v1");
    app.is_tidy().await;
    machine.free_disk().await.expect("it empties");
    app.deploy(&[]).await.is(0, "live");
    assert_eq!(app.serves().await, "v3");

    // From now on it is known what a deployment takes, and nothing is built in vain.
    machine.fill_disk(300 * MIB).await.expect("it fills");
    app.next("v4");
    let plan = app.deploy(&["--plan"]).await.ok();
    let disk = plan.last()["disk"].as_array().expect("an estimate").clone();
    assert!(disk[0].as_u64() > Some(240_000_000) && plan.last()["disk_basis"].as_u64() > Some(0), "{plan:#?}");
    let refused = app.deploy(&[]).await.fails(3, "disk_full");
    assert!(refused.problem().1.contains("estimated from"), "{refused:#?}");
    assert_eq!(refused.last()["stages"].as_array().unwrap().last().unwrap()["step"], "preflight", "{refused:#?}");
    assert_eq!(app.serves().await, "v3");
    app.is_tidy().await;
    machine.remove().await.expect("it goes");
}

#[tokio::test]
async fn a_server_that_is_gone_or_another_is_named() {
    let machine = shared_lab().add(&MachineOptions::named("gone")).await.expect("a machine");
    let app = App::live_on("gone", &machine).await;
    app.next("v2");
    machine.refuse_port(22).await.expect("iptables");
    app.deploy(&[]).await.fails(3, "host_unreachable");
    machine.heal().await.expect("iptables");
    let config = app.cli.variable("PLIMSOLL_SSH_CONFIG");
    let right = std::fs::read_to_string(&config).unwrap();
    let stranger = app.home().join("stranger");
    run(&["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", &stranger.to_string_lossy()]).await.expect("a key");
    std::fs::write(&config, format!("Host *\n  IdentityFile {}\n  IdentitiesOnly yes\n", stranger.display())).unwrap();
    app.deploy(&[]).await.fails(3, "auth_refused");
    std::fs::write(&config, right).unwrap();
    assert_eq!(app.serves().await, "v1");
    for kind in ["ecdsa", "ed25519"] {
        machine.new_host_key(kind).await.expect("a key");
        let refused = app.deploy(&[]).await.fails(3, "host_key_changed");
        assert!(refused.problem().1.contains("SHA256:"), "{refused:#?}");
    }
    let key = machine.host_key("ed25519").await.unwrap();
    app.cli.run(&["server", "trust", "server", "--host-key", &key]).await.ok();
    // A key that is trusted already needs no question; one that was named wrongly is no stranger in between.
    app.cli.run(&["server", "trust", "server"]).await.ok();
    let wrong = app.cli.run(&["server", "trust", "server", "--host-key", "SHA256:AAAA"]).await;
    assert!(wrong.exit == Some(3) && wrong.complaints.contains("--host-key names"), "{wrong:#?}");
    app.deploy(&[]).await.is(0, "live");
    assert_eq!(app.serves().await, "v2");
    machine.remove().await.expect("it goes");
}

#[tokio::test]
async fn a_server_without_compose_is_told_how_to_get_it() {
    let machine = shared_lab().add(&MachineOptions::named("bare")).await.expect("a machine");
    let app = App::on("bare", &machine).await;
    let hide = "for f in $(find /usr/lib /usr/libexec /usr/local -name docker-compose -path '*cli-plugins*'); do mount --bind /dev/null $f; done";
    machine.sh(hide).await.expect("a plugin");
    let refused = app.deploy(&[]).await.fails(3, "requirement_missing");
    let (_, told) = refused.problem();
    assert!(told.contains("Compose") && told.contains("install"), "{told}");
    assert_eq!(app.containers().await.len(), 0);
    app.is_tidy().await;
    machine.remove().await.expect("it goes");
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_is_not_added() {
    let app = App::live("stranger").await;
    let vm = shared_lab().machine("vm").expect("a VM").destination();
    app.cli.run(&["server", "remove", "vm", "--yes"]).await.ok();
    let second = app.home().join("nobody");
    let cli = app.cli.with("PLIMSOLL_HOME", &second.to_string_lossy());
    let asked = cli.run(&["server", "add", "vm", &vm, "--json"]).await.fails(3, "host_key_unknown");
    assert!(asked.problem().1.contains("SHA256:"), "{asked:#?}");
    let other = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU";
    cli.run(&["server", "add", "vm", &vm, "--host-key", other, "--json"]).await.fails(3, "host_key_unknown");
    assert!(cli.run(&["server", "list", "--json"]).await.ok().last().as_array().is_some_and(Vec::is_empty));
    app.next("v2");
    app.deploy(&[]).await.fails(3, "not_found");
    assert_eq!(app.serves().await, "v1");
    app.remove().await;
}
