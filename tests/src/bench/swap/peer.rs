//! The peer: a script that has the server pull the new images and put them in the place of the old ones.
//!
//! Owns: its images, its Compose file, its one line. Must never know: what is lost meanwhile.

use std::{process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    time::timeout,
};

use super::{
    Outcome,
    stack::{Shape, proxies, put_app},
};
use crate::{
    bench::Laptop,
    lab::{Lab, Machine},
};

pub(super) const PEER: &str = "ssh: docker compose pull app && docker compose up -d app";
const DEADLINE: Duration = Duration::from_secs(120);
/// A new version beside everything: pulled, started, asked until it is well. No image of it is left.
const BY_ENGINE: &str = "docker pull -q $1 >/dev/null
    docker run -d --name beside -e BOOT_MS=1500 -e WORK_MS=20 $1 >/dev/null";
/// The same as a service of a Compose file, as the app is one.
const BY_COMPOSE: &str = "mkdir -p /tmp/beside && cd /tmp/beside
    app=\"image: $1, container_name: beside, network_mode: bridge, environment: { BOOT_MS: 1500, WORK_MS: 20 }\"
    echo \"services: { app: { $app } }\" >compose.yaml
    docker compose pull -q app 2>/dev/null
    docker compose up -d app 2>/dev/null";
const UNTIL_WELL: &str = "address=$(docker inspect -f '{{.NetworkSettings.IPAddress}}' beside)
    until curl -fs -o /dev/null --max-time 2 http://$address:8080/health; do sleep 0.05; done";
const AWAY: &str = "docker rm -f beside >/dev/null && docker rmi \"$1\" >/dev/null";

/// Versions that are only ever run beside, to see how long that takes.
const BESIDES: u32 = 100;

/// How long a version takes beside what serves, started by the engine's client and by Compose.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beside {
    pub(super) engine: Duration,
    pub(super) compose: Duration,
}

pub(super) struct Peer<'a> {
    lab: &'a Lab,
    laptop: &'a Laptop,
}

impl<'a> Peer<'a> {
    /// Builds so many versions of the app, and as many to be run beside.
    pub(super) async fn new(lab: &'a Lab, laptop: &'a Laptop, versions: u32) -> Outcome<Self> {
        let (vm, registry) = (lab.machine("vm")?, &lab.registry);
        let folder = tempfile::tempdir_in(&laptop.folder)?;
        put_app(folder.path(), &registry.base("debian")).await?;
        vm.sh("mkdir -p /root/peer").await?;
        for name in ["app", "Dockerfile"] {
            write(vm, &format!("/root/peer/{name}"), &std::fs::read(folder.path().join(name))?).await?;
        }
        vm.sh("chmod 755 /root/peer/app").await?;
        let login = ["docker", "login", "-u", &registry.user, "--password-stdin", &registry.address];
        done(&vm.exec_with(&login, registry.password.as_bytes()).await?)?;
        let peer = Self { lab, laptop };
        for version in (1..=versions).chain((1..=versions).map(|version| version + BESIDES)) {
            let line = format!("cd /root/peer && echo {version} >version && docker build -q -t $0 . && docker push -q $0");
            vm.exec(&["sh", "-c", &line, &peer.image(version)]).await?;
        }
        peer.ssh(&login.join(" "), &registry.password).await?;
        Ok(peer)
    }

    /// Puts the first version up.
    pub(super) async fn up(&self, shape: &Shape) -> Outcome<()> {
        let compose = shape.compose(&format!("image: {}", self.image_of("${V}")), &|name| self.lab.registry.base(name));
        self.ssh("mkdir -p peer && cat >peer/compose.yaml", &compose).await?;
        for (name, content) in proxies() {
            self.ssh(&format!("cat >peer/{name}"), content).await?;
        }
        self.ssh("cd peer && echo V=1 >.env && docker compose up -d --quiet-pull", "").await
    }

    /// Puts another version in the place of the one that serves; `begins` is called when the server begins.
    pub(super) async fn swap(&self, version: u32, begins: impl FnOnce()) -> Outcome<()> {
        let line = format!("cd peer && echo V={version} >.env && echo && docker compose pull -q app && docker compose up -d app");
        let mut ssh = self.laptop.program("ssh");
        ssh.args(["server", &line]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = ssh.spawn()?;
        let mut stdout = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        timeout(DEADLINE, stdout.read_line(&mut String::new())).await??;
        begins();
        done(&timeout(DEADLINE, child.wait_with_output()).await??)
    }

    /// How long the server takes to have a version run beside what serves: pulled, created, booted, asked.
    pub(super) async fn beside(&self, number: u32) -> Outcome<Beside> {
        Ok(Beside { engine: self.timed(number, BY_ENGINE).await?, compose: self.timed(number, BY_COMPOSE).await? })
    }

    async fn timed(&self, number: u32, start: &str) -> Outcome<Duration> {
        let image = self.image(BESIDES + number);
        let server = self.lab.machine("server")?;
        let config = format!("/home/{}/.docker", server.user);
        let inside =
            async |line: &str| server.exec(&["env", &format!("DOCKER_CONFIG={config}"), "sh", "-c", line, "sh", &image]).await;
        let begun = std::time::Instant::now();
        inside(&format!("set -e\n{start}\n{UNTIL_WELL}")).await?;
        let took = begun.elapsed();
        inside(AWAY).await?;
        Ok(took)
    }

    fn image(&self, version: u32) -> String {
        self.image_of(&version.to_string())
    }

    fn image_of(&self, version: &str) -> String {
        format!("{}/peer/app:{version}", self.lab.registry.address)
    }

    async fn ssh(&self, line: &str, input: &str) -> Outcome<()> {
        let mut ssh = self.laptop.program("ssh");
        ssh.args(["server", line]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = ssh.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes()).await?;
        }
        done(&timeout(DEADLINE, child.wait_with_output()).await??)
    }
}

async fn write(machine: &Machine, path: &str, content: &[u8]) -> Outcome<()> {
    done(&machine.exec_with(&["sh", "-c", "cat >\"$0\"", path], content).await?)
}

fn done(output: &std::process::Output) -> Outcome<()> {
    if output.status.success() {
        return Ok(());
    }
    Err(format!("the peer fails: {}", String::from_utf8_lossy(&output.stderr)).into())
}
