//! The program is killed in the middle: afterwards the truth is found on the server.

use futures_util::{StreamExt as _, stream};

use plimsoll_lab::lab::MachineOptions;

use super::{
    super::{shared::shared_lab, support::until},
    app::App,
    cli::{Cli, program},
};

/// Where the program can be killed, in the order of a deployment; and whether the server goes on by itself from there.
const PLACES: [(&str, Then); 23] = [
    ("started", Then::Old),
    ("enter-resolve", Then::Old),
    ("leave-resolve", Then::Old),
    ("enter-preflight", Then::Old),
    ("leave-preflight", Then::Old),
    ("enter-source", Then::Old),
    ("leave-source", Then::Old),
    ("enter-build", Then::Old),
    ("leave-build", Then::Old),
    ("enter-gate", Then::Old),
    ("leave-gate", Then::Old),
    ("enter-stage", Then::Old),
    ("leave-stage", Then::Old),
    ("enter-pull", Then::Old),
    ("leave-pull", Then::Old),
    ("enter-swap", Then::Old),
    ("runner-started", Then::New),
    ("journal-read", Then::New),
    ("leave-swap", Then::New),
    ("enter-record", Then::New),
    ("leave-record", Then::New),
    ("before-end", Then::New),
    ("after-end", Then::New),
];
/// Those of the ordinary run.
const CHOSEN: [&str; 6] = ["started", "leave-preflight", "leave-build", "enter-swap", "journal-read", "before-end"];

/// What serves when it is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Old,
    New,
}

/// Whether the scenarios that take minutes run too.
fn full() -> bool {
    cfg!(feature = "full") || std::env::var_os("PLIMSOLL_FULL").is_some()
}

#[tokio::test]
async fn killed_at_any_place_it_ends_wholly_old_or_wholly_new() {
    let places: Vec<_> = PLACES.into_iter().filter(|(place, _)| full() || CHOSEN.contains(place)).collect();
    let rows = stream::iter(places).map(|(place, then)| killed_at(place, then)).buffered(3);
    let rows: Vec<String> = rows.collect().await;
    println!("\nkilled at          serves  history                       resume says\n{}", rows.join("\n"));
}

async fn killed_at(place: &str, then: Then) -> String {
    let app = App::live(&format!("kill-{place}")).await;
    app.next("v2");
    let killed = app.start(&[], &[("PLIMSOLL_FAILPOINT", place)]).end().await;
    assert_eq!(killed.exit, None, "{place}: {killed:#?}");
    if place == "runner-started" {
        let killed = app.cli.start(&["resume", &app.name, "--json"], &[("PLIMSOLL_FAILPOINT", "settled")]).end().await;
        assert_eq!(killed.exit, None, "{place}: {killed:#?}");
    }
    let row = settled(&app, place, then).await;
    let again = app.deploy(&[]).await;
    again.is(0, if then == Then::New { "nothing_to_do" } else { "live" });
    assert_eq!(app.serves().await, "v2", "{place}");
    app.is_tidy().await;
    app.remove().await;
    row
}

/// Settles and checks everything that can be seen; a row of the table.
async fn settled(app: &App, place: &str, then: Then) -> String {
    let resumed = app.resume().await.ok();
    let serves = app.serves().await;
    app.is_tidy().await;
    let newest = app.newest().await;
    let status = newest["status"].as_str().unwrap_or("").to_owned();
    let code = newest["problem"]["code"].as_str().unwrap_or("-").to_owned();
    let finding = resumed.last()[0]["finding"].as_str().unwrap_or("nothing was open").to_owned();
    let (page, wanted) = match then {
        Then::Old => ("v1", ("failed", "interrupted")),
        Then::New => ("v2", ("live", "-")),
    };
    assert_eq!((serves.as_str(), (status.as_str(), code.as_str())), (page, wanted), "{place}: {resumed:#?}");
    assert!(newest["finished"].is_string(), "{newest}");
    match then {
        Then::Old => assert!(finding.contains("before anything moved"), "{place}: {finding}"),
        Then::New if place == "after-end" => assert_eq!(finding, "nothing was open"),
        Then::New => assert!(finding.contains("followed to its end") || finding.contains("had ended on the server"), "{finding}"),
    }
    format!("{place:<18} {serves:<7} {:<29} {finding}", format!("{status} {code}, no lock"))
}

const RELEASE: &str = "[release]\nservice = \"web\"\ncommand = [\"sleep\", \"1\"]\n";

/// Killed with the whole journal read and nothing of it concluded, and settled: the history says the same as of a deployment
/// that was watched to its end, and so do the variables.
#[tokio::test]
async fn what_nobody_watched_to_its_end_is_recorded_as_if_somebody_had() {
    let app = App::live("unwatched").await;
    app.write("plimsoll.toml", &app.settings(RELEASE));
    for (page, place) in [("v2", None), ("v3", Some("leave-swap")), ("v4", Some("journal-read"))] {
        app.cli.feed(&["env", "set", &app.name, "GREETING"], page).await.ok();
        assert_eq!(pending(&app).await, ["GREETING"]);
        app.next(page);
        match place {
            None => {
                app.deploy(&[]).await.is(0, "live");
            }
            Some(place) => {
                let killed = app.start(&[], &[("PLIMSOLL_FAILPOINT", place)]).end().await;
                assert_eq!(killed.exit, None, "{place}: {killed:#?}");
                app.resume().await.ok();
            }
        }
        let newest = app.newest().await;
        assert_eq!((&newest["status"], &newest["migrated"]), (&"live".into(), &true.into()), "{place:?}: {newest}");
        assert!(newest["gap_ms"].is_u64(), "{place:?}: {newest}");
        assert_eq!(pending(&app).await, [""; 0], "{place:?}: its value is live");
    }
    // What comes back has the value of its time, the next deployment would have the newest one.
    app.cli.run(&["rollback", &app.name, "--yes", "--json"]).await.is(0, "live");
    assert_eq!(pending(&app).await, ["GREETING"]);
    app.remove().await;
}

/// Variables that wait for the next deployment.
async fn pending(app: &App) -> Vec<String> {
    let list = app.cli.run(&["env", "list", &app.name, "--json"]).await.ok();
    let rows = list.last().as_array().expect("a list");
    rows.iter().filter(|row| row["pending"] == true).map(|row| row["name"].as_str().unwrap_or("").to_owned()).collect()
}

#[tokio::test]
async fn one_server_out_of_reach_keeps_no_other_deployment_open() {
    let machine = shared_lab().add(&MachineOptions::named("far")).await.expect("a machine");
    let (far, near) = (App::on("far", &machine).await, App::new("near").await);
    // One laptop for both; its first server is the far one.
    let laptop = Cli { folder: near.repo(), ..far.cli.clone() };
    let key = near.server.host_key("ed25519").await.expect("a key");
    laptop.run(&["server", "add", "near", &near.server.destination(), "--host-key", &key]).await.ok();
    near.write("plimsoll.toml", &near.settings("").replace("server = \"server\"", "server = \"near\""));
    laptop.run(&["project", "add", ".", "--name", "near"]).await.ok();
    let newest = async |name: &str| laptop.run(&["history", name, "--json"]).await.ok().last()[0].clone();
    for (project, place) in [("far", "leave-resolve"), ("near", "journal-read")] {
        let killed = laptop.start(&["deploy", project, "--json"], &[("PLIMSOLL_FAILPOINT", place)]).end().await;
        assert_eq!(killed.exit, None, "{killed:#?}");
        assert_eq!(newest(project).await["status"], "running");
    }
    machine.refuse_port(22).await.expect("iptables");
    laptop.run(&["resume", "--json"]).await.fails(1, "host_unreachable");
    assert_eq!(newest("far").await["status"], "running");
    assert_eq!(newest("near").await["status"], "live");
    machine.heal().await.expect("iptables");
    laptop.run(&["resume", "--json"]).await.ok();
    assert_eq!(newest("far").await["problem"]["code"], "interrupted");
    far.is_tidy().await;
    near.is_tidy().await;
    near.remove().await;
    machine.remove().await.expect("it goes");
}

/// The server is gone when the program would take back what it laid down there, or hear whether its swap began: the next look puts both
/// right, long before a lock goes stale.
#[tokio::test]
async fn what_a_dead_server_kept_is_taken_away_when_it_is_back() {
    let machine = shared_lab().add(&MachineOptions::named("mortal")).await.expect("a machine");
    let app = App::live_on("mortal", &machine).await;
    for (place, exit) in [("leave-build", 1), ("enter-swap", 5)] {
        app.next(place);
        let held = app.home().join(format!("held-{place}"));
        let hold = held.to_string_lossy().into_owned();
        let deploying = app.start(&[], &[("PLIMSOLL_FAILPOINT", place), ("PLIMSOLL_FAILPOINT_HOLD", &hold)]);
        until("its place", async || held.exists().then_some(())).await;
        machine.kill().await.expect("its power is cut");
        std::fs::remove_file(&held).expect("it waits");
        assert_eq!(deploying.end().await.exit, Some(exit), "{place}");
        machine.boot().await.expect("it boots");
        app.resume().await.ok();
        let newest = app.newest().await;
        assert!(newest["finished"].is_string(), "{place}: {newest}");
        app.is_tidy().await;
    }
    app.deploy(&[]).await.ok();
    assert_eq!(app.serves().await, "enter-swap");
    app.remove().await;
    machine.remove().await.expect("it goes");
}

/// A plain build has none of these places.
#[test]
fn what_is_shipped_cannot_be_killed_on_demand() {
    let tree = std::process::Command::new(env!("CARGO"))
        .args(["tree", "--package", "plimsoll", "--edges", "normal,build,features", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo starts");
    let tree = String::from_utf8_lossy(&tree.stdout);
    assert!(tree.contains("plimsoll-core"), "{tree}");
    assert!(!tree.contains("failpoints"), "{tree}");
    let tested = std::fs::read(program()).expect("the program");
    let name = b"PLIMSOLL_FAILPOINT";
    assert!(tested.windows(name.len()).any(|part| part == name), "this test looks for the right thing");
}
