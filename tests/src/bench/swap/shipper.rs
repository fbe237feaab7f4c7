//! Plimsoll's own command, as its user calls it.
//!
//! Owns: starting it, hearing what it says and when. Must never know: what it ships.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    task::JoinHandle,
    time::{Instant, timeout},
};

use super::Outcome;
use crate::{
    bench::Laptop,
    lab::{Lab, run},
};

/// Longer than a deployment takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(300);

pub(super) struct Shipper {
    program: PathBuf,
    variables: Vec<(&'static str, String)>,
}

impl Shipper {
    /// One who knows the lab's machines and its registry.
    pub(super) async fn new(lab: &Lab, laptop: &Laptop, program: &Path) -> Outcome<Self> {
        let variables = vec![
            ("HOME", laptop.folder.display().to_string()),
            ("USER", "anna".to_owned()),
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("PLIMSOLL_HOME", laptop.home().display().to_string()),
            ("PLIMSOLL_SSH_CONFIG", laptop.ssh_config().display().to_string()),
            ("PLIMSOLL_REGISTRY_REGISTRY_PASSWORD", lab.registry.password.clone()),
        ];
        let shipper = Self { program: program.to_owned(), variables };
        for name in ["server", "vm"] {
            let key = lab.machine(name)?.host_key("ed25519").await?;
            shipper.run(&laptop.folder, &["server", "add", name, name, "--host-key", &key]).await?;
        }
        let registry = &lab.registry;
        let words = ["registry", "add", "registry", "oci", &registry.address, "--user", &registry.user, "--plain-http"];
        shipper.run(&laptop.folder, &words).await?;
        Ok(shipper)
    }

    /// Runs a command in a folder to its good end.
    pub(super) async fn run(&self, folder: &Path, args: &[&str]) -> Outcome<()> {
        let output = timeout(DEADLINE, self.command(folder, args).output()).await??;
        if output.status.success() {
            return Ok(());
        }
        Err(format!("`plimsoll {}` fails: {}", args.join(" "), String::from_utf8_lossy(&output.stderr)).into())
    }

    /// Starts a deployment of what is committed in the folder.
    pub(super) fn deploy(&self, folder: &Path, project: &str) -> Outcome<Deploying> {
        let mut child = self.command(folder, &["deploy", project, "--json"]).spawn()?;
        let stdout = child.stdout.take().ok_or("no standard output")?;
        let mut stderr = child.stderr.take().ok_or("no standard error")?;
        let complaints = tokio::spawn(async move {
            let mut said = String::new();
            let _ = stderr.read_to_string(&mut said).await;
            said
        });
        Ok(Deploying { child, lines: BufReader::new(stdout).lines(), complaints, last: Value::Null, begun: Vec::new() })
    }

    fn command(&self, folder: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.args(args).current_dir(folder).env_clear().envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }
}

/// A deployment that goes on.
pub(super) struct Deploying {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    complaints: JoinHandle<String>,
    last: Value,
    begun: Vec<(String, Instant)>,
}

impl Deploying {
    /// Waits until a stage begins.
    pub(super) async fn until_stage(&mut self, stage: &str) -> Outcome<()> {
        self.until(stage, |event| event["type"] == "stage_started" && event["stage"] == stage).await
    }

    /// Waits until a step begins.
    pub(super) async fn until_step(&mut self, step: &str) -> Outcome<()> {
        self.until(step, |event| event["type"] == "step_started" && event["step"] == step).await
    }

    /// Presses Ctrl-C.
    pub(super) async fn interrupt(&self) -> Outcome<()> {
        let pid = self.child.id().ok_or("it has ended")?.to_string();
        run(&["kill", "-INT", &pid]).await?;
        Ok(())
    }

    /// Waits for its end, which has to be this one; says when each stage and step began.
    pub(super) async fn ends(mut self, status: &str) -> Outcome<Vec<(String, Instant)>> {
        timeout(DEADLINE, async { while matches!(self.next().await, Ok(Some(_))) {} }).await?;
        let ended = timeout(DEADLINE, self.child.wait()).await??;
        if self.last["status"] == status {
            return Ok(self.begun);
        }
        Err(format!("the deployment ended ({ended}) {}{}", self.last, self.complaints.await?).into())
    }

    async fn until(&mut self, wanted: &str, fits: impl Fn(&Value) -> bool) -> Outcome<()> {
        let reading = async {
            while let Some(event) = self.next().await? {
                if fits(&event) {
                    return Ok(());
                }
            }
            Err(format!("the deployment ended before {wanted}: {}", self.last).into())
        };
        timeout(DEADLINE, reading).await?
    }

    async fn next(&mut self) -> Outcome<Option<Value>> {
        let Some(line) = self.lines.next_line().await? else { return Ok(None) };
        self.last = serde_json::from_str(&line)?;
        for (kind, what) in [("stage_started", "stage"), ("step_started", "step")] {
            if self.last["type"] == kind {
                self.begun.push((self.last[what].as_str().unwrap_or("?").to_owned(), Instant::now()));
            }
        }
        Ok(Some(self.last.clone()))
    }
}
