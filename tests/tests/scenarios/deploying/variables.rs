//! Variables, from setting them to the containers that get them.

use std::collections::BTreeSet;

use futures_util::future::join_all;

use super::{app::App, cli::Finished};

/// What a shell, Compose and a `.env` file would each like to read something into.
const TOKEN: &str = "t0k'en \"$TOKEN\" ${x:-y} #\\n %";

fn with_variables(app: &App) -> String {
    let compose = app.compose().replace("depends_on: [db]", "depends_on: [db]\n    secrets: [token]");
    let compose = compose.replace("GREETING:-hello}'", "GREETING:-hello}', SENDER: '${SENDER}', REPLY: '${REPLY:-nobody}'");
    format!("{compose}secrets:\n  token: {{ environment: TOKEN }}\n")
}

/// What the plan warns of.
async fn warnings(app: &App) -> String {
    let plan = app.cli.run(&["deploy", &app.name, "--plan", "--json"]).await.ok();
    plan.last()["warnings"].to_string()
}

async fn set(app: &App, name: &str, value: &str) -> Finished {
    app.cli.feed(&["env", "set", &app.name, name], value).await.ok()
}

/// What the web service finds in its secret.
async fn secret(app: &App) -> String {
    let web = format!("{}-web-1", app.name);
    app.server.exec(&["docker", "exec", &web, "cat", "/run/secrets/token"]).await.expect("a secret")
}

#[tokio::test]
async fn what_nobody_set_is_named_and_what_several_set_at_once_is_all_there() {
    let app = App::new("variables").await;
    app.write("compose.yaml", &with_variables(&app));
    app.commit("uses variables");
    let refused = app.cli.run(&["deploy", &app.name, "--plan", "--json"]).await.fails(3, "variable_missing");
    assert!(refused.problem().1.contains("TOKEN"), "the secret would be missed only in mid-swap: {refused:#?}");

    let names = ["TOKEN", "ONE", "TWO", "THREE", "FOUR"];
    join_all(names.map(|name| set(&app, name, TOKEN))).await;
    let list = app.cli.run(&["env", "list", &app.name, "--json"]).await.ok();
    let listed: BTreeSet<&str> = list.last().as_array().expect("a list").iter().filter_map(|row| row["name"].as_str()).collect();
    assert_eq!(listed, BTreeSet::from(names));

    let before = warnings(&app).await;
    assert!(before.contains("the variable SENDER, which is not set"), "{before}");
    assert!(!before.contains("REPLY") && !before.contains("PLIMSOLL"), "these have values: {before}");
    set(&app, "SENDER", TOKEN).await;
    assert!(!warnings(&app).await.contains("SENDER"));

    app.deploy(&[]).await.is(0, "live");
    assert_eq!(secret(&app).await, TOKEN);
    let sender =
        app.server.exec(&["docker", "exec", "variables-web-1", "sh", "-c", "echo \"$SENDER\""]).await.expect("a variable");
    assert_eq!(sender.trim_end_matches('\n'), TOKEN);
    set(&app, "TOKEN", "another").await;
    app.deploy(&[]).await.is(0, "live");
    assert_eq!(secret(&app).await, "another");
    app.cli.run(&["rollback", &app.name, "--yes", "--json"]).await.is(0, "live");
    assert_eq!(secret(&app).await, TOKEN);
    app.is_tidy().await;
    app.remove().await;
}

#[tokio::test]
async fn two_laptops_that_set_variables_at_once_lose_none() {
    let app = App::new("sets").await;
    let second = app.second_laptop().await;
    let names: Vec<_> = (0..4).flat_map(|n| [(&app.cli, format!("FIRST_{n}")), (&second, format!("SECOND_{n}"))]).collect();
    join_all(names.iter().map(async |(cli, name)| cli.feed(&["env", "set", "sets", name], name).await.ok())).await;
    let listed = app.cli.run(&["env", "list", "sets", "--json"]).await.ok();
    let mut listed: Vec<_> = listed.last().as_array().expect("a list").iter().map(|row| row["name"].clone()).collect();
    let mut set: Vec<_> = names.iter().map(|(_, name)| serde_json::Value::from(name.as_str())).collect();
    listed.sort_by_key(ToString::to_string);
    set.sort_by_key(ToString::to_string);
    assert_eq!(listed, set);
    let left = app.server.sh(&format!("ls -A {}/fixed", app.stack())).await.expect("a folder");
    assert_eq!(left.split_whitespace().collect::<Vec<_>>(), [".env", ".fingerprint-key"], "nothing is left behind");
    app.remove().await;
}
