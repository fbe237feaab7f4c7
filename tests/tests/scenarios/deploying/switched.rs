//! Deployments whose web server is behind a switch, as their user sees them.

use tokio::time::Instant;

use super::{
    super::{load::Load, shared::shared_lab, support::until},
    app::App,
};

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
async fn what_only_its_own_proxy_calls_is_switched_though_no_file_says_more() {
    let app = App::new("called").await;
    let (compose, settings, caddy) = (app.compose(), app.settings(""), shared_lab().registry.base("caddy"));
    let proxy = format!(
        "  proxy:\n    image: {caddy}\n    ports: ['{}:80']\n    volumes: ['./Caddyfile:/etc/caddy/Caddyfile:ro']\n  db:\n",
        app.port
    );
    app.write("compose.yaml", &compose.replace(&format!("    ports: ['{}:8080']\n", app.port), "").replace("  db:\n", &proxy));
    app.write("Caddyfile", "{\n\tauto_https off\n\tadmin off\n}\n:80 {\n\treverse_proxy web:8080\n}\n");
    let silent = settings.replace("probe = { http = \"/\", port = 8080 }\n", "").replace("url = ", "# url = ");
    app.write("plimsoll.toml", &silent.replace("expect = ", "# expect = "));
    // It runs long before it listens.
    app.write("sick", "sleep 6\n");
    app.commit("behind its own proxy");
    app.deploy(&[]).await.is(0, "live");
    assert_eq!(app.way_of_web().await.0, "blue-green");
    let load = Load::start((app.server.ip, app.port).into(), 50);
    app.next("v2");
    app.deploy(&[]).await.is(0, "live");
    assert_eq!(app.serves().await, "v2");
    let counted = load.end().await;
    assert_eq!(counted.lost, [""; 0], "{:?}", counted.answers);
    assert_eq!(counted.answers.len(), 2, "{:?}", counted.answers);
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
    let plan = app.cli.run(&["rollback", "warm", "--plan", "--json"]).await.ok();
    let said = plan.last()["services"].to_string();
    assert!(said.contains("its switch turns back at once") && !said.contains("starts again beside"), "{said}");
    assert_ne!(plan.last()["serving"].as_str(), app.on_server("current").await.as_deref(), "the new one serves already");
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
async fn a_rollback_after_the_commit_is_a_swap_of_its_own() {
    let app = App::live("late").await;
    let stack = app.stack();
    app.server.sh(&format!("echo commit.marked pause >{stack}/failpoint && chmod 644 {stack}/failpoint")).await.expect("armed");
    app.next("v2");
    let mut deploying = app.start(&[], &[]);
    deploying.until_step("commit").await;
    until("the place in it", async || app.on_server("failpoint.hit").await).await;
    let back = app.cli.start(&["rollback", "late", "--json", "--yes"], &[]);
    // It waits for the end of what it cannot undo any more.
    app.server.sh(&format!("touch {stack}/failpoint.go")).await.expect("it goes on");
    deploying.end().await.is(0, "live");
    back.end().await.is(0, "live");
    assert_eq!(app.serves().await, "v1");
    app.server.sh(&format!("rm -f {stack}/failpoint*")).await.expect("tidy");
    app.is_tidy().await;
    app.remove().await;
}

/// A stack that somebody started by hand: the app's own database, and another web server in its place.
const BY_TAG: &str = r#"
set -eu
mkdir -p "/srv/$1"
cd "/srv/$1"
cat >compose.yaml
docker login -u "$2" --password-stdin "$3" <password >/dev/null 2>&1
docker compose up -d
docker logout "$3" >/dev/null
docker compose exec -T db sh -c 'echo kept >/data/kept'
"#;

#[tokio::test]
async fn a_stack_of_plain_compose_is_taken_over_with_its_database_as_it_runs() {
    let app = App::new("adopted").await;
    let registry = &shared_lab().registry;
    let web = format!(
        "image: {}\n    command: ['sh', '-c', 'mkdir /www; echo by hand >/www/index.html; exec httpd -f -p 8080 -h /www']",
        registry.base("busybox")
    );
    let by_hand = app.compose().replace("build: { context: ., dockerfile: web/Dockerfile }", &web);
    let by_hand = by_hand.replace("build: { context: ., dockerfile: worker/Dockerfile }", &web);
    let folder = format!("/srv/{}", app.name);
    app.server.exec(&["mkdir", "-p", &folder]).await.expect("a folder");
    let password = ["sh", "-c", "cat >\"$1/password\"", "put", &folder];
    assert!(app.server.exec_with(&password, registry.password.as_bytes()).await.expect("a file").status.success());
    let start = ["sh", "-c", BY_TAG, "start", &app.name, &registry.user, &registry.address];
    let started = app.server.exec_with(&start, by_hand.as_bytes()).await.expect("plain Compose");
    assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
    assert_eq!(app.answer().await[0], "by hand");
    let before = app.ids().await;

    app.next("v2");
    let plan = app.cli.run(&["deploy", "adopted", "--plan", "--json"]).await.ok();
    let warnings = plan.last()["warnings"].to_string();
    for said in ["is taken over", "web gets a switch", "worker gets a new container", "db goes on untouched if its image"] {
        assert!(warnings.contains(said), "{said}: {warnings}");
    }
    app.deploy(&[]).await.fails(3, "not_restorable");
    app.deploy(&["--yes"]).await.is(0, "live");
    assert_eq!(app.serves().await, "v2");
    assert_eq!(app.ids().await["db"], before["db"], "the database was not touched");
    let kept = app.server.exec(&["docker", "exec", &before["db"], "cat", "/data/kept"]).await.expect("a volume");
    assert_eq!(kept, "kept\n");
    app.deploy(&[]).await.is(0, "nothing_to_do");
    app.next("v3");
    app.deploy(&[]).await.is(0, "live");
    app.cli.run(&["rollback", "adopted", "--json", "--yes"]).await.is(0, "live");
    assert_eq!((app.serves().await.as_str(), &app.ids().await["db"]), ("v2", &before["db"]), "nor by what came after");

    assert_eq!(app.cli.run(&["eject", "adopted", "--yes"]).await.exit, Some(0));
    let left = app.ids().await;
    assert_eq!(left["db"], before["db"], "nor on the way out");
    let file = format!("{}/ejected/compose.yaml", app.stack());
    let plain = app.on_server("ejected/compose.yaml").await.expect("a file");
    assert!(!plain.contains("pull_policy") && !plain.contains("\"build\""), "it says nothing that only held here: {plain}");
    app.server
        .exec(&["docker", "compose", "-p", "adopted", "-f", &file, "up", "-d"])
        .await
        .expect("plain Compose takes the file");
    assert_eq!(app.ids().await, left, "and has nothing to do");
    app.remove().await;
}

#[tokio::test]
async fn the_way_is_the_users_to_change() {
    let app = App::live("ways").await;
    app.write("plimsoll.toml", &app.settings_with("strategy = \"recreate\"", "1s"));
    app.next("v2");
    let (strategy, reason) = app.way_of_web().await;
    assert!(strategy == "recreate" && reason.contains("its switch goes"), "{reason}");
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
    let plan = app.cli.run(&["eject", "leaving", "--plan", "--json"]).await.ok();
    assert!(plan.last()["services"].to_string().contains("its switch goes"), "{plan:#?}");
    assert_eq!(app.ids().await["db"], db, "a plan does nothing");
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

/// A Compose stack that somebody started by hand from an image that is nowhere else.
const BY_HAND: &str = r#"
set -eu
mkdir -p "/srv/$1/bin"
cd "/srv/$1"
cp /bin/busybox bin/busybox
tar -c bin | docker import -c 'CMD ["/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/www"]' - "$1-by-hand:latest" >/dev/null
mkdir -p www
echo "by hand" >www/index.html
cat >compose.yaml <<END
name: $1
services:
  web:
    image: $1-by-hand:latest
    restart: unless-stopped
    stop_signal: SIGKILL
    ports: ['$2:8080']
    volumes: ['./www:/www:ro']
    depends_on: [cache]
  cache:
    image: $1-by-hand:latest
    command: ['/bin/busybox', 'sleep', '100000']
    stop_signal: SIGKILL
END
chmod -R a+rX "/srv/$1"
docker compose up -d
"#;

#[tokio::test]
async fn a_takeover_that_fails_brings_back_what_ran_there() {
    let app = App::new("by-hand").await;
    let port = app.port.to_string();
    app.server.exec(&["sh", "-c", BY_HAND, "start", &app.name, &port]).await.expect("it starts");
    let old = ["by hand", "", ""];
    assert_eq!(app.answer().await, old);
    app.write("sick", "echo no such table; exit 3\n");
    app.commit("sick");
    app.deploy(&[]).await.fails(3, "not_restorable");
    let found = app.ids().await;
    let ended = app.deploy(&["--yes"]).await.is(1, "rolled_back").fails(1, "crash_loop");
    assert_eq!(app.answer().await, old, "{ended:#?}");
    assert_eq!(app.ids().await["web"], found["web"], "it got no traffic, so nothing was touched");
    let names = async || {
        let all = ["docker", "ps", "-a", "--format", "{{.Names}}", "--filter", "label=com.docker.compose.project=by-hand"];
        let mut names: Vec<String> = app.server.exec(&all).await.expect("docker ps").lines().map(str::to_owned).collect();
        names.sort();
        names
    };
    assert_eq!(names().await, ["by-hand-cache-1", "by-hand-web-1"], "nothing else is left");

    app.git(&["rm", "-q", "-f", "sick"]);
    app.next("v1");
    app.deploy(&[]).await.is(0, "live");
    assert_eq!(app.serves().await, "v1");
    // What was found there is a release like any other.
    app.cli.run(&["rollback", "by-hand", "--json", "--yes"]).await.is(0, "live");
    assert_eq!(app.answer().await, old);
    assert_eq!(names().await, ["by-hand-cache-1", "by-hand-web-1"]);

    // Started by hand again, it is asked about again, and what fails leaves it alone.
    app.server.exec(&["sh", "-c", BY_HAND, "start", &app.name, &port]).await.expect("it starts");
    let found = app.ids().await;
    app.write("sick", "echo no such table; exit 3\n");
    app.commit("sick again");
    app.deploy(&[]).await.fails(3, "not_restorable");
    app.deploy(&["--yes"]).await.is(1, "rolled_back").fails(1, "crash_loop");
    assert_eq!((app.answer().await, &app.ids().await["web"]), (old.map(str::to_owned), &found["web"]));
    app.is_tidy().await;
    app.remove().await;
}

#[tokio::test]
async fn an_image_says_where_it_serves_and_whether_it_keeps_data() {
    let app = App::new("images").await;
    let (compose, settings) = (app.compose(), app.settings(""));
    app.write("compose.yaml", &compose.replace(&format!("    ports: ['{}:8080']\n", app.port), "    restart: always\n"));
    let silent = settings.replace("probe = { http = \"/\", port = 8080 }\n", "").replace("url = ", "# url = ");
    app.write("plimsoll.toml", &silent.replace("expect = ", "# expect = "));
    let dockerfile = std::fs::read_to_string(app.repo().join("web/Dockerfile")).expect("a file");
    app.write("web/Dockerfile", &format!("{dockerfile}EXPOSE 8080\n"));
    app.commit("a port of its image");
    app.deploy(&[]).await.is(0, "live");
    let colours = async || {
        let names = ["docker", "ps", "--format", "{{.Names}}", "--filter", "name=images-web"];
        app.server.exec(&names).await.expect("docker ps").lines().filter(|name| name.contains("-web-blue")).count()
    };
    assert_eq!((colours().await, app.way_of_web().await.0.as_str()), (1, "blue-green"));
    app.deploy(&[]).await.is(0, "nothing_to_do");

    app.write("web/Dockerfile", &format!("{dockerfile}EXPOSE 8080\nVOLUME /data\n"));
    app.commit("data in a volume of its image");
    app.deploy(&[]).await.is(0, "live");
    let (strategy, reason) = app.way_of_web().await;
    assert!(strategy == "recreate" && reason.contains("/data"), "{strategy}: {reason}");
    assert_eq!(colours().await, 0);
    app.remove().await;
}
