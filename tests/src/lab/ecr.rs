//! ECR without AWS: moto for the API, a registry for the data, a front that joins both on one address.
//!
//! Owns: the three processes and what a client needs to reach them. Must never know: Plimsoll.

use std::{
    collections::BTreeMap,
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
    registry::config_text,
    shell::{status, text, until},
};

const PORT: u16 = 5100;
const API: &str = "127.0.0.1:5101";
const DATA: &str = "127.0.0.1:5102";
const REGION: &str = "eu-central-1";

/// An ECR of one account and region.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ecr {
    /// `host:port`, where images are pushed.
    pub address: String,
    /// The endpoint of the API.
    pub endpoint: String,
    /// The region it plays.
    pub region: String,
    /// What to set for the AWS credential chain.
    pub env: BTreeMap<String, String>,
}

impl Ecr {
    /// Where a lab's ECR will listen.
    pub(super) fn address(services: Ipv4Addr) -> String {
        format!("{services}:{PORT}")
    }

    /// Starts its three parts.
    pub(super) async fn create(lab: &Path, services: Ipv4Addr) -> Result<Self, LabError> {
        let folder = lab.join("ecr");
        fs::create_dir_all(&folder).map_err(LabError::at(&folder))?;
        let address = Self::address(services);
        let python = venv()?;
        let front = folder.join("front.py");
        fs::write(&front, include_str!("ecr_front.py")).map_err(LabError::at(&front))?;
        let config = folder.join("config.yml");
        fs::write(&config, config_text(DATA, &folder.join("storage"), "")).map_err(LabError::at(&config))?;

        let prefix = Switch::of(lab).prefix()?;
        let start = |name: &str, argv: &[String]| Daemon::at(&folder, name).start(&[&prefix, argv].concat());
        let (host, port) = API.split_once(':').unwrap_or((API, ""));
        let bin = |name: &str| text(&python.join("bin").join(name));
        start("data", &["docker-registry".into(), "serve".into(), text(&config)])?;
        start("api", &[bin("moto_server"), "-H".into(), host.into(), "-p".into(), port.into()])?;
        start("front", &[bin("python"), text(&front), address.clone(), API.into(), DATA.into(), REGION.into()])?;

        let endpoint = format!("http://{address}");
        until("an answer of ECR", Duration::from_secs(60), async || match status(&address, "/moto-api/").await? {
            200 => Ok(()),
            other => Err(other.to_string()),
        })
        .await?;
        let env = [
            ("AWS_ACCESS_KEY_ID", "lab"),
            ("AWS_SECRET_ACCESS_KEY", "lab-secret"),
            ("AWS_REGION", REGION),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ];
        let env = env.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        Ok(Self { address, endpoint, region: REGION.to_owned(), env })
    }

    /// Lets every token that was given so far end as soon as the next layer is being pushed.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn expire_in_mid_push(&self) -> Result<(), LabError> {
        status(&self.address, "/lab/expire-in-mid-push").await.map(drop).map_err(LabError::Unsuitable)
    }
}

/// The Python environment with moto that `scripts/setup` keeps in the cache.
fn venv() -> Result<PathBuf, LabError> {
    let venv = base_images::cache()?.join("moto");
    if venv.join("bin/moto_server").exists() {
        return Ok(venv);
    }
    Err(LabError::Unsuitable(format!("{} has no moto: run scripts/setup", venv.display())))
}
