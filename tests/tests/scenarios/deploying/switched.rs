//! Deployments whose web server is behind a switch, as their user sees them.

use tokio::time::Instant;

use super::{super::load::Load, app::App};

impl App {
    /// `plimsoll.toml` with a line for `web`, and one for the environment.
    fn settings_with(&self, web: &str, soak: &str) -> String {
        let text = self.settings("").replace("soak = \"1s\"", &format!("soak = \"{soak}\""));
        text.replace("port = 8080 }\n", &format!("port = 8080 }}\n{web}\n"))
    }

    /// How `web` would be swapped, and why.
    async fn way_of_web(&self) -> (String, String) {
        let plan = self.cli.run(&["deploy", &self.name, "--plan", "--json"]).await.ok();
        let services = plan.last()["services"].as_array().expect("services").clone();
        let web = services.iter().find(|service| service["name"] == "web").expect("web").clone();
        let text = |key: &str| web[key].as_str().expect("a text").to_owned();
        (text("strategy"), text("reason"))
    }
}

#[tokio::test]
async fn no_request_is_lost_and_a_rollback_starts_the_other_colour_again() {
    let app = App::live("seamless").await;
    let (strategy, reason) = app.way_of_web().await;
    assert!(strategy == "blue-green" && reason.contains("X-Forwarded-For"), "{strategy}: {reason}");
    let load = Load::start((app.server.ip, app.port).into(), 50);
    app.next("v2");
    app.deploy(&[]).await.is(0, "live");
    assert_eq!(app.serves().await, "v2");
    app.cli.run(&["rollback", "seamless", "--json", "--yes"]).await.is(0, "live");
    assert_eq!(app.serves().await, "v1");
    let counted = load.end().await;
    assert_eq!(counted.lost, [""; 0], "{:?}", counted.answers);
    assert_eq!(counted.answers.len(), 2, "the old release and the new one, nothing else: {:?}", counted.answers);
    let gaps: Vec<_> = app.history().await.iter().map(|row| row["gap_ms"].clone()).collect();
    assert_eq!(gaps[..2], [0, 0], "{gaps:?}");
    app.deploy(&[]).await.is(0, "live");
    app.deploy(&[]).await.is(0, "nothing_to_do");
    app.is_tidy().await;
    app.remove().await;
}

#[tokio::test]
async fn a_rollback_in_the_warm_window_turns_back() {
    let app = App::live("warm").await;
    app.write("plimsoll.toml", &app.settings_with("", "120s"));
    app.next("v2");
    let mut deploying = app.start(&[], &[]);
    deploying.until_step("soak").await;
    assert_eq!(app.answer().await[1], "v2");
    let asked = Instant::now();
    let back = app.cli.run(&["rollback", "warm", "--json", "--yes"]).await;
    let first = deploying.end().await;
    assert_eq!((back.status(), first.status()), ("cancelled", "cancelled"), "{back:#?} {first:#?}");
    assert_eq!(back.last()["deployment"], first.last()["deployment"], "it is one and the same");
    assert!(asked.elapsed().as_secs() < 60, "nobody waited for the watch to end");
    assert_eq!(app.serves().await, "v1");
    app.is_tidy().await;
    app.remove().await;
}

#[tokio::test]
async fn a_stack_of_plain_compose_is_taken_over_with_its_volumes() {
    let app = App::new("adopted").await;
    app.write("plimsoll.toml", &app.settings_with("strategy = \"recreate\"", "1s"));
    app.commit("plain");
    app.deploy(&[]).await.is(0, "live");
    let before = app.ids().await;
    app.server.exec(&["docker", "exec", &before["db"], "sh", "-c", "echo kept >/data/kept"]).await.expect("a volume");
    // What Plimsoll knows is gone; what runs is what plain Compose would have started.
    app.server.exec(&["sh", "-c", "chmod -R u+w \"$1\" && rm -rf \"$1\"", "forget", &app.stack()]).await.expect("rm");
    app.write("plimsoll.toml", &app.settings_with("", "1s"));
    app.next("v2");
    let plan = app.cli.run(&["deploy", "adopted", "--plan", "--json"]).await.ok();
    let warnings = plan.last()["warnings"].to_string();
    assert!(warnings.contains("is taken over") && warnings.contains("web gets a switch"), "{warnings}");
    app.deploy(&[]).await.fails(3, "not_restorable");
    app.deploy(&["--yes"]).await.is(0, "live");
    assert_eq!(app.serves().await, "v2");
    let after = app.ids().await;
    assert_eq!(after["db"], before["db"], "the database was not touched");
    let kept = app.server.exec(&["docker", "exec", &after["db"], "cat", "/data/kept"]).await.expect("a volume");
    assert_eq!(kept, "kept\n");
    app.is_tidy().await;
    app.remove().await;
}

#[tokio::test]
async fn the_way_is_the_users_to_change() {
    let app = App::live("ways").await;
    app.write("plimsoll.toml", &app.settings_with("strategy = \"recreate\"", "1s"));
    app.next("v2");
    assert_eq!(app.way_of_web().await.0, "recreate");
    app.deploy(&[]).await.is(0, "live");
    assert_eq!(app.serves().await, "v2");
    let names =
        app.server.exec(&["docker", "ps", "-a", "--format", "{{.Names}}", "--filter", "name=ways-web"]).await.expect("docker ps");
    assert_eq!(names.trim(), "ways-web-1", "no colour is left");
    app.write("plimsoll.toml", &app.settings_with("", "1s"));
    app.next("v3");
    app.deploy(&[]).await.is(0, "live");
    assert_eq!(app.serves().await, "v3");
    app.is_tidy().await;
    app.remove().await;
}

#[tokio::test]
async fn an_app_that_leaves_goes_on_as_plain_compose() {
    let app = App::live("leaving").await;
    let db = app.ids().await["db"].clone();
    app.cli.run(&["eject", "leaving", "--json"]).await.fails(3, "consent_missing");
    let left = app.cli.run(&["eject", "leaving", "--yes"]).await;
    assert_eq!(left.exit, Some(0), "{left:#?}");
    let file = format!("{}/ejected/compose.yaml", app.stack());
    assert!(left.complaints.contains(&file), "{left:#?}");
    assert_eq!(app.serves().await, "v1");
    let before = app.ids().await;
    assert_eq!(before["db"], db, "the database was not touched");
    let names = async || {
        app.server.exec(&["docker", "ps", "-a", "--format", "{{.Names}}", "--filter", "name=leaving-"]).await.expect("docker ps")
    };
    let mut running: Vec<String> = names().await.lines().map(str::to_owned).collect();
    running.sort();
    assert_eq!(running, ["leaving-db-1", "leaving-web-1", "leaving-worker-1"], "no switch is left");
    let up = ["docker", "compose", "-p", "leaving", "-f", &file, "up", "-d"];
    app.server.exec(&up).await.expect("plain Compose takes the file");
    assert_eq!(app.ids().await, before, "and has nothing to do");
    app.remove().await;
}
