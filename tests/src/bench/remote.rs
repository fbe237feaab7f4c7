//! A deployment of what is already live: everything verified, against one ssh that pulls, ups and asks the probes.
//!
//! Owns: timing both. Must never know: what is verified, and how.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use plimsoll_core::domain::{deployment::Status, probe::ProbeTarget, record::ReleaseRecord};
use serde_json::Value;
use tokio::{io::AsyncWriteExt as _, process::Command};

use super::{Laptop, Measured, Outcome, shop::Shop};
use crate::lab::Lab;

const RUNS: usize = 10;
const PEER: &str = "one ssh: docker compose pull -q && docker compose up -d && a curl per probe";
/// Containers of the shop by service and address.
const ADDRESSES: &str = "docker ps -q --filter label=com.docker.compose.project=shop | xargs docker inspect --format \
    '{{index .Config.Labels \"com.docker.compose.service\"}} {{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'";

/// Measures it.
///
/// # Errors
/// When anything has to be done after all, or fails.
pub async fn measure(lab: &Lab, laptop: &Laptop) -> Outcome<Vec<Measured>> {
    let shop = Shop::deployed(lab, laptop).await?;
    let peer = Peer::set_up(lab, laptop, &shop).await?;
    let mut open = Measured::new("no-op deployment of 5 services, app open", "ms", PEER);
    let mut whole = Measured::new("the same by a new process: plimsoll deploy", "ms", PEER);
    // Once for each: nobody starts with cold caches.
    app(&shop).await?;
    command(lab, laptop).await?;
    peer.run().await?;
    for _ in 0..RUNS {
        open.plimsoll(app(&shop).await?);
        whole.plimsoll(command(lab, laptop).await?);
        let theirs = peer.run().await?;
        open.peer(theirs);
        whole.peer(theirs);
    }
    Ok(vec![open, whole])
}

/// The app that is open, with its connection.
async fn app(shop: &Shop) -> Outcome<f64> {
    let begun = Instant::now();
    match shop.deploy().await? {
        Status::NothingToDo => Ok(ms(begun.elapsed())),
        status => Err(format!("the deployment ended {status:?}").into()),
    }
}

/// The command, from its start to its end.
async fn command(lab: &Lab, laptop: &Laptop) -> Outcome<f64> {
    let mut plimsoll = Command::new(std::env::current_exe()?.with_file_name("plimsoll"));
    plimsoll.args(["deploy", "shop", "--json"]).env("PLIMSOLL_HOME", laptop.home()).kill_on_drop(true);
    plimsoll.env("PLIMSOLL_REGISTRY_REGISTRY_PASSWORD", &lab.registry.password);
    let begun = Instant::now();
    let output = plimsoll.output().await?;
    let took = ms(begun.elapsed());
    let said = String::from_utf8_lossy(&output.stdout);
    let last: Value = serde_json::from_str(said.lines().last().unwrap_or("null"))?;
    if last["status"] != "nothing_to_do" {
        return Err(format!("the command ended {last}{}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(took)
}

/// Works on the very containers that Plimsoll deployed: the same configuration, without our pull policy.
struct Peer<'a> {
    laptop: &'a Laptop,
    line: String,
}

impl<'a> Peer<'a> {
    async fn set_up(lab: &Lab, laptop: &'a Laptop, shop: &Shop) -> Outcome<Self> {
        let server = lab.machine("server")?;
        let mut compose = shop.compose(server).await?;
        for service in compose["services"].as_object_mut().into_iter().flatten().filter_map(|(_, s)| s.as_object_mut()) {
            service.remove("pull_policy");
            service.remove("build");
        }
        let mut line = "cd peer && docker compose -p shop pull -q && docker compose -p shop up -d".to_owned();
        for url in urls(&shop.record(server).await?, &server.sh(ADDRESSES).await?) {
            line.push_str(&format!(" && curl -fsS -o /dev/null {url}"));
        }
        let peer = Self { laptop, line };
        peer.ssh("mkdir -p peer && cat >peer/compose.yaml", &compose.to_string()).await?;
        peer.log_in(lab).await?;
        Ok(peer)
    }

    async fn log_in(&self, lab: &Lab) -> Outcome<()> {
        let registry = &lab.registry;
        let line = format!("docker login -u {} --password-stdin {}", registry.user, registry.address);
        self.ssh(&line, &registry.password).await
    }

    async fn run(&self) -> Outcome<f64> {
        let begun = Instant::now();
        self.ssh(&self.line, "").await?;
        Ok(ms(begun.elapsed()))
    }

    async fn ssh(&self, line: &str, input: &str) -> Outcome<()> {
        let mut ssh = self.laptop.program("ssh");
        ssh.args(["server", line]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = ssh.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(input.as_bytes()).await?;
        }
        let output = child.wait_with_output().await?;
        if output.status.success() {
            return Ok(());
        }
        Err(format!("the peer fails: {}", String::from_utf8_lossy(&output.stderr)).into())
    }
}

/// Where each probe that goes over the network leads.
fn urls(record: &ReleaseRecord, addresses: &str) -> Vec<String> {
    let address = |service: &str| addresses.lines().find_map(|line| line.strip_prefix(service)?.strip_prefix(' '));
    let url = |target: &ProbeTarget| match target {
        ProbeTarget::Http { service, port, path, .. } => Some(format!("http://{}:{port}{path}", address(service.as_str())?)),
        ProbeTarget::Tcp { service, port } => Some(format!("http://{}:{port}/", address(service.as_str())?)),
        ProbeTarget::Public { url, .. } => Some(url.clone()),
        ProbeTarget::Docker { .. } | ProbeTarget::Command { .. } => None,
    };
    record.probes.iter().filter_map(|probe| url(&probe.target)).collect()
}

fn ms(took: Duration) -> f64 {
    took.as_secs_f64() * 1000.0
}
