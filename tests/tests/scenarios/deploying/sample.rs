//! The sample on one machine alone: set up, deployed, set up again, taken away.
//!
//! Owns: bringing program and images there. Must never know: what the sample is made of.

use std::fs;

use plimsoll_lab::lab::{Machine, MachineOptions};
use serde_json::Value;

use super::{super::shared::shared_lab, cli::program};

/// A registry as the public image is one: it listens on 5000 and keeps what it has below /var/lib/registry.
const DOCKERFILE: &str = "ARG BASE
FROM ${BASE}
COPY docker-registry /docker-registry
COPY config.yml /config.yml
CMD [\"/docker-registry\", \"serve\", \"/config.yml\"]
";
const CONFIG: &str = "version: 0.1
storage: { filesystem: { rootdirectory: /var/lib/registry } }
http: { addr: ':5000' }
";

#[tokio::test]
async fn the_sample_is_one_command_and_one_deployment_and_goes_without_a_trace() {
    let machine = shared_lab().add(&MachineOptions::named("sample")).await.expect("a machine");
    let there = There { machine: &machine };
    there.install().await;
    // The shop's base images live behind a login.
    let registry = &shared_lab().registry;
    there.run(&["registry", "add", "lab", "oci", &registry.address, "--user", &registry.user, "--plain-http", "--json"]).await;
    there.says_no_where_docker_is_down().await;
    there.asks_first().await;

    let ready = there.run(&["sample", "up", "--yes", "--json"]).await;
    let settings = &ready["settings"]["environments"]["production"];
    assert_eq!((settings["server"].as_str(), settings["stack"].as_str()), (Some("here"), Some("plimsoll-sample")), "{ready}");
    let url = settings["url"].as_str().expect("an address").to_owned();
    there.run(&["deploy", "sample-shop", "--json"]).await;
    let health = there.sh(&format!("curl -fsS {url}")).await;
    assert!(health.contains("\"release\""), "{health}");

    // Again: what is there stays, whatever it was doing.
    there.sh("docker stop plimsoll-sample-registry").await;
    let again = there.run(&["sample", "up", "--yes", "--json"]).await;
    assert_eq!(again["settings"], ready["settings"]);
    assert_eq!(there.run(&["deploy", "sample-shop", "--json"]).await["status"], "nothing_to_do");

    there.run(&["sample", "down", "--yes", "--json"]).await;
    assert_eq!(
        there.sh("docker ps -aq; docker volume ls -q; ls ~/.plimsoll/stacks; ls /root/data/sample 2>/dev/null || true").await,
        ""
    );
    for list in [["project", "list", "--json"], ["server", "list", "--json"]] {
        assert_eq!(there.run(&list).await, Value::Array(Vec::new()), "{list:?}");
    }
    let registries = there.run(&["registry", "list", "--json"]).await;
    assert_eq!(registries.as_array().map(Vec::len), Some(1), "{registries}");
    assert_eq!(registries[0]["name"], "lab");
    machine.remove().await.expect("gone");
}

struct There<'a> {
    machine: &'a Machine,
}

impl There<'_> {
    /// The program, a registry's image, and the base images of the shop.
    async fn install(&self) {
        self.put("cat >/root/plimsoll && chmod +x /root/plimsoll", &fs::read(program()).expect("the program")).await;
        let registry = &shared_lab().registry;
        let login = format!("docker login -u {} --password-stdin {}", registry.user, registry.address);
        self.put(&login, registry.password.as_bytes()).await;
        self.put("mkdir -p /root/image && cat >/root/image/Dockerfile", DOCKERFILE.as_bytes()).await;
        self.put("cat >/root/image/config.yml", CONFIG.as_bytes()).await;
        let base = registry.base("python");
        self.sh(&format!(
            "cp \"$(command -v docker-registry)\" /root/image/ && docker build -q -t sample-registry --build-arg BASE={base} /root/image"
        ))
        .await;
    }

    /// Docker is down: the problem says what to do, and the project is there all the same.
    async fn says_no_where_docker_is_down(&self) {
        self.machine.stop_docker().await.expect("it stops");
        let refused = self.fails(&["sample", "up", "--yes", "--json"], 1).await;
        let hint = refused["problem"]["hint"].as_str().unwrap_or("");
        assert_eq!(refused["problem"]["code"], "engine_down", "{refused}");
        assert!(hint.contains("Start Docker") && hint.contains("server"), "{hint}");
        self.machine.start_docker().await.expect("it starts");
        assert_eq!(self.run(&["project", "list", "--json"]).await[0]["project"]["name"], "sample-shop");
    }

    /// Nobody is there to say yes: nothing is started.
    async fn asks_first(&self) {
        let refused = self.fails(&["sample", "up", "--json"], 3).await;
        assert_eq!(refused["problem"]["code"], "consent_missing", "{refused}");
        assert_eq!(self.sh("docker ps -aq; docker volume ls -q").await, "");
    }

    fn argv(&self, args: &[&str]) -> Vec<String> {
        let registry = &shared_lab().registry;
        let mut argv: Vec<String> =
            ["env", "-C", "/root", "PLIMSOLL_HOME=/root/data", "PLIMSOLL_SAMPLE_REGISTRY_IMAGE=sample-registry"]
                .map(str::to_owned)
                .into();
        for name in ["redis", "caddy", "python"] {
            argv.push(format!("PLIMSOLL_SAMPLE_{}_IMAGE={}", name.to_uppercase(), registry.base(name)));
        }
        argv.push(format!("PLIMSOLL_SWITCH_IMAGE={}", registry.base("haproxy")));
        argv.push(format!("PLIMSOLL_REGISTRY_LAB_PASSWORD={}", registry.password));
        argv.push("/root/plimsoll".to_owned());
        argv.extend(args.iter().map(|arg| (*arg).to_owned()));
        argv
    }

    async fn run(&self, args: &[&str]) -> Value {
        self.ended(args, 0).await
    }

    async fn fails(&self, args: &[&str], exit: i32) -> Value {
        self.ended(args, exit).await
    }

    /// The last line of what it prints.
    async fn ended(&self, args: &[&str], exit: i32) -> Value {
        let argv = self.argv(args);
        let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
        let output = self.machine.exec_with(&argv, b"").await.expect("the machine is up");
        assert_eq!(output.status.code(), Some(exit), "{args:?}: {output:?}");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        serde_json::from_str(text.lines().last().expect("a line")).expect("JSON")
    }

    async fn sh(&self, line: &str) -> String {
        self.machine.sh(line).await.expect("it does what it should").trim().to_owned()
    }

    async fn put(&self, line: &str, content: &[u8]) {
        let put = self.machine.exec_with(&["sh", "-c", line], content).await.expect("the machine is up");
        assert!(put.status.success(), "{line}: {put:?}");
    }
}
