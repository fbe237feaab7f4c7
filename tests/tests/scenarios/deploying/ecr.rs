//! Deployments through ECR, while base images and pulled ones live in another registry that wants a login.

use super::{super::shared::shared_lab, app::App};

#[tokio::test]
async fn images_go_to_ecr_and_come_from_elsewhere() {
    let ecr = shared_lab().ecr.as_ref().expect("an ECR");
    let mut app = App::new("ecr").await;
    app.cli = ecr.env.iter().fold(app.cli.clone(), |cli, (name, value)| cli.with(name, value));
    app.cli.run(&["registry", "add", "aws", "ecr", "--endpoint", &ecr.endpoint]).await.ok();
    app.write("plimsoll.toml", &app.settings("").replace("\"registry\"", "\"aws\""));
    app.write(".dockerignore", "notes\n");
    app.commit("to ECR");
    app.deploy(&[]).await.is(0, "live");
    assert_eq!(app.serves().await, "v1");
    app.deploy(&[]).await.is(0, "nothing_to_do");

    // The same images under a new tag, in repositories whose tags are immutable.
    let before = app.ids().await;
    app.write("notes", "nobody builds this");
    app.commit("outside of every context");
    app.deploy(&[]).await.is(0, "live");
    assert_eq!(app.ids().await["worker"], before["worker"], "what did not change was not touched");

    app.next("v2");
    ecr.expire_in_mid_push().await.expect("an answer");
    let deployed = app.deploy(&[]).await.is(0, "live");
    let again = |event: &serde_json::Value| event["text"].as_str().is_some_and(|text| text.contains("once more"));
    assert_eq!(deployed.events.iter().filter(|event| again(event)).count(), 1, "{deployed:#?}");
    assert_eq!(app.serves().await, "v2");
    assert_kept(&app).await;
    app.remove().await;
}

/// What serves is kept by a tag, rules come into force without taking it, and a clean-up leaves it alone with its reason.
async fn assert_kept(app: &App) {
    let shown = app.cli.run(&["registry", "images", "aws", "--json"]).await.ok();
    let repositories = shown.last()["repositories"].as_array().expect("a list").clone();
    let own =
        |repository: &&serde_json::Value| repository["projects"].as_array().is_some_and(|all| all.iter().any(|p| *p == app.name));
    let own: Vec<_> = repositories.iter().filter(own).collect();
    assert!(
        !own.is_empty() && own.iter().all(|one| one["kept"].as_u64() > Some(0) && one["bytes"].as_u64() > Some(0)),
        "{shown:#?}"
    );

    for wanted in ["put", "none"] {
        let rules = app.cli.run(&["registry", "lifecycle", "aws", "--yes", "--json"]).await.ok();
        for repository in &own {
            let rule = rules.last().as_array().expect("a list").iter().find(|rule| rule["repository"] == repository["name"]);
            assert_eq!(rule.map(|rule| &rule["change"]["change"]), Some(&serde_json::json!(wanted)), "{rules:#?}");
        }
    }

    let plan = app.cli.run(&["registry", "clean", "aws", "--plan", "--json"]).await.ok();
    let text = plan.last().to_string();
    assert_eq!(plan.last()["removes"], 0, "all of it is young: {text}");
    assert!(text.contains(r#""reason":"serves""#) && text.contains(r#""reason":"restorable""#), "{text}");
}
