//! Deployments as they should go: subsets, uncommitted work, rollback, retention, odd names, secrets.

use std::fs;

use plimsoll_lab::lab::{MachineOptions, run};
use serde_json::Value;

use super::{super::shared::shared_lab, app::App, cli::Finished};

#[tokio::test]
async fn a_subset_keeps_the_other_digests() {
    let app = App::live("subset").await;
    let before = app.ids().await;
    app.next("v2");
    app.deploy(&["--service", "web"]).await.is(0, "live");
    let after = app.ids().await;
    assert_eq!(app.answer().await[1], "v2");
    for kept in ["worker", "db"] {
        assert_eq!(after[kept], before[kept], "{kept} was not touched");
    }
    assert_ne!(after["web"], before["web"]);
    let inside = app.server.exec(&["docker", "exec", &after["worker"], "cat", "/page"]).await.expect("a worker");
    assert_eq!(inside, "v1");
    app.deploy(&["--service", "nope"]).await.fails(3, "not_found");
    app.deploy(&[]).await.is(0, "live");
    assert_eq!(app.serves().await, "v2");
    app.deploy(&[]).await.is(0, "nothing_to_do");
    app.remove().await;
}

#[tokio::test]
async fn uncommitted_work_is_deployed_when_asked_and_stays_uncommitted() {
    let app = App::live("dirty").await;
    app.write("page", "not committed");
    app.write("sick", "printf '%s\\n' \"$RELEASE\" 'untracked too' >/tmp/www/index.html\n");
    app.write(".gitignore", "ignored\n");
    app.write("ignored", "");
    let (head, status) = (app.git(&["rev-parse", "HEAD"]), app.git(&["status", "--porcelain"]));
    app.deploy(&[]).await.is(0, "nothing_to_do");
    app.deploy(&["--dirty"]).await.is(0, "live");
    assert_eq!(app.answer().await[1], "untracked too");
    let worker = &app.ids().await["worker"];
    let there = app.server.exec(&["docker", "exec", worker, "sh", "-c", "cat /page; ls /ignored"]).await;
    assert!(there.is_err(), "what git ignores does not travel: {there:?}");
    let page = app.server.exec(&["docker", "exec", worker, "cat", "/page"]).await.expect("a page");
    assert_eq!(page, "not committed");
    assert_eq!((app.git(&["rev-parse", "HEAD"]), app.git(&["status", "--porcelain"])), (head, status));
    assert_eq!(app.newest().await["commit"]["dirty"], Value::Bool(true));
    app.remove().await;
}

#[tokio::test]
async fn a_rollback_brings_images_compose_file_and_variables_together() {
    let machine = shared_lab().add(&MachineOptions::named("back")).await.expect("a machine");
    let app = App::on("back", &machine).await;
    // The trap: a variable exported in a login's shell beats Compose's env file.
    machine.sh("echo export GREETING=exported | tee ~deploy/.profile >~deploy/.bashrc").await.expect("files");
    let set = async |value: &str| app.cli.feed(&["env", "set", "back", "GREETING"], value).await.ok();
    set("one $&'\"\\ ").await;
    let first = app.start(&[], &[("GREETING", "exported")]).end().await.is(0, "live").release();
    assert_eq!(app.answer().await, [first.clone(), "v1".into(), "one $&'\"\\ ".into()]);
    let db = app.ids().await["db"].clone();
    set("two").await;
    app.write("compose.yaml", &app.compose().replace("depends_on: [db]", "depends_on: [db]\n    labels: { changed: 'yes' }"));
    app.next("v2");
    let second = app.start(&[], &[("GREETING", "exported")]).end().await.is(0, "live").release();
    assert_eq!(app.answer().await, [second, "v2".into(), "two".into()]);
    let label = "docker inspect -f '{{.Config.Labels.changed}}' back-web-1";
    assert_eq!(machine.sh(label).await.unwrap().trim(), "yes");

    let back = app.cli.start(&["rollback", "back", "--yes", "--json"], &[("GREETING", "exported")]).end().await.is(0, "live");
    assert_eq!(back.release(), first);
    assert_eq!(app.answer().await, [first, "v1".into(), "one $&'\"\\ ".into()]);
    assert_eq!(app.serves().await, "v1");
    assert_eq!(machine.sh(label).await.unwrap().trim(), "<no value>");
    assert_eq!(app.ids().await["db"], db, "what holds data was never touched");
    app.is_tidy().await;
    machine.remove().await.expect("it goes");
}

#[tokio::test]
async fn so_many_releases_as_asked_for_stay_restorable() {
    let app = App::new("keep").await;
    app.write("plimsoll.toml", &app.settings("keep = 2\n"));
    let mut releases = Vec::new();
    for page in ["v1", "v2", "v3", "v4"] {
        app.next(page);
        releases.push(app.deploy(&[]).await.is(0, "live").release());
    }
    let restorable: Vec<_> = app.history().await.into_iter().filter(|row| row["restorable"] == true).collect();
    let listed: Vec<_> = restorable.iter().map(|row| row["release"].as_str().unwrap_or("")).collect();
    assert_eq!(listed, [releases[2].as_str(), releases[1].as_str()], "{restorable:#?}");
    assert!(app.on_server(&format!("releases/{}/release.json", releases[0])).await.is_none());
    app.cli.run(&["rollback", "keep", "--to", &releases[0], "--yes", "--json"]).await.fails(3, "not_restorable");
    assert_eq!(app.serves().await, "v4");
    app.cli.run(&["rollback", "keep", "--to", &releases[1], "--yes", "--json"]).await.is(0, "live");
    assert_eq!(app.serves().await, "v2");
    app.remove().await;
}

#[tokio::test]
async fn a_task_that_nobody_waits_for_may_end() {
    let app = App::new("task").await;
    let task = |status: u8| {
        let busybox = shared_lab().registry.base("busybox");
        let task = format!("  task: {{ image: {busybox}, restart: 'no', command: ['sh', '-c', 'exit {status}'] }}\nvolumes:\n");
        app.write("compose.yaml", &app.compose().replace("volumes:\n  data:", &format!("{task}  data:")));
        app.commit("a task");
    };
    task(0);
    let first = app.deploy(&[]).await.is(0, "live").release();
    app.deploy(&[]).await.is(0, "nothing_to_do");
    task(3);
    let failed = app.deploy(&[]).await.is(1, "rolled_back");
    assert!(failed.problem().1.contains("task ends with status 3"), "{failed:#?}");
    assert_eq!(app.answer().await[0], first);
    app.remove().await;
}

#[tokio::test]
async fn a_url_that_does_not_answer_from_here_is_a_warning() {
    let app = App::new("outside").await;
    let warned = |finished: &Finished| {
        let says = |event: &Value| event["text"].as_str().is_some_and(|text| text.contains("not from here"));
        finished.events.iter().filter(|event| event["type"] == "note" && event["stage"] == "record" && says(event)).count()
    };
    let here = format!("http://{}:", app.server.ip);
    app.write("plimsoll.toml", &app.settings("").replace(&here, "http://outside.invalid:"));
    app.commit("a name that only the server has");
    let deployed = app.deploy(&[]).await.is(0, "live");
    assert_eq!(warned(&deployed), 1, "{deployed:#?}");
    app.write("plimsoll.toml", &app.settings(""));
    app.next("v2");
    let deployed = app.deploy(&[]).await.is(0, "live");
    assert_eq!(warned(&deployed), 0, "{deployed:#?}");
    let stages: Vec<_> = deployed.last()["stages"].as_array().expect("stages").iter().map(|stage| &stage["step"]).collect();
    assert_eq!(*stages, ["resolve", "preflight", "source", "build", "gate", "stage", "pull", "swap", "record"]);
    app.remove().await;
}

#[tokio::test]
async fn odd_names_are_only_names() {
    let app = App::live("odd").await;
    for name in ["it's a \"file\" $(touch /tmp/plimsoll-ran)", "-rf", "`touch /tmp/plimsoll-ran`; x", "größe ␛[31m"] {
        app.write(&format!("web/{name}"), name);
        app.write("page", name);
        app.git(&["add", "-A"]);
        app.git(&["commit", "-q", "-m", &format!("{name} '\" $(touch /tmp/plimsoll-ran)")]);
        app.git(&["branch", "-f", "it's-$(touch${IFS}/tmp/plimsoll-ran)"]);
        app.deploy(&["--commit", "it's-$(touch${IFS}/tmp/plimsoll-ran)"]).await.is(0, "live");
        assert_eq!(app.serves().await, name);
    }
    app.deploy(&["--commit=-x"]).await.fails(3, "invalid_input");
    app.deploy(&["--commit", "$(id)"]).await.fails(3, "commit_unknown");
    let ran = "/tmp/plimsoll-ran";
    let vm = shared_lab().machine("vm").expect("a VM");
    for machine in [&app.server, vm] {
        assert!(machine.exec(&["ls", ran]).await.is_err());
    }
    assert!(!std::path::Path::new(ran).exists());
    app.remove().await;
}

#[tokio::test]
async fn secrets_are_nowhere_on_this_laptop_nor_in_any_process_list() {
    const CANARY: &str = "c4n4ry+of/the=deploy";
    let app = App::new("secrets").await;
    app.cli.feed(&["env", "set", "secrets", "GREETING"], CANARY).await.ok();
    app.cli.feed(&["env", "set", "secrets", "BUILD_CANARY", "--build"], &format!("b{CANARY}")).await.ok();
    app.write("worker/Dockerfile", &format!("{}ARG BUILD_CANARY\nRUN echo $BUILD_CANARY\n", dockerfile(&app)));
    let compose = app.compose().replace("worker/Dockerfile }", "worker/Dockerfile, args: { BUILD_CANARY: '$BUILD_CANARY' } }");
    app.write("compose.yaml", &compose);
    // What cannot serve is printed: the greeting is in the container's last lines.
    app.write("sick", "echo \"$GREETING\"; exit 3\n");
    app.commit("says too much");
    let mut deploying = app.start(&["-v"], &[]);
    let deployed = async {
        deploying.until_stage("build").await;
        deploying.end().await
    };
    tokio::pin!(deployed);
    let mut listed = String::new();
    let failed = loop {
        tokio::select! {
            ended = &mut deployed => break ended,
            // The machines are namespaces: this list holds their processes too.
            list = run(&["ps", "axwwo", "args"]) => listed.push_str(&list.expect("ps")),
        }
    };
    assert_eq!(failed.exit, Some(4), "{failed:#?}");
    let told = format!("{failed:?}");
    assert!(listed.contains("buildx"), "the list is of the right moment");
    for secret in [CANARY, &shared_lab().registry.password] {
        assert!(!listed.contains(secret), "in the process list");
        assert!(!told.contains(secret) && !failed.complaints.contains(secret), "{told}");
        let kept = files(&app.home());
        assert!(!kept.is_empty());
        for (path, content) in kept {
            assert!(!content.windows(secret.len()).any(|part| part == secret.as_bytes()), "{path} holds a secret");
        }
    }
    app.cli.run(&["logs", "secrets", "--json"]).await.ok();
    app.remove().await;
}

fn dockerfile(app: &App) -> String {
    fs::read_to_string(app.repo().join("worker/Dockerfile")).expect("a file")
}

/// Every file below a folder.
fn files(folder: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), fs::read(&path).expect("a file")));
        }
    }
    found
}
