//! Nobody is there while the server swaps: the connection is cut, the laptop sleeps, the server reboots.

use std::time::Duration;

use plimsoll_lab::lab::{MachineOptions, until};

use super::{super::shared::shared_lab, app::App, cli::Finished};

#[tokio::test]
async fn cut_off_at_any_moment_it_ends_wholly_old_or_wholly_new() {
    let machine = shared_lab().add(&MachineOptions::named("deploy-cut")).await.expect("a machine");
    let mut rows = Vec::new();
    for (moment, is_step) in
        [("resolve", false), ("build", false), ("stage", false), ("pull", false), ("swap", false), ("soak", true)]
    {
        let app = App::live_on(&format!("cut-{moment}"), &machine).await;
        app.next("v2");
        let mut deploying = app.start(&[], &[]);
        if is_step {
            deploying.until_step(moment).await
        } else {
            deploying.until_stage(moment).await
        }
        machine.kill_sshd_connections().await.expect("sshd runs");
        let ended = deploying.end().await;
        rows.push(after_the_cut(&app, moment, &ended).await);
        app.remove().await;
    }
    println!("\ncut at    serves  exit  history\n{}", rows.join("\n"));
    machine.remove().await.expect("it goes");
}

async fn after_the_cut(app: &App, moment: &str, ended: &Finished) -> String {
    app.resume().await.ok();
    let (serves, newest) = (app.serves().await, app.newest().await);
    app.is_tidy().await;
    let status = newest["status"].as_str().unwrap_or("").to_owned();
    let code = newest["problem"]["code"].as_str().unwrap_or("-");
    match serves.as_str() {
        "v2" => assert_eq!((status.as_str(), ended.exit), ("live", Some(0)), "{moment}: {ended:#?}"),
        _ => assert!(status == "failed" && code == "contact_lost" && matches!(ended.exit, Some(1 | 3)), "{moment}: {ended:#?}"),
    }
    if ["pull", "swap", "soak"].contains(&moment) {
        assert_eq!(serves, "v2", "{moment}: what was cut off is taken up again: {ended:#?}");
    }
    app.deploy(&[]).await.ok();
    assert_eq!(app.serves().await, "v2", "{moment}");
    format!("{moment:<9} {serves:<7} {:<5} {status} {code}, no lock", ended.exit.unwrap_or(-1))
}

/// How long a rebooted server may take to end a swap by itself.
const ALONE: Duration = Duration::from_secs(120);

#[tokio::test]
async fn a_server_that_reboots_in_the_swap_ends_it_with_nobody_watching() {
    let machine = shared_lab().add(&MachineOptions::named("reboot")).await.expect("a machine");
    let mut rows = Vec::new();
    for (name, sick, page, status) in [("well", "sleep 4\n", "v2", "live"), ("sick", "sleep 1000\n", "v1", "rolled_back")] {
        let app = App::live_on(&format!("reboot-{name}"), &machine).await;
        app.write("sick", sick);
        app.next("v2");
        let killed = app.start(&[], &[("PLIMSOLL_FAILPOINT", "journal-read")]).end().await;
        assert_eq!(killed.exit, None, "{killed:#?}");
        let newest = format!("$(ls -d {}/deployments/* | tail -n 1)/journal", app.stack());
        let line = format!("grep -q '\tbegin\tswap\tweb\t' \"{newest}\"");
        until("the swap of web", ALONE, async || machine.sh(&line).await.map(drop).map_err(|e| e.to_string()))
            .await
            .expect("it swaps");
        machine.reboot().await.expect("it boots");
        let end = format!("tail -n 1 \"{newest}\" | grep -q '\tfinished\t'");
        until("the end of the swap", ALONE, async || machine.sh(&end).await.map(drop).map_err(|e| e.to_string()))
            .await
            .expect("it ends");
        let resumed = app.resume().await.ok();
        let (serves, newest) = (app.serves().await, app.newest().await);
        app.is_tidy().await;
        assert_eq!((serves.as_str(), newest["status"].as_str()), (page, Some(status)), "{name}: {resumed:#?}");
        let finding = resumed.last()[0]["finding"].as_str().unwrap_or("").to_owned();
        assert!(finding.contains("had ended on the server"), "{finding}");
        rows.push(format!("{name:<5} {serves:<7} {status}, no lock: {finding}"));
        app.remove().await;
    }
    println!("\nrebooted in the swap\n{}", rows.join("\n"));
    machine.remove().await.expect("it goes");
}

#[tokio::test]
async fn a_laptop_that_slept_through_the_swap_reads_how_it_ended() {
    let machine = shared_lab().add(&MachineOptions::named("asleep")).await.expect("a machine");
    let app = App::live_on("asleep", &machine).await;
    app.write("sick", "sleep 2\n");
    app.next("v2");
    let mut deploying = app.start(&[], &[]);
    deploying.until_step("swap").await;
    deploying.signal("STOP");
    machine.kill_sshd_connections().await.expect("sshd runs");
    let line = format!("! ls -d {}/lock/*", app.stack());
    until("the end of the swap", ALONE, async || machine.sh(&line).await.map(drop).map_err(|e| e.to_string()))
        .await
        .expect("it ends");
    deploying.signal("CONT");
    let ended = deploying.end().await.is(0, "live");
    let told: Vec<_> = ended.events.iter().filter_map(|event| event["journal"].as_u64()).collect();
    assert!(told.is_sorted_by(|one, next| one < next), "each line once: {told:?}");
    assert_eq!(app.serves().await, "v2");
    app.is_tidy().await;
    machine.remove().await.expect("it goes");
}

#[tokio::test]
async fn a_network_that_swallows_everything_is_noticed_and_outlasted() {
    let machine = shared_lab().add(&MachineOptions::named("deploy-hole")).await.expect("a machine");
    let app = App::live_on("hole", &machine).await;
    app.write("plimsoll.toml", &app.settings("").replace("soak = \"1s\"", "soak = \"10s\""));
    app.next("v2");
    let mut deploying = app.start(&[], &[]);
    deploying.until_step("soak").await;
    machine.black_hole().await.expect("iptables");
    deploying.until("a word", |e| e["type"] == "note" && e["text"].as_str().is_some_and(|t| t.contains("lost contact"))).await;
    machine.heal().await.expect("iptables");
    deploying.end().await.is(0, "live");
    assert_eq!(app.serves().await, "v2");
    app.is_tidy().await;
    machine.remove().await.expect("it goes");
}
