//! What is wrong before anything moves: it is named, with the next step, and the old release serves on.

use plimsoll_lab::lab::{Image, sha256};
use serde_json::json;

use super::{
    super::{shared::shared_lab, support::tar},
    app::App,
};

#[tokio::test]
async fn a_bad_compose_file_is_refused() {
    let app = App::live("bad-compose").await;
    let good = app.compose();
    let cases = [
        ("broken YAML", "services:\n  web: [\n".to_owned(), "compose_invalid", "compose.yaml:3"),
        (
            "neither image nor build",
            good.replace("command: ['sleep', '100000']", "").replace("image: ", "x-was: "),
            "compose_invalid",
            "db",
        ),
        ("an unset variable", good.replace("GREETING:-hello", "GREETING:?say hello"), "variable_missing", "say hello"),
        ("unknown dependency", good.replace("depends_on: [db]", "depends_on: [mail]"), "compose_invalid", "mail"),
        ("context outside", good.replace("context: .,", "context: ..,"), "compose_invalid", ".."),
    ];
    for (what, compose, code, said) in cases {
        app.write("compose.yaml", &compose);
        app.commit(what);
        let refused = app.deploy(&[]).await.fails(3, code);
        assert!(refused.problem().1.contains(said), "{what}: {refused:#?}");
        assert_eq!(app.newest().await["status"], "failed", "{what}");
    }
    assert_eq!(app.serves().await, "v1");
    app.is_tidy().await;
    app.remove().await;
}

#[tokio::test]
async fn a_repository_that_is_not_ready_is_refused() {
    let app = App::live("bad-repo").await;
    app.git(&["checkout", "-q", "-b", "other"]);
    app.next("theirs");
    app.git(&["checkout", "-q", "main"]);
    app.next("ours");
    assert!(!app.try_git(&["rebase", "other"]).status.success(), "it conflicts");
    let refused = app.deploy(&[]).await.fails(3, "repository_unusable");
    assert!(refused.problem().1.contains("rebase"), "{refused:#?}");
    app.git(&["rebase", "--abort"]);
    app.deploy(&["--commit", "no-such"]).await.fails(3, "commit_unknown");
    std::fs::remove_dir_all(app.repo().join(".git")).unwrap();
    app.deploy(&[]).await.fails(3, "repository_unusable");
    app.git(&["init", "-q", "-b", "main"]);
    let refused = app.deploy(&[]).await.fails(3, "repository_unusable");
    assert!(refused.problem().1.contains("commit"), "{refused:#?}");
    assert_eq!(app.serves().await, "v1");
    app.remove().await;
}

#[tokio::test]
async fn bad_settings_are_named_with_their_line() {
    let app = App::live("bad-settings").await;
    app.write("plimsoll.toml", &app.settings("sock = \"1s\"\n"));
    let refused = app.deploy(&[]).await.fails(3, "settings_invalid");
    assert!(refused.problem().1.contains("sock"), "{refused:#?}");
    app.write("plimsoll.toml", &app.settings(""));
    app.deploy(&["--env", "staging"]).await.fails(3, "settings_incomplete");
    let usage = app.cli.run(&["deploy", "no-such-project", "--json"]).await;
    assert_eq!((usage.exit, usage.problem().0), (Some(3), "not_found"));
    assert_eq!(app.serves().await, "v1");
    app.remove().await;
}

#[tokio::test]
async fn a_registry_that_refuses_is_named() {
    let app = App::live("refused").await;
    app.next("v2");
    let wrong = [("PLIMSOLL_REGISTRY_REGISTRY_PASSWORD", "wr0ng-p4ssword")];
    let refused = app.start(&[], &wrong).end().await.fails(3, "registry_refused");
    assert!(!format!("{refused:?}").contains("wr0ng"), "{refused:#?}");
    let none = app.start(&[], &[("PLIMSOLL_REGISTRY_REGISTRY_PASSWORD", "")]).end().await;
    assert_eq!((none.exit, none.problem().0), (Some(3), "credentials_missing"), "{none:#?}");
    assert_eq!(app.serves().await, "v1");
    app.is_tidy().await;
    app.deploy(&[]).await.is(0, "live");
    app.remove().await;
}

#[tokio::test]
async fn a_build_that_fails_shows_its_last_lines() {
    let app = App::live("no-build").await;
    let dockerfile = std::fs::read_to_string(app.repo().join("worker/Dockerfile")).unwrap();
    app.write("worker/Dockerfile", &format!("{dockerfile}RUN echo the compiler says no; exit 7\n"));
    app.next("v2");
    let failed = app.deploy(&[]).await.fails(1, "build_failed");
    let (_, told) = failed.problem();
    assert!(told.contains("the compiler says no") && told.contains('7'), "{told}");
    assert_eq!(app.serves().await, "v1");
    app.is_tidy().await;
    app.write("worker/Dockerfile", &dockerfile);
    app.commit("mended");
    app.deploy(&[]).await.is(0, "live");
    assert_eq!(app.serves().await, "v2");
    app.remove().await;
}

#[tokio::test]
async fn an_image_for_another_architecture_keeps_the_gate_shut() {
    let app = App::live("arch").await;
    let layer = tar("arch", b"arm64");
    let (repository, diff_id) = ("other/arch", sha256(&layer));
    let image = Image { repository, tag: "1", architecture: "arm64", config: json!({}), layer: &layer, diff_id: &diff_id };
    let registry = &shared_lab().registry;
    registry.storage().put(&image).expect("an image");
    let foreign = format!("{}/{repository}:1", registry.address);
    app.write(
        "compose.yaml",
        &app.compose().replace(&format!("image: {}", registry.base("busybox")), &format!("image: {foreign}")),
    );
    app.next("v2");
    let refused = app.deploy(&[]).await.fails(3, "wrong_platform");
    assert!(refused.problem().1.contains("arm64"), "{refused:#?}");
    app.write("compose.yaml", &app.compose().replace(&registry.base("busybox"), &format!("{}/other/absent:1", registry.address)));
    app.next("v3");
    app.deploy(&[]).await.fails(3, "image_missing");
    assert_eq!(app.serves().await, "v1");
    app.is_tidy().await;
    app.remove().await;
}

/// Compose itself would find out in the middle of the swap.
#[tokio::test]
async fn what_is_called_external_has_to_be_there() {
    let app = App::live("external").await;
    let (network, volume) = (format!("{}-edge", app.name), format!("{}-media", app.name));
    let edge = format!("networks:\n  default: {{ name: {network}, external: true }}\n  idle: {{ external: true }}\n");
    let media = format!("  data:\n  media: {{ name: {volume}, external: true }}\n");
    let text = app.compose().replace("['data:/data']", "['data:/data', 'media:/media']").replace("  data:\n", &media);
    app.write("compose.yaml", &(text + &edge));
    app.next("v2");
    let refused = app.deploy(&[]).await.fails(3, "requirement_missing");
    assert!(refused.problem().1.ends_with(&format!(": network {network}\nvolume {volume}")), "{refused:#?}");
    assert_eq!(app.serves().await, "v1");
    app.is_tidy().await;
    app.server.sh(&format!("docker network create {network} && docker volume create {volume}")).await.expect("made");
    app.deploy(&[]).await.ok();
    assert_eq!(app.serves().await, "v2");
    let server = app.server.clone();
    app.remove().await;
    server.sh(&format!("docker network rm {network} && docker volume rm {volume}")).await.expect("taken away");
}
