//! One machine alone: it builds, it serves, and the program runs on it.
//!
//! Owns: bringing program and repository there. Must never know: what the app is.

use std::fs;

use plimsoll_lab::lab::MachineOptions;
use serde_json::Value;

use super::{super::shared::shared_lab, app::App, cli::program};

const AS_USER: [&str; 4] = ["env", "-C", "/root/repo", "PLIMSOLL_HOME=/root/data"];

#[tokio::test]
async fn this_machine_builds_and_serves() {
    let machine = shared_lab().add(&MachineOptions::named("alone")).await.expect("a machine");
    let app = App::on("alone", &machine).await;
    let settings = app.settings("").replace("kind = \"build-vm\"\nserver = \"vm\"", "kind = \"local\"");
    app.write("plimsoll.toml", &settings.replace("server = \"server\"", "server = \"here\""));
    app.commit("here");
    let here = Alone { app: &app };
    here.put("cat >/root/plimsoll && chmod +x /root/plimsoll", &fs::read(program()).expect("the program")).await;
    here.fetch().await;
    here.run(&["server", "add", "here", "local"]).await;
    let registry = &shared_lab().registry;
    here.run(&["registry", "add", "registry", "oci", &registry.address, "--user", &registry.user, "--plain-http"]).await;
    here.run(&["project", "add", "/root/repo", "--name", "alone"]).await;

    here.deploy(&["deploy", "alone", "--json"], "live").await;
    assert_eq!(app.answer().await[1], "v1");
    here.deploy(&["deploy", "alone", "--json"], "nothing_to_do").await;
    app.next("v2");
    here.fetch().await;
    here.deploy(&["deploy", "alone", "--json"], "live").await;
    assert_eq!(app.answer().await[1], "v2");
    here.deploy(&["rollback", "alone", "--yes", "--json"], "live").await;
    assert_eq!(app.answer().await[1], "v1");
    machine.remove().await.expect("gone");
}

struct Alone<'a> {
    app: &'a App,
}

impl Alone<'_> {
    async fn put(&self, line: &str, content: &[u8]) {
        let put = self.app.server.exec_with(&["sh", "-c", line], content).await.expect("the machine is up");
        assert!(put.status.success(), "{line}: {put:?}");
    }

    /// The app's newest commit.
    async fn fetch(&self) {
        let bundle = self.app.try_git(&["bundle", "create", "-", "--all"]).stdout;
        let line = "cat >/root/bundle; cd /root; [ -e repo ] || git init -q -b main repo; cd repo; git pull -q /root/bundle main";
        self.put(line, &bundle).await;
    }

    async fn run(&self, args: &[&str]) -> String {
        let secret = format!("PLIMSOLL_REGISTRY_REGISTRY_PASSWORD={}", shared_lab().registry.password);
        let argv = [&AS_USER[..], &[secret.as_str(), "/root/plimsoll"], args].concat();
        self.app.server.exec(&argv).await.expect("it does what it should")
    }

    async fn deploy(&self, args: &[&str], status: &str) {
        let said = self.run(args).await;
        let last: Value = serde_json::from_str(said.lines().last().expect("a line")).expect("JSON");
        assert_eq!(last["status"], status, "{said}");
    }
}
