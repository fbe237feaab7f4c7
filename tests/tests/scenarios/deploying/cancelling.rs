//! Somebody stops a deployment, or somebody else deploys too.

use super::app::App;

#[tokio::test]
async fn an_interrupt_before_the_swap_stops_and_cleans_up() {
    let app = App::live("stopped").await;
    for stage in ["preflight", "build", "pull"] {
        app.next(&format!("stopped in {stage}"));
        let mut deploying = app.start(&[], &[]);
        deploying.until_stage(stage).await;
        deploying.signal("INT");
        deploying.end().await.is(130, "cancelled");
        assert_eq!(app.serves().await, "v1", "{stage}");
        app.is_tidy().await;
        assert_eq!(app.newest().await["status"], "cancelled");
    }
    app.deploy(&[]).await.is(0, "live");
    app.remove().await;
}

#[tokio::test]
async fn an_interrupt_in_the_swap_undoes_it_and_a_hangup_leaves_it() {
    let app = App::live("undone").await;
    app.write("plimsoll.toml", &app.settings("").replace("soak = \"1s\"", "soak = \"60s\""));
    app.next("v2");
    let mut deploying = app.start(&[], &[]);
    deploying.until_step("soak").await;
    assert_eq!(app.answer().await[1], "v2");
    deploying.signal("INT");
    deploying.end().await.is(130, "cancelled");
    assert_eq!(app.serves().await, "v1");
    app.is_tidy().await;

    app.write("plimsoll.toml", &app.settings("").replace("soak = \"1s\"", "soak = \"4s\""));
    app.commit("a shorter watch");
    let mut deploying = app.start(&[], &[]);
    deploying.until_step("soak").await;
    deploying.signal("HUP");
    let left = deploying.end().await;
    assert_eq!((left.exit, left.status()), (Some(5), "running"), "{left:#?}");
    assert_eq!(left.problem().0, "contact_lost");
    app.resume().await.ok();
    assert_eq!(app.newest().await["status"], "live");
    assert_eq!(app.serves().await, "v2");
    app.is_tidy().await;
    app.remove().await;
}

#[tokio::test]
async fn of_two_laptops_one_deploys_and_the_other_is_told_and_the_same_commit_is_joined() {
    let app = App::live("two").await;
    let second = app.second_laptop().await;
    app.write("plimsoll.toml", &app.settings("").replace("soak = \"1s\"", "soak = \"15s\""));
    app.next("v2");
    let mut deploying = app.start(&[], &[]);
    deploying.until_step("soak").await;
    let told = second.run(&["deploy", "two", "--json"]).await.fails(3, "locked");
    let (_, text) = told.problem();
    assert!(["anna@", "deploy of two to production", "since", "soak"].iter().all(|part| text.contains(part)), "{text}");
    app.commit("something else");
    let other = app.deploy(&[]).await.fails(3, "locked");
    assert!(other.problem().1.contains("anna@"), "{other:#?}");
    let joined = app.deploy(&["--commit", "HEAD~1"]).await.is(0, "live");
    let first = deploying.end().await.is(0, "live");
    assert_eq!(joined.last()["deployment"], first.last()["deployment"]);
    assert_eq!(app.serves().await, "v2");
    app.is_tidy().await;
    app.remove().await;
}

#[tokio::test]
async fn of_two_that_start_together_one_deploys_and_the_other_joins_or_is_told() {
    let app = App::live("race").await;
    app.next("v2");
    let (one, other) = tokio::join!(app.deploy(&[]), app.deploy(&[]));
    let (winner, other) = if one.exit == Some(0) { (one, other) } else { (other, one) };
    let winner = winner.is(0, "live");
    if other.exit == Some(0) {
        assert_eq!(winner.last()["deployment"], other.last()["deployment"], "{other:#?}");
    } else {
        assert_eq!((other.exit, other.problem().0), (Some(3), "locked"), "{other:#?}");
    }
    assert_eq!(app.serves().await, "v2");
    let live = app.history().await.into_iter().filter(|row| row["status"] == "live").count();
    assert_eq!(live, 2);
    app.is_tidy().await;
    app.remove().await;
}

#[tokio::test]
async fn the_lock_of_a_dead_laptop_is_taken_over_once_it_is_old() {
    let app = App::live("stale").await;
    let second = app.second_laptop().await;
    app.next("v2");
    let dead = second.start(&["deploy", "stale", "--json"], &[("PLIMSOLL_FAILPOINT", "leave-preflight")]).end().await;
    assert_eq!(dead.exit, None, "{dead:#?}");
    app.deploy(&[]).await.fails(3, "locked");
    let age = format!("touch -d '-60 seconds' {}/lock/*/heartbeat", app.stack());
    app.server.sh(&age).await.expect("a lock");
    app.deploy(&[]).await.is(0, "live");
    assert_eq!(app.serves().await, "v2");
    // The dead one comes back and settles its own, not the other's.
    second.run(&["resume", "stale", "--json"]).await.ok();
    assert_eq!(app.serves().await, "v2");
    app.is_tidy().await;
    app.remove().await;
}
