//! A small app in a repository of its own, and what of it is seen on its server.
//!
//! Owns: its files, commits and setup, asking what serves. Must never know: what goes wrong with it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU16, Ordering},
};

use plimsoll_lab::lab::{Machine, run};
use serde_json::Value;
use tempfile::TempDir;

use super::{
    super::{leftovers, shared::shared_lab},
    cli::{Cli, Finished, Started},
};

/// A port for every app, so that they share a machine.
static PORTS: AtomicU16 = AtomicU16::new(20_000);

const SERVE: &str = r#"mkdir -p /tmp/www
printf '%s\n' "${RELEASE:-}" "$(cat /page)" "${GREETING:-}" >/tmp/www/index.html
[ ! -e /sick ] || . /sick
exec httpd -f -p 8080 -h /tmp/www
"#;
const WORK: &str = "[ ! -e /ill ] || . /ill\nwhile :; do sleep 3600; done\n";

/// Web, worker and db; the page tells the version.
pub(super) struct App {
    pub(super) cli: Cli,
    pub(super) name: String,
    pub(super) server: Machine,
    pub(super) port: u16,
    folder: TempDir,
}

impl App {
    /// One on the lab's shared server.
    pub(super) async fn new(name: &str) -> Self {
        let server = shared_lab().machine("server").expect("a server").clone();
        Self::on(name, &server).await
    }

    /// One on this server, set up with its first commit; nothing is deployed.
    pub(super) async fn on(name: &str, server: &Machine) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = PORTS.fetch_add(1, Ordering::Relaxed);
        let repo = folder.path().join("repo");
        let cli = laptop(folder.path(), &repo);
        let app = Self { cli, name: name.to_owned(), server: server.clone(), port, folder };
        app.write("compose.yaml", &app.compose());
        app.write("plimsoll.toml", &app.settings(""));
        app.write("web/Dockerfile", &dockerfile("serve.sh"));
        app.write("worker/Dockerfile", &dockerfile("work.sh"));
        app.write("serve.sh", SERVE);
        app.write("work.sh", WORK);
        app.write("page", "v1");
        app.git(&["init", "-q", "-b", "main"]);
        app.commit("v1");
        app.set_up(&app.cli).await;
        app
    }

    /// An app that serves `v1` already.
    pub(super) async fn live(name: &str) -> Self {
        let app = Self::new(name).await;
        app.deploy(&[]).await.is(0, "live");
        app
    }

    /// [`App::live`] on this server.
    pub(super) async fn live_on(name: &str, server: &Machine) -> Self {
        let app = Self::on(name, server).await;
        app.deploy(&[]).await.is(0, "live");
        app
    }

    /// What a laptop has to be told once.
    pub(super) async fn set_up(&self, cli: &Cli) {
        let lab = shared_lab();
        let vm = lab.machine("vm").expect("a VM");
        for (name, machine) in [("server", &self.server), ("vm", vm)] {
            let key = machine.host_key("ed25519").await.expect("a key");
            cli.run(&["server", "add", name, &machine.destination(), "--host-key", &key]).await.ok();
        }
        let registry = &lab.registry;
        cli.run(&["registry", "add", "registry", "oci", &registry.address, "--user", &registry.user, "--plain-http"]).await.ok();
        cli.run(&["project", "add", ".", "--name", &self.name]).await.ok();
    }

    /// A second laptop with the same repository.
    pub(super) async fn second_laptop(&self) -> Cli {
        self.another_laptop("second").await
    }

    /// One more laptop with the same repository.
    pub(super) async fn another_laptop(&self, name: &str) -> Cli {
        let home = self.folder.path().join(name);
        fs::create_dir_all(&home).expect("a folder");
        let cli = laptop(&home, &self.repo());
        self.set_up(&cli).await;
        cli
    }

    pub(super) fn repo(&self) -> PathBuf {
        self.folder.path().join("repo")
    }

    /// Where this laptop keeps its data.
    pub(super) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// The Compose file.
    pub(super) fn compose(&self) -> String {
        let (name, port, busybox) = (&self.name, self.port, shared_lab().registry.base("busybox"));
        format!(
            "name: {name}
x-ends: &ends {{ restart: unless-stopped, stop_signal: SIGKILL }}
services:
  web:
    <<: *ends
    build: {{ context: ., dockerfile: web/Dockerfile }}
    environment: {{ RELEASE: '${{PLIMSOLL_RELEASE:-dev}}', GREETING: '${{GREETING:-hello}}' }}
    ports: ['{port}:8080']
    depends_on: [db]
  worker:
    <<: *ends
    build: {{ context: ., dockerfile: worker/Dockerfile }}
  db:
    <<: *ends
    image: {busybox}
    command: ['sleep', '100000']
    volumes: ['data:/data']
volumes:
  data:
"
        )
    }

    /// `plimsoll.toml`, with further keys for the environment and tables after it.
    pub(super) fn settings(&self, more: &str) -> String {
        let (ip, port) = (self.server.ip, self.port);
        let haproxy = shared_lab().registry.base("haproxy");
        format!(
            "registry = \"registry\"
[builder]
kind = \"build-vm\"
server = \"vm\"
[switch]
image = \"{haproxy}\"
[services.web]
probe = {{ http = \"/\", port = 8080 }}
deadline = \"20s\"
[services.worker]
deadline = \"20s\"
[environments.production]
server = \"server\"
url = \"http://{ip}:{port}/\"
expect = \"{{release}}\"
soak = \"1s\"
{more}"
        )
    }

    pub(super) fn write(&self, path: &str, content: &str) {
        let path = self.repo().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, content).expect("a file");
    }

    /// Runs git in the repository.
    pub(super) fn git(&self, args: &[&str]) -> String {
        let output = self.try_git(args);
        assert!(output.status.success(), "{args:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Runs git, which may refuse.
    pub(super) fn try_git(&self, args: &[&str]) -> std::process::Output {
        let who = ["-c", "user.name=Anna", "-c", "user.email=anna@example.com"];
        Command::new("git").args(who).args(args).env("HOME", self.folder.path()).current_dir(self.repo()).output().expect("git")
    }

    /// Commits everything that was written.
    pub(super) fn commit(&self, subject: &str) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", subject]);
    }

    /// A commit whose every built service is another.
    pub(super) fn next(&self, page: &str) {
        self.write("page", page);
        self.commit(page);
    }

    /// Deploys to the end.
    pub(super) async fn deploy(&self, args: &[&str]) -> Finished {
        self.start(args, &[]).end().await
    }

    /// Starts a deployment.
    pub(super) fn start(&self, args: &[&str], variables: &[(&str, &str)]) -> Started {
        self.cli.start(&[&["deploy", self.name.as_str(), "--json"], args].concat(), variables)
    }

    /// Settles what is open.
    pub(super) async fn resume(&self) -> Finished {
        self.cli.run(&["resume", &self.name, "--json"]).await
    }

    /// The newest row of the history.
    pub(super) async fn newest(&self) -> Value {
        self.history().await[0].clone()
    }

    pub(super) async fn history(&self) -> Vec<Value> {
        let history = self.cli.run(&["history", &self.name, "--json"]).await.ok();
        history.last().as_array().expect("a list").clone()
    }

    /// What the public URL says: the release, the page, the greeting.
    pub(super) async fn answer(&self) -> [String; 3] {
        let url = format!("http://{}:{}/", self.server.ip, self.port);
        let body = run(&["curl", "-fsS", "--max-time", "10", &url]).await.expect("it serves");
        let mut lines = body.lines().map(str::to_owned);
        std::array::from_fn(|_| lines.next().unwrap_or_default())
    }

    /// The version that every part serves, of one and the same release: by HTTP, by what is in the containers, by the image
    /// ids that the release's record names, and by what the server calls current. Nothing else of the app exists.
    pub(super) async fn serves(&self) -> String {
        let [release, page, _] = self.answer().await;
        assert_eq!(self.on_server("current").await.as_deref(), Some(release.as_str()), "{}", self.name);
        let record = self.on_server(&format!("releases/{release}/release.json")).await.expect("a record");
        let record: Value = serde_json::from_str(&record).expect("it is JSON");
        let field = |service: &Value, name: &str| service[name].as_str().unwrap_or("").to_owned();
        let services = record["services"].as_array().expect("services");
        let wanted: BTreeMap<_, _> = services.iter().map(|s| (field(s, "name"), field(s, "image_id"))).collect();
        let containers = self.containers().await;
        let running: BTreeMap<_, _> = containers.iter().map(|c| (c.service.clone(), c.image.clone())).collect();
        assert_eq!(running, wanted, "{}: images of {release}", self.name);
        assert_eq!(containers.len(), wanted.len(), "{containers:?}");
        let worker = containers.iter().find(|c| c.service == "worker").expect("a worker");
        let inside = self.server.exec(&["docker", "exec", &worker.id, "cat", "/page"]).await.expect("a worker that runs");
        assert_eq!(inside, page, "{}: the worker", self.name);
        page
    }

    /// Every container of the app; all of them run. A failed release command's is kept to be looked at, and no part of it.
    /// Behind a switch, which runs too, it is the colour that the switch passes on to; the other one is stopped.
    pub(super) async fn containers(&self) -> Vec<Container> {
        let label = |name: &str, value: &str| format!("label=com.docker.compose.{name}={value}");
        let (ours, lasting) = (label("project", &self.name), label("oneoff", "False"));
        let ids = self
            .server
            .exec(&["docker", "ps", "-aq", "--no-trunc", "--filter", &ours, "--filter", &lasting])
            .await
            .expect("docker ps");
        let mut containers = Vec::new();
        let active = self.active().await;
        for id in ids.lines() {
            let format = "{{index .Config.Labels \"com.docker.compose.service\"}} {{.Image}} {{.State.Running}}";
            let facts = self.server.exec(&["docker", "inspect", "-f", format, id]).await.expect("docker inspect");
            let mut words = facts.split_whitespace().map(str::to_owned);
            let (service, image) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let runs = words.next().as_deref() == Some("true");
            let part = part(&service, &active);
            assert_eq!(runs, part != Part::Idle, "{service} of {} runs", self.name);
            if let Part::App(service) = part {
                containers.push(Container { service, image, id: id.to_owned() });
            }
        }
        containers
    }

    /// The colours in which services behind a switch serve: by the file that a restart reads, and by the running switch.
    async fn active(&self) -> BTreeMap<String, String> {
        let mut active = BTreeMap::new();
        let Some(release) = self.on_server("current").await else { return active };
        let Some(record) = self.on_server(&format!("releases/{release}/release.json")).await else { return active };
        let record: Value = serde_json::from_str(&record).expect("it is JSON");
        let services = record["services"].as_array().expect("services").iter();
        for service in services.filter(|service| service["switch"].is_object()) {
            let name = service["name"].as_str().expect("a name");
            let map = self.on_server("switch/active.map").await.expect("a map");
            let line = "cd \"$1/switch\" && curl -sS --max-time 5 --unix-socket \"$2.sock\" http://switch/active";
            let told = self.server.exec(&["sh", "-c", line, "ask", &self.stack(), name]).await.expect("a switch that answers");
            let line = format!("{name} {told}");
            assert!(map.lines().any(|one| one == line), "{}: the switch says {line}, its file {map}", self.name);
            active.insert(name.to_owned(), told);
        }
        active
    }

    /// The ids of the containers by service.
    pub(super) async fn ids(&self) -> BTreeMap<String, String> {
        self.containers().await.into_iter().map(|c| (c.service, c.id)).collect()
    }

    /// A file of the app's folder on the server.
    pub(super) async fn on_server(&self, path: &str) -> Option<String> {
        let output = self.server.exec_with(&["cat", &format!("{}/{path}", self.stack())], b"").await.expect("the server is up");
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// The app's folder on the server.
    pub(super) fn stack(&self) -> String {
        format!("/home/{}/.plimsoll/stacks/{}", self.server.user, self.name)
    }

    /// Nothing of a deployment is left: not on the server, not on the builder, not on the laptop.
    pub(super) async fn is_tidy(&self) {
        let lab = shared_lab();
        let vm = lab.machine("vm").expect("a VM");
        leftovers::none_on_server(&self.server, &self.stack(), &self.name).await;
        leftovers::none_on_builder(vm, &self.name).await;
        leftovers::none_on_laptop(&self.home());
        for machine in [&self.server, vm] {
            let ours = format!("{}/.plimsoll", leftovers::home(machine));
            leftovers::no_credentials(machine, &lab.registry, &[&ours, "/tmp"]).await;
        }
        leftovers::no_credentials(&self.server, &lab.registry, &["/dev/shm"]).await;
    }

    /// Takes what it has on the server away; an engine has addresses for some thirty networks.
    pub(super) async fn remove(self) {
        let line = "docker ps -aq --filter label=com.docker.compose.project=$0 | xargs -r docker rm -f
            docker network ls -q --filter label=com.docker.compose.project=$0 | xargs -r docker network rm";
        self.server.exec(&["sh", "-c", line, &self.name]).await.expect("docker rm");
    }
}

/// What a container is to an app.
#[derive(Debug, PartialEq)]
enum Part {
    /// It serves, as this service.
    App(String),
    Switch,
    /// The colour that does not serve.
    Idle,
}

fn part(service: &str, active: &BTreeMap<String, String>) -> Part {
    if active.contains_key(service) {
        return Part::Switch;
    }
    match service.rsplit_once('-') {
        Some((name, colour)) if active.get(name).is_some_and(|serves| serves == colour) => Part::App(name.to_owned()),
        Some((_, "blue" | "green")) => Part::Idle,
        _ => Part::App(service.to_owned()),
    }
}

/// A container of the app.
#[derive(Debug)]
pub(super) struct Container {
    pub(super) service: String,
    /// The image's id.
    pub(super) image: String,
    pub(super) id: String,
}

fn laptop(folder: &Path, repo: &Path) -> Cli {
    let lab = shared_lab();
    let config = folder.join("ssh_config");
    fs::create_dir_all(repo).expect("a folder");
    fs::write(&config, format!("Host *\n  IdentityFile {}\n  IdentitiesOnly yes\n", lab.key.display())).expect("a file");
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let variables = [
        ("HOME", text(folder)),
        ("USER", "anna".to_owned()),
        ("PLIMSOLL_HOME", text(&folder.join("home"))),
        ("PLIMSOLL_SSH_CONFIG", text(&config)),
        ("PLIMSOLL_REGISTRY_REGISTRY_PASSWORD", lab.registry.password.clone()),
    ];
    let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Cli { variables, folder: repo.to_owned() }
}

fn dockerfile(script: &str) -> String {
    format!("FROM {}\nCOPY {script} /start.sh\nCOPY . /\nCMD [\"sh\", \"/start.sh\"]\n", shared_lab().registry.base("busybox"))
}
