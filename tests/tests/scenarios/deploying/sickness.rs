//! Releases that are not well: the server finds out and goes back, the whole set of them.

use super::{
    app::{App, Container},
    cli::Finished,
};

/// What is wrong with a release: the file that makes it so, the problem's code, and words of its cause.
struct Sickness {
    what: &'static str,
    file: &'static str,
    script: &'static str,
    code: &'static str,
    cause: &'static str,
}

const SICKNESSES: [Sickness; 4] = [
    Sickness {
        what: "a probe that never passes",
        file: "sick",
        script: "sleep 1000\n",
        code: "unhealthy",
        cause: "no good answer within 4 s",
    },
    Sickness {
        what: "another release answers",
        file: "sick",
        script: "echo another >/tmp/www/index.html\n",
        code: "unhealthy",
        cause: "answers 200 without",
    },
    Sickness {
        what: "a crash loop",
        file: "sick",
        script: "echo no such table; exit 3\n",
        code: "crash_loop",
        cause: "no such table",
    },
    Sickness {
        what: "the second of three crashes",
        file: "ill",
        script: "echo no queue; exit 4\n",
        code: "crash_loop",
        cause: "no queue",
    },
];

#[tokio::test]
async fn whatever_ails_the_new_release_the_old_one_is_back() {
    ails("sick", Way::Recreate).await;
}

#[tokio::test]
async fn whatever_ails_a_new_release_behind_a_switch_nobody_misses_the_old_one() {
    ails("switched-sick", Way::Switch).await;
}

/// How the web server is swapped.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Recreate,
    Switch,
}

async fn ails(name: &str, way: Way) {
    let app = App::new(name).await;
    let settings = match way {
        Way::Recreate => app.settings("").replace("port = 8080 }\n", "port = 8080 }\nstrategy = \"recreate\"\n"),
        Way::Switch => app.settings(""),
    };
    app.write("plimsoll.toml", &settings);
    app.deploy(&[]).await.is(0, "live");
    let before = app.containers().await;
    let [served, ..] = app.answer().await;
    app.write("plimsoll.toml", &settings.replace("20s", "4s"));
    for sickness in SICKNESSES {
        app.write(sickness.file, sickness.script);
        app.next(sickness.what);
        let ended = app.deploy(&[]).await;
        is_undone(&app, &sickness, ended, &served, way).await;
        let now = app.containers().await;
        let ids = |all: &[Container], service: &str| {
            all.iter().filter(|c| c.service == service).map(|c| c.id.clone()).collect::<Vec<_>>()
        };
        assert_eq!(ids(&now, "db"), ids(&before, "db"), "{}: what holds data was never touched", sickness.what);
        let replaced = ids(&now, "web") != ids(&before, "web");
        assert_eq!(replaced, way == Way::Recreate, "{}: the new release was in its place, or beside it", sickness.what);
        app.git(&["rm", "-q", "-f", sickness.file]);
    }
    app.next("well");
    app.deploy(&[]).await.is(0, "live");
    assert_eq!(app.serves().await, "well");
    app.remove().await;
}

/// It says what ails the release, here and in the history, and the release that served before serves, wholly.
async fn is_undone(app: &App, sickness: &Sickness, ended: Finished, served: &str, way: Way) {
    let Sickness { what, code, cause, .. } = sickness;
    let ended = ended.is(1, "rolled_back").fails(1, code);
    let (_, told) = ended.problem();
    assert!(told.contains(cause), "{what}: {ended:#?}");
    assert_eq!((app.serves().await.as_str(), app.answer().await[0].as_str()), ("v1", served), "{what}");
    app.is_tidy().await;
    let newest = app.newest().await;
    assert_eq!((&newest["status"], &newest["problem"]), (&"rolled_back".into(), &ended.last()["problem"]), "{what}");
    assert_eq!((&newest["restorable"], &newest["serving"]), (&false.into(), &false.into()), "{what}: {newest}");
    assert_eq!(newest["previous"], *served, "{what}: {newest}");
    // Its web was gone for as long as it was sick and was then brought back; behind a switch it was never gone.
    assert!(newest["gap_ms"].as_u64().is_some_and(|gap| (gap > 0) == (way == Way::Recreate)), "{what}: {newest}");
}

#[tokio::test]
async fn one_that_dies_in_the_soak_is_taken_back() {
    let app = App::live("soak").await;
    app.write("plimsoll.toml", &app.settings("").replace("soak = \"1s\"", "soak = \"30s\""));
    app.write("sick", "httpd -p 8080 -h /tmp/www; until [ -e /tmp/enough ]; do sleep 0.1; done; echo no more; exit 3\n");
    app.next("v2");
    let mut deploying = app.start(&[], &[]);
    deploying.until_step("soak").await;
    assert_eq!(app.answer().await[1], "v2", "it was well for a while");
    app.server.exec(&["docker", "exec", "soak-web-green-1", "touch", "/tmp/enough"]).await.expect("it runs");
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
