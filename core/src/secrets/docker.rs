//! The logins that Docker keeps: its credential helpers, and what it stored in `config.json` itself.
//!
//! Owns: reading them. Must never know: registries' protocols. Nothing here is ever written.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::Command,
    time::timeout,
};

use super::SecretsError;
use crate::domain::secret::Secret;

/// How long a helper may take; some open a dialog.
const PATIENCE: Duration = Duration::from_secs(60);
const LARGEST_ANSWER: u64 = 1 << 20;
/// The key under which Docker Hub's login is kept.
const HUB: &str = "https://index.docker.io/v1/";

/// A user and a password that Docker knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DockerLogin {
    /// The user.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// Docker's configuration of this user.
#[derive(Debug, Clone)]
pub struct DockerLogins {
    config: PathBuf,
    /// Where helpers are looked for; `None` takes `PATH`.
    path: Option<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Config {
    creds_store: Option<String>,
    cred_helpers: BTreeMap<String, String>,
    auths: BTreeMap<String, Stored>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Stored {
    auth: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: String,
}

impl DockerLogins {
    /// `$DOCKER_CONFIG/config.json`, or the one in the home folder; `None` where there is neither.
    #[must_use]
    pub fn of_this_user() -> Option<Self> {
        let dir = std::env::var_os("DOCKER_CONFIG").filter(|dir| !dir.is_empty()).map(PathBuf::from);
        let home = || directories::BaseDirs::new().map(|dirs| dirs.home_dir().join(".docker"));
        Some(Self { config: dir.or_else(home)?.join("config.json"), path: None })
    }

    /// This file, with helpers looked for in this folder alone.
    #[must_use]
    pub fn at(config: impl Into<PathBuf>, helpers: impl Into<PathBuf>) -> Self {
        Self { config: config.into(), path: Some(helpers.into()) }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.config
    }

    /// The login for a registry's host, if Docker has one.
    ///
    /// # Errors
    /// [`SecretsError::Docker`] when the file or a helper cannot be used.
    pub async fn get(&self, host: &str) -> Result<Option<DockerLogin>, SecretsError> {
        let text = match tokio::fs::read(&self.config).await {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(SecretsError::Docker(format!("{}: {e}", self.config.display()))),
        };
        // The parser's message may quote the file, which may hold a password: only its place is told.
        let config: Config = serde_json::from_slice(&text)
            .map_err(|e| SecretsError::Docker(format!("{}: line {} is not valid", self.config.display(), e.line())))?;
        for key in keys(host) {
            if let Some(helper) = config.cred_helpers.get(&key).or(config.creds_store.as_ref())
                && let Some(login) = self.ask(helper, &key).await?
            {
                return Ok(Some(login));
            }
            if let Some(login) = config.auths.get(&key).and_then(|stored| stored.login()) {
                return Ok(Some(login));
            }
        }
        Ok(None)
    }

    /// Runs `docker-credential-NAME get` with the host on its standard input.
    async fn ask(&self, helper: &str, key: &str) -> Result<Option<DockerLogin>, SecretsError> {
        let failed = |why: String| SecretsError::Docker(format!("docker-credential-{helper}: {why}"));
        if helper.is_empty() || helper.contains(['/', '\\', '\0']) {
            return Err(failed("is no name of a helper".to_owned()));
        }
        let name = format!("docker-credential-{helper}");
        let program = self.path.as_ref().map_or_else(|| PathBuf::from(&name), |dir| dir.join(&name));
        let (success, answer) = timeout(PATIENCE, run(&program, key))
            .await
            .map_err(|_| failed("does not answer".to_owned()))?
            .map_err(|e| failed(e.to_string()))?;
        if !success {
            // Helpers have one exit status for every failure; "not known" is by far the most frequent, and both
            // mean that the next place is asked.
            return Ok(None);
        }
        let answer: Answer = serde_json::from_slice(&answer).map_err(|_| failed("its answer is not understood".to_owned()))?;
        Ok(login(answer.username, answer.secret))
    }
}

impl Stored {
    fn login(&self) -> Option<DockerLogin> {
        let text = String::from_utf8(BASE64_STANDARD.decode(&self.auth).ok()?).ok()?;
        let (user, password) = text.split_once(':')?;
        login(user.to_owned(), password.trim_end_matches('\0').to_owned())
    }
}

/// An identity token is no password: only Docker itself can use it.
fn login(user: String, password: String) -> Option<DockerLogin> {
    (user != "<token>" && !password.is_empty()).then(|| DockerLogin { user, password: Secret::new(password) })
}

/// The keys under which Docker may have stored a host.
fn keys(host: &str) -> Vec<String> {
    if matches!(host, "docker.io" | "index.docker.io" | "registry-1.docker.io") {
        return vec![HUB.to_owned()];
    }
    vec![host.to_owned(), format!("https://{host}"), format!("http://{host}")]
}

async fn run(program: &Path, stdin: &str) -> std::io::Result<(bool, Vec<u8>)> {
    let mut child = Command::new(program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    if let Some(mut pipe) = child.stdin.take() {
        // A helper may answer without reading.
        let _ = pipe.write_all(stdin.as_bytes()).await;
    }
    let mut answer = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        stdout.take(LARGEST_ANSWER).read_to_end(&mut answer).await?;
    }
    Ok((child.wait().await?.success(), answer))
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
