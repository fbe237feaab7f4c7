//! A machine of the lab as a host, without ssh: what is tested here is what the server does by itself.

use std::process::Output as ProcessOutput;

use async_trait::async_trait;
use plimsoll_core::host::{ByteStream, Command, Host, HostError, Output, Running, Traffic};
use plimsoll_lab::lab::Machine;

/// The machine's login `deploy`.
pub(super) struct Inside(pub(super) Machine);

impl Inside {
    async fn exec(&self, argv: &[&str], input: &[u8]) -> Result<ProcessOutput, HostError> {
        let login = ["runuser", "-u", "deploy", "--", "env", "HOME=/home/deploy", "USER=deploy"];
        let lost = |e: plimsoll_lab::lab::LabError| HostError::ContactLost { host: self.0.name.clone(), reason: e.to_string() };
        self.0.exec_with(&[&login[..], argv].concat(), input).await.map_err(lost)
    }
}

#[async_trait]
impl Host for Inside {
    fn name(&self) -> &str {
        &self.0.name
    }

    async fn run(&self, command: Command) -> Result<Output, HostError> {
        let argv: Vec<&str> = command.argv.iter().map(String::as_str).collect();
        let late = HostError::TimedOut { what: command.argv.join(" "), seconds: command.deadline.as_secs() };
        let output = tokio::time::timeout(command.deadline, self.exec(&argv, &command.stdin)).await.map_err(|_| late)??;
        let status = output.status.code().unwrap_or(255);
        Ok(Output { status, stdout: output.stdout, stderr: output.stderr })
    }

    async fn spawn(&self, _: Command) -> Result<Running, HostError> {
        Err(HostError::Refused("not here".to_owned()))
    }

    async fn dial(&self, _: &str) -> Result<ByteStream, HostError> {
        Err(HostError::Refused("not here".to_owned()))
    }

    async fn put(&self, path: &str, content: &[u8], _: u32) -> Result<(), HostError> {
        let script = "mkdir -p \"${1%/*}\" && cat >\"$1.$$\" && mv \"$1.$$\" \"$1\"";
        let output = self.exec(&["sh", "-c", script, "put", path], content).await?;
        let reason = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(()) } else { Err(HostError::Failed { what: format!("write {path}"), reason }) }
    }

    async fn get(&self, path: &str, _: u64) -> Result<Option<Vec<u8>>, HostError> {
        let output = self.exec(&["cat", path], b"").await?;
        Ok(output.status.success().then_some(output.stdout))
    }

    fn traffic(&self) -> Traffic {
        Traffic::default()
    }
}
