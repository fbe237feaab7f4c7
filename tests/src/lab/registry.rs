//! The lab's registry: plain HTTP, basic auth, the base images already in it.
//!
//! Owns: starting and stopping it, its credentials, its storage. Must never know: ECR.

use std::{
    fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{
    LabError, base_images,
    network::Switch,
    process::Daemon,
    shell::{feed, run, status, text, until},
    storage::{Storage, sha256},
};

const PORT: u16 = 5000;
const USER: &str = "ship";

/// A registry with a login.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Registry {
    /// `host:port`.
    pub address: String,
    /// Login name.
    pub user: String,
    /// Password.
    pub password: String,
    pub(super) lab: PathBuf,
}

impl Registry {
    /// Where a lab's registry will listen.
    pub(super) fn address(services: Ipv4Addr) -> String {
        format!("{services}:{PORT}")
    }

    /// Prepares its storage and starts it.
    pub(super) async fn create(lab: &Path, services: Ipv4Addr) -> Result<Self, LabError> {
        let secret = uuid::Uuid::now_v7().simple().to_string();
        // Characters that trip whoever forgets to quote, or encodes in the wrong base64 alphabet.
        let password = format!("{}$&+/?>>>???{}", &secret[16..24], &secret[24..]);
        let registry = Self { address: Self::address(services), user: USER.to_owned(), password, lab: lab.to_path_buf() };
        let folder = lab.join("registry");
        fs::create_dir_all(&folder).map_err(LabError::at(&folder))?;
        run(&["cp", "-a", "--reflink=auto", &text(&base_images::storage().await?), &text(&folder.join("storage"))]).await?;
        let users = feed(&["htpasswd", "-niB", USER], &registry.password).await?;
        let file = folder.join("htpasswd");
        fs::write(&file, users).map_err(LabError::at(&file))?;
        let auth = format!("auth:\n  htpasswd:\n    realm: lab\n    path: {}\n", file.display());
        let config = folder.join("config.yml");
        fs::write(&config, config_text(&registry.address, &folder.join("storage"), &auth)).map_err(LabError::at(&config))?;
        registry.start().await?;
        Ok(registry)
    }

    /// Starts it again after [`Registry::stop`].
    ///
    /// # Errors
    /// When it does not answer in time.
    pub async fn start(&self) -> Result<(), LabError> {
        let folder = self.lab.join("registry");
        let mut argv = Switch::of(&self.lab).prefix()?;
        argv.extend(["docker-registry".to_owned(), "serve".to_owned(), text(&folder.join("config.yml"))]);
        Daemon::at(&folder, "serve").start(&argv)?;
        until("an answer of the registry", Duration::from_secs(20), async || match status(&self.address, "/v2/").await? {
            401 => Ok(()),
            other => Err(other.to_string()),
        })
        .await
    }

    /// Stops it: connections are refused until it is started again.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop(&self) -> Result<(), LabError> {
        Daemon::at(&self.lab.join("registry"), "serve").stop()
    }

    /// Full reference of a base image, e.g. `10.77.1.2:5000/base/python:1`.
    #[must_use]
    pub fn base(&self, name: &str) -> String {
        format!("{}/base/{name}:{}", self.address, base_images::TAG)
    }

    /// Its storage, to put an image there without an engine.
    #[must_use]
    pub fn storage(&self) -> Storage {
        Storage::at(&self.lab.join("registry/storage"))
    }

    /// Damages every stored copy of a manifest or blob, so that whoever pulls it sees a wrong digest.
    ///
    /// # Errors
    /// When the registry holds no such digest.
    pub fn corrupt(&self, digest: &str) -> Result<(), LabError> {
        let hex = digest.trim_start_matches("sha256:");
        let path = self
            .lab
            .join("registry/storage/docker/registry/v2/blobs/sha256")
            .join(hex.get(..2).unwrap_or(""))
            .join(hex)
            .join("data");
        let mut content = fs::read(&path).map_err(LabError::at(&path))?;
        debug_assert_eq!(sha256(&content), digest, "it was damaged before");
        if let Some(last) = content.last_mut() {
            *last ^= 1;
        }
        fs::write(&path, content).map_err(LabError::at(&path))
    }
}

/// The configuration of one distribution registry.
pub(super) fn config_text(address: &str, storage: &Path, auth: &str) -> String {
    format!(
        "version: 0.1\nlog:\n  level: warn\nstorage:\n  filesystem:\n    rootdirectory: {}\n  delete:\n    enabled: true\nhttp:\n  addr: {address}\n{auth}",
        storage.display()
    )
}
