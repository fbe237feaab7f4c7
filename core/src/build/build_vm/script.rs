//! The builder's script on the builder, and calling it.
//!
//! Owns: that it is there, by content hash, and what its statuses mean. Must never know: what a build consists of.

use std::{sync::Arc, time::Duration};

use sha2::{Digest as _, Sha256};

use crate::{
    build::BuildError,
    domain::server::DockerAccess,
    host::{Command, Host, HostError, Output, Running},
};

const SCRIPT: &str = include_str!("builder.sh");
/// Runs the script from the home folder, or says where that is if the script is not there.
const LAUNCH: &str = r#"f="$HOME/.plimsoll/bin/$1"; [ -r "$f" ] || { printf %s "$HOME"; exit 97; }; shift; exec sh "$f" "$@""#;
const NOT_THERE: i32 = 97;
/// Longer than any build that somebody waits for.
const LONGEST: Duration = Duration::from_secs(12 * 3600);

/// The script on one builder.
pub(in crate::build) struct Script {
    host: Arc<dyn Host>,
    access: String,
    name: String,
}

impl Script {
    pub(super) fn new(host: Arc<dyn Host>, access: &DockerAccess) -> Self {
        let access = match access {
            DockerAccess::Socket(path) => path.clone(),
            DockerAccess::Sudo => "sudo".to_owned(),
        };
        let hash: String = Sha256::digest(SCRIPT).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { host, access, name: format!("builder-{hash}.sh") }
    }

    /// The builder.
    pub(in crate::build) fn host(&self) -> &dyn Host {
        &*self.host
    }

    /// How its engine is reached, as the script takes it.
    pub(in crate::build) fn access(&self) -> &str {
        &self.access
    }

    /// Calls a verb to its end, bringing the script there first if need be.
    pub(in crate::build) async fn call(&self, verb: &[&str], stdin: &[u8]) -> Result<Output, BuildError> {
        let command = || Command::new(self.argv(verb)).stdin(stdin).deadline(Duration::from_secs(120));
        let output = self.host.run(command()).await?;
        if output.status != NOT_THERE {
            return Ok(output);
        }
        let path = format!("{}/.plimsoll/bin/{}", output.text(), self.name);
        self.host.put(&path, SCRIPT.as_bytes(), 0o700).await?;
        Ok(self.host.run(command()).await?)
    }

    /// Starts a verb on the bulk connection. The script must be there: [`Script::call`] something before.
    pub(super) async fn start(&self, verb: &[&str]) -> Result<Running, HostError> {
        self.host.spawn(Command::new(self.argv(verb)).bulk().deadline(LONGEST)).await
    }

    fn argv(&self, verb: &[&str]) -> Vec<String> {
        let launch = ["sh", "-c", LAUNCH, "plimsoll", &self.name];
        launch.iter().chain(verb).map(|word| (*word).to_owned()).collect()
    }

    /// The error that a status and the last of standard error stand for.
    pub(in crate::build) fn error(&self, what: &'static str, status: i32, stderr: &[u8]) -> BuildError {
        let detail = String::from_utf8_lossy(stderr).trim().to_owned();
        let builder = self.host.name().to_owned();
        match status {
            91 => BuildError::EngineDown { builder, detail },
            92 => BuildError::ToolMissing { builder, tool: "git" },
            93 => BuildError::ToolMissing { builder, tool: "Docker with buildx 0.13 or newer" },
            _ if is_full(&detail) => BuildError::NoSpace { builder, detail },
            _ => BuildError::Unexpected { builder, what, status, detail },
        }
    }
}

/// Neither git nor BuildKit has a status for it.
pub(in crate::build) fn is_full(text: &str) -> bool {
    text.to_ascii_lowercase().contains("no space left on device")
}
