//! Releases that are not well: the server finds out and goes back, the whole set of them.

use super::app::App;

#[tokio::test]
async fn whatever_ails_the_new_release_the_old_one_is_back() {
    let app = App::live("sick").await;
    let before = app.containers().await;
    let cases = [
        ("a probe that never passes", "sick", "sleep 1000\n", "unhealthy"),
        ("another release answers", "sick", "echo another >/tmp/www/index.html\n", "unhealthy"),
        ("a crash loop", "sick", "echo no such table; exit 3\n", "crash_loop"),
        ("the second of three crashes", "ill", "echo no queue; exit 4\n", "crash_loop"),
    ];
    app.write("plimsoll.toml", &app.settings("").replace("20s", "4s"));
    for (what, file, script, code) in cases {
        app.write(file, script);
        app.next(what);
        let ended = app.deploy(&[]).await.fails(1, code);
        assert_eq!(ended.status(), "rolled_back", "{what}: {ended:#?}");
        if let Some(line) = script.strip_prefix("echo no ") {
            let line = line.split(';').next().unwrap();
            assert!(ended.problem().1.contains(line), "{what}: its last lines are shown: {ended:#?}");
        }
        assert_eq!(app.serves().await, "v1", "{what}");
        app.is_tidy().await;
        let (newest, old) = (app.newest().await, app.containers().await);
        assert_eq!((&newest["status"], &newest["problem"]["code"]), (&"rolled_back".into(), &code.into()), "{what}");
        for service in &before {
            assert!(old.iter().any(|c| (&c.service, &c.image) == (&service.service, &service.image)), "{what}");
        }
        app.git(&["rm", "-q", "-f", file]);
    }
    app.next("well");
    app.deploy(&[]).await.is(0, "live");
    assert_eq!(app.serves().await, "well");
    app.remove().await;
}

#[tokio::test]
async fn one_that_dies_in_the_soak_is_taken_back() {
    let app = App::live("soak").await;
    app.write("plimsoll.toml", &app.settings("").replace("soak = \"1s\"", "soak = \"30s\""));
    app.write("sick", "httpd -p 8080 -h /tmp/www; sleep 6; echo no more; exit 3\n");
    app.next("v2");
    let mut deploying = app.start(&[], &[]);
    deploying.until_step("soak").await;
    assert_eq!(app.answer().await[1], "v2", "it was well for a while");
    let ended = deploying.end().await.fails(1, "crash_loop");
    assert_eq!(ended.status(), "rolled_back");
    assert_eq!(app.serves().await, "v1");
    app.is_tidy().await;
    app.remove().await;
}

#[tokio::test]
async fn a_release_command_runs_once_though_the_runner_is_killed_after_it() {
    let app = App::live("once").await;
    let (compose, settings) = (app.compose(), app.settings(""));
    app.write("compose.yaml", &compose.replace("depends_on: [db]", "depends_on: [db]\n    volumes: ['data:/data']"));
    let command = "[release]\nservice = \"web\"\ncommand = [\"sh\", \"-c\", \"echo ran >> /data/ledger\"]\n";
    app.write("plimsoll.toml", &format!("{settings}{command}"));
    app.write("sick", "sleep 3\n");
    app.next("v2");
    let mut deploying = app.start(&[], &[]);
    deploying.until("its end", |e| e["type"] == "step_finished" && e["step"] == "release command").await;
    let kill = format!("kill -KILL \"$(cat {}/runner.pid)\"", app.stack());
    app.server.sh(&kill).await.expect("a runner");
    deploying.end().await.is(0, "live");
    let ledger = ["docker", "exec", "once-web-1", "cat", "/data/ledger"];
    assert_eq!(app.server.exec(&ledger).await.unwrap(), "ran\n");
    app.is_tidy().await;

    let failing = command.replace("echo ran >> /data/ledger", "echo no such column; exit 4");
    app.write("plimsoll.toml", &format!("{settings}{failing}"));
    app.next("v3");
    let failed = app.deploy(&[]).await;
    assert_eq!((failed.exit, failed.problem().0), (Some(1), "release_command_failed"), "{failed:#?}");
    assert!(failed.problem().1.contains("no such column"), "{failed:#?}");
    assert_eq!(app.serves().await, "v2");
    app.remove().await;
}
