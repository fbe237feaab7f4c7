//! The laptop's side of a benchmark: ways to the machines of the lab, for Plimsoll and for the system's own programs.
//!
//! Owns: one ssh configuration that both use, and a Docker configuration with the registry's login.
//! Must never know: what is measured.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use plimsoll_core::host::{self, ConnectOptions, Host, NeverAsk, PinnedKey, Pins};
use tokio::process::Command;

use super::Outcome;
use crate::lab::{Lab, Machine};

/// A folder that passes for a laptop. The machines are called by their names there.
pub struct Laptop {
    /// Where a benchmark may write.
    pub folder: PathBuf,
    ssh_config: PathBuf,
}

impl Laptop {
    /// Writes the configurations. `ssh_config` is where Plimsoll's own command looks for it.
    ///
    /// # Errors
    /// When a file cannot be written or a machine does not tell its host keys.
    pub async fn set_up(lab: &Lab, folder: &Path, ssh_config: &Path) -> Outcome<Self> {
        let known_hosts = folder.join("known_hosts");
        let (mut config, mut keys) = (String::new(), String::new());
        for machine in &lab.machines {
            config.push_str(&entry(machine, &known_hosts));
            for key in machine.sh("cat /etc/ssh/ssh_host_*_key.pub").await?.lines() {
                keys.push_str(&format!("{} {key}\n", machine.ip));
            }
        }
        fs::write(ssh_config, config)?;
        fs::write(&known_hosts, keys)?;
        let laptop = Self { folder: folder.to_owned(), ssh_config: ssh_config.to_owned() };
        laptop.write_ssh()?;
        laptop.log_in(lab)?;
        Ok(laptop)
    }

    /// Where Plimsoll keeps its data.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    /// The ssh configuration with the machines.
    #[must_use]
    pub fn ssh_config(&self) -> &Path {
        &self.ssh_config
    }

    /// A new connection of Plimsoll's to a machine.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn connect(&self, machine: &str) -> Outcome<Arc<dyn Host>> {
        let options = ConnectOptions {
            pins: Arc::new(NoPins),
            consent: Vec::new(),
            passphrase: Arc::new(NeverAsk),
            ssh_config: Some(self.ssh_config.clone()),
            known_hosts: self.folder.join("known_hosts"),
        };
        Ok(host::connect(&machine.parse()?, machine, &options).await?)
    }

    /// A program that finds our `ssh` first, and Docker with the registry's login.
    #[must_use]
    pub fn program(&self, name: &str) -> Command {
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new(name);
        command.env("PATH", format!("{}:{path}", self.folder.join("bin").display()));
        command.env("DOCKER_CONFIG", self.folder.join("docker")).kill_on_drop(true);
        command
    }

    /// Docker calls `ssh` without a way to name a configuration.
    fn write_ssh(&self) -> Outcome<()> {
        let ssh = self.folder.join("bin").join("ssh");
        fs::create_dir_all(self.folder.join("bin"))?;
        fs::write(&ssh, format!("#!/bin/sh\nexec /usr/bin/ssh -F '{}' \"$@\"\n", self.ssh_config.display()))?;
        Ok(fs::set_permissions(&ssh, fs::Permissions::from_mode(0o755))?)
    }

    fn log_in(&self, lab: &Lab) -> Outcome<()> {
        fs::create_dir_all(self.folder.join("docker"))?;
        let pair = format!("{}:{}", lab.registry.user, lab.registry.password);
        let auth = STANDARD.encode(pair);
        let config = serde_json::json!({ "auths": { &lab.registry.address: { "auth": auth } } });
        Ok(fs::write(self.folder.join("docker").join("config.json"), config.to_string())?)
    }
}

fn entry(machine: &Machine, known_hosts: &Path) -> String {
    format!(
        "Host {}\n  HostName {}\n  User {}\n  Port {}\n  IdentityFile {}\n  IdentitiesOnly yes\n  UserKnownHostsFile {}\n",
        machine.name,
        machine.ip,
        machine.user,
        machine.ssh_port,
        machine.key.display(),
        known_hosts.display(),
    )
}

/// The list of known hosts has every key.
struct NoPins;

#[async_trait]
impl Pins for NoPins {
    async fn pinned(&self, _: &str, _: u16) -> Result<Vec<PinnedKey>, String> {
        Ok(Vec::new())
    }

    async fn pin(&self, _: &str, _: u16, _: &PinnedKey) -> Result<(), String> {
        Ok(())
    }
}
