//! What on the server is not this project's, or not any more as it was read: it is left alone.

use super::{
    super::{shared::shared_lab, support::until},
    app::App,
};

/// Starts a stack by hand, as somebody may have done long ago: a database with something in it.
const THEIRS: &str = r#"
set -eu
cd "$(mktemp -d)"
mkdir -p bin && cp /bin/busybox bin/ && ln -s busybox bin/sleep && ln -s busybox bin/touch
tar -c bin | docker import -c 'ENV PATH=/bin' - theirs:1 >/dev/null
cat >compose.yaml <<END
services:
  db: { image: theirs:1, command: [sleep, '100000'], stop_signal: SIGKILL, volumes: ['data:/data'] }
volumes: { data: }
END
docker compose -p "$1" up -d
docker exec "$1-db-1" touch /data/theirs
"#;

/// Id, image and start of every container of a stack.
async fn containers(app: &App) -> String {
    let line = "docker ps -aq --filter label=com.docker.compose.project=$0 | xargs docker inspect -f '{{.Id}} {{.Image}} {{.State.StartedAt}}'";
    app.server.exec(&["sh", "-c", line, "taken"]).await.expect("containers")
}

#[tokio::test]
async fn a_stack_that_is_somebody_elses_is_left_alone() {
    let app = App::new("taken").await;
    app.server.exec(&["sh", "-c", THEIRS, "theirs", "taken"]).await.expect("a stack");
    let before = containers(&app).await;
    let refused = app.deploy(&[]).await.fails(3, "not_restorable");
    assert!(refused.problem().1.contains("taken-db-1"), "{refused:#?}");
    assert_eq!(containers(&app).await, before);
    app.is_tidy().await;
    app.deploy(&["--yes"]).await.is(0, "live");
    assert_eq!(app.serves().await, "v1");
    let kept = app.server.exec(&["docker", "exec", "taken-db-1", "ls", "/data"]).await.expect("a volume");
    assert_eq!(kept.trim(), "theirs", "what holds data stays");

    let before = containers(&app).await;
    let other = App::new("second").await;
    other.write("plimsoll.toml", &other.settings("stack = \"taken\"\n"));
    other.next("not theirs");
    let refused = other.deploy(&["--yes"]).await.fails(3, "already_exists");
    assert!(refused.problem().1.contains("belongs to the project taken"), "{refused:#?}");
    assert_eq!(containers(&app).await, before);
    assert_eq!(app.serves().await, "v1");
    app.is_tidy().await;
    let image = shared_lab().machine("server").expect("a server");
    app.remove().await;
    image.exec(&["docker", "rmi", "theirs:1"]).await.expect("docker rmi");
}

#[tokio::test]
async fn another_deployment_between_reading_and_locking_is_noticed() {
    let app = App::live("between").await;
    let second = app.second_laptop().await;
    app.next("v2");
    let held = app.home().join("held");
    let first = app.start(&[], &[("PLIMSOLL_FAILPOINT", "leave-resolve"), ("PLIMSOLL_FAILPOINT_HOLD", &held.to_string_lossy())]);
    until("the end of its reading", async || held.exists().then_some(())).await;
    app.next("v3");
    second.run(&["deploy", &app.name, "--json"]).await.is(0, "live");
    std::fs::remove_file(&held).expect("it waits");
    let told = first.end().await.fails(3, "locked");
    assert!(told.problem().1.contains("had read what serves"), "{told:#?}");
    assert_eq!(app.serves().await, "v3");
    app.is_tidy().await;
    app.deploy(&["--commit", "HEAD~1"]).await.is(0, "live");
    assert_eq!(app.serves().await, "v2");
    app.remove().await;
}
