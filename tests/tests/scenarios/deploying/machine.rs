//! A server and one of its containers, as the command line tells of them.

use serde_json::{Value, json};

use super::{
    super::support::until,
    app::App,
    cli::{Finished, Started},
};

const CANARY: &str = "c4n4ry+of/a=container";

/// The database says whom it greets.
fn talking(app: &App) -> String {
    let talks = "environment: { GREETING: '${GREETING:-hello}' }
    command: ['sh', '-c', 'echo greets $$GREETING; exec sleep 100000']";
    app.compose().replace("command: ['sleep', '100000']", talks)
}

/// The lines of an answer in words.
fn words(answer: &Finished) -> String {
    let lines: Vec<_> = answer.events.iter().map(|line| line.as_str().expect("it is no JSON")).collect();
    lines.join("\n")
}

/// What a container printed, by the command line.
async fn printed(app: &App, container: &str) -> Vec<String> {
    let log = app.cli.run(&["server", "logs", "server", container, "--json"]).await.ok();
    log.events.iter().map(|line| line["text"].as_str().expect("a text").to_owned()).collect()
}

async fn started(app: &App, container: &str) -> String {
    app.server.exec(&["docker", "inspect", "-f", "{{.State.StartedAt}}", container]).await.expect("docker inspect")
}

#[tokio::test]
async fn what_the_window_shows_of_a_server_the_command_line_shows_too() {
    let app = App::new("spied").await;
    app.write("compose.yaml", &talking(&app));
    app.commit("talks");
    app.cli.feed(&["env", "set", "spied", "TOKEN"], "a b'c $d\n").await.ok();
    app.deploy(&[]).await.is(0, "live");
    let db = "spied-db-1";

    let shown = app.cli.run(&["server", "show", "server", "--json"]).await.ok().last().clone();
    assert!(shown["load"]["memory_total"].as_u64() > Some(0) && shown["load"]["uptime_s"].is_u64(), "{shown}");
    let rows = shown["containers"].as_array().expect("a list");
    let row = rows.iter().find(|row| row["name"] == db).unwrap_or_else(|| panic!("{shown:#}"));
    assert_eq!(
        (&row["owner"], &row["service"], &row["state"]),
        (&json!(["spied", "production"]), &json!("db"), &json!("running"))
    );
    let told = words(&app.cli.run(&["server", "show", "server"]).await.ok());
    assert!(told.contains(db) && told.contains("spied production") && !told.contains('\u{1b}'), "{told}");

    let before = started(&app, db).await;
    app.cli.run(&["server", "restart", "server", db, "--json"]).await.fails(3, "consent_missing");
    assert_eq!(started(&app, db).await, before);
    app.cli.run(&["server", "restart", "server", db, "--yes", "--json"]).await.ok();
    assert_ne!(started(&app, db).await, before);
    for (act, container) in [("logs", "nobody"), ("logs", "../images"), ("restart", "nobody")] {
        app.cli.run(&["server", act, "server", container, "--json"]).await.fails(1, "not_found");
    }

    until("its second greeting", async || (printed(&app, db).await == ["greets hello"; 2]).then_some(())).await;
    follows(&app, db).await;

    let token = app.cli.run(&["env", "get", "spied", "TOKEN"]).await.ok();
    assert_eq!(words(&token), "a b'c $d");
    app.cli.run(&["env", "get", "spied", "NOBODY", "--json"]).await.fails(1, "not_found");
    app.cli.run(&["registry", "check", "registry", "--json"]).await.ok();
    let all = app.cli.run(&["history", "--all", "--json"]).await.ok();
    assert_eq!((&all.last()[0]["project"], &all.last()[0]["deployment"]["status"]), (&json!("spied"), &json!("live")));
    let report = words(&app.cli.run(&["diagnostics"]).await.ok());
    assert!(report.contains("projects: 1") && report.contains("server 1: ssh"), "{report}");
    assert!(!report.contains("spied") && !report.contains(&app.server.ip.to_string()), "names are their owner's: {report}");
    app.remove().await;
}

/// The last line, then what comes, until it is stopped.
async fn follows(app: &App, container: &str) {
    let log = ["server", "logs", "server", container, "--follow", "--tail", "1", "--json"];
    let mut following = app.cli.start(&log, &[]);
    let says = |text: &'static str| move |line: &Value| line["text"] == text;
    following.until("what was said", says("greets hello")).await;
    app.server.exec(&["docker", "exec", container, "sh", "-c", "echo more >/proc/1/fd/1"]).await.expect("it speaks");
    following.until("what is said now", says("more")).await;
    following.signal("INT");
    let ended = following.end().await;
    assert_eq!((ended.exit, ended.events.len()), (None, 2), "{ended:#?}");
}

#[tokio::test]
async fn the_log_of_a_stack_that_was_never_live_hides_its_variables() {
    let app = App::new("unborn").await;
    app.cli.feed(&["env", "set", "unborn", "GREETING"], CANARY).await.ok();
    app.write("compose.yaml", &talking(&app));
    app.commit("talks");
    let db = "unborn-db-1";
    let (first, folder) = held_after(&app, "db").await;

    assert_eq!(app.on_server("current").await, None, "it was never live");
    let said = until("what it says", async || printed(&app, db).await.first().cloned()).await;
    assert!(said.starts_with("greets ") && !said.contains(CANARY), "{said}");
    let truth = app.server.exec(&["docker", "logs", db]).await.expect("docker logs");
    assert_eq!(truth.trim(), format!("greets {CANARY}"));
    let rows = app.cli.run(&["server", "show", "server", "--json"]).await.ok();
    assert!(rows.last().to_string().contains(db) && !rows.last().to_string().contains(CANARY), "{rows:#?}");
    app.cli.run(&["server", "restart", "server", db, "--yes", "--json"]).await.fails(3, "locked");

    app.server.exec(&["touch", &format!("{folder}/failpoint.go")]).await.expect("touch");
    first.end().await.is(0, "live");
    assert_eq!(app.serves().await, "v1");
    app.is_tidy().await;
    app.remove().await;
}

/// A deployment whose swap stands still on the server after this service was started, and its folder there.
async fn held_after(app: &App, service: &str) -> (Started, String) {
    let held = app.home().join("held");
    let mut first = app.start(&[], &[("PLIMSOLL_FAILPOINT", "enter-swap"), ("PLIMSOLL_FAILPOINT_HOLD", &held.to_string_lossy())]);
    let id = first.until("its id", |event| event["type"] == "started").await["deployment"].clone();
    let folder = format!("{}/deployments/{}", app.stack(), id.as_str().expect("an id"));
    first.until_stage("swap").await;
    until("the beginning of its swap", async || held.exists().then_some(())).await;
    let arm = format!("mkdir -p {folder} && echo swap.ended:{service} pause >{folder}/failpoint");
    app.server.exec(&["su", &app.server.user, "-c", &arm]).await.expect("a failpoint");
    std::fs::remove_file(&held).expect("it waits");
    first
        .until("its service", |event| event["type"] == "step_finished" && event["step"] == "swap" && event["service"] == service)
        .await;
    (first, folder)
}
