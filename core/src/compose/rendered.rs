//! The model as Compose itself rendered it on the server: `docker compose config --format json`.
//!
//! Owns: reading that JSON, tolerant of fields it does not know. Must never know: who ran the command.
//! The field names are those of the Compose specification's canonical form, seen with Compose 2.26.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::model::Condition;
use crate::domain::name::ServiceName;

/// The whole file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Rendered {
    /// The Compose project name.
    #[serde(default)]
    pub name: String,
    /// Every service that is switched on.
    #[serde(default)]
    pub services: BTreeMap<ServiceName, RenderedService>,
    /// Volumes, with the names that the engine knows.
    #[serde(default, deserialize_with = "null_is_default")]
    pub volumes: BTreeMap<String, RenderedObject>,
    /// Networks.
    #[serde(default, deserialize_with = "null_is_default")]
    pub networks: BTreeMap<String, RenderedObject>,
    /// Configs.
    #[serde(default, deserialize_with = "null_is_default")]
    pub configs: BTreeMap<String, RenderedObject>,
    /// Secrets.
    #[serde(default, deserialize_with = "null_is_default")]
    pub secrets: BTreeMap<String, RenderedObject>,
}

/// The text is not what `docker compose config --format json` prints.
#[derive(Debug, thiserror::Error)]
#[error("the rendered Compose file cannot be read: {0}")]
pub struct RenderedError(#[from] serde_json::Error);

impl Rendered {
    /// Reads the command's output.
    ///
    /// # Errors
    /// When it is not JSON or a known field has another type.
    pub fn parse(json: &[u8]) -> Result<Self, RenderedError> {
        Ok(serde_json::from_slice(json)?)
    }
}

/// One service.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RenderedService {
    /// `image`.
    #[serde(default)]
    pub image: Option<String>,
    /// `build`.
    #[serde(default)]
    pub build: Option<RenderedBuild>,
    /// `container_name`.
    #[serde(default)]
    pub container_name: Option<String>,
    /// `ports`.
    #[serde(default, deserialize_with = "null_is_default")]
    pub ports: Vec<RenderedPort>,
    /// `expose`, numbers or ranges with an optional protocol.
    #[serde(default, deserialize_with = "null_is_default")]
    pub expose: Vec<String>,
    /// `volumes`.
    #[serde(default, deserialize_with = "null_is_default")]
    pub volumes: Vec<RenderedMount>,
    /// `depends_on`.
    #[serde(default, deserialize_with = "null_is_default")]
    pub depends_on: BTreeMap<String, RenderedDependency>,
    /// `environment`; a variable without a value is `None`.
    #[serde(default, deserialize_with = "null_is_default")]
    pub environment: BTreeMap<String, Option<String>>,
    /// `healthcheck`.
    #[serde(default)]
    pub healthcheck: Option<RenderedHealthcheck>,
    /// `labels`.
    #[serde(default, deserialize_with = "null_is_default")]
    pub labels: BTreeMap<String, String>,
    /// `network_mode`.
    #[serde(default)]
    pub network_mode: Option<String>,
    /// Names of the networks it joins.
    #[serde(default, deserialize_with = "null_is_default")]
    pub networks: BTreeMap<String, serde_json::Value>,
    /// `restart`.
    #[serde(default)]
    pub restart: Option<String>,
    /// `stop_grace_period`, such as `1m30s`.
    #[serde(default)]
    pub stop_grace_period: Option<String>,
    /// `scale`.
    #[serde(default)]
    pub scale: Option<u32>,
    /// `deploy`.
    #[serde(default)]
    pub deploy: Option<RenderedDeploy>,
    /// `mem_limit` in bytes, as text.
    #[serde(default)]
    pub mem_limit: Option<String>,
    /// `profiles`.
    #[serde(default, deserialize_with = "null_is_default")]
    pub profiles: Vec<String>,
}

impl RenderedService {
    /// How many containers it has.
    #[must_use]
    pub fn replicas(&self) -> u32 {
        self.deploy.as_ref().and_then(|d| d.replicas).or(self.scale).unwrap_or(1)
    }

    /// The Compose file gives it a health check of its own.
    #[must_use]
    pub fn has_healthcheck(&self) -> bool {
        self.healthcheck.as_ref().is_some_and(|h| !h.disable && h.test.first().is_none_or(|t| t != "NONE"))
    }
}

/// A build.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RenderedBuild {
    /// Absolute, or a URL.
    #[serde(default)]
    pub context: String,
    /// Relative to the context.
    #[serde(default)]
    pub dockerfile: Option<String>,
    /// The stage.
    #[serde(default)]
    pub target: Option<String>,
    /// Arguments.
    #[serde(default, deserialize_with = "null_is_default")]
    pub args: BTreeMap<String, Option<String>>,
}

/// A port.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RenderedPort {
    /// The container's.
    pub target: u16,
    /// The host's: a number or a range.
    #[serde(default)]
    pub published: Option<String>,
    /// The host's address.
    #[serde(default)]
    pub host_ip: Option<String>,
    /// `tcp` or `udp`.
    #[serde(default = "tcp")]
    pub protocol: String,
}

/// A mount.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RenderedMount {
    /// `bind`, `volume`, `tmpfs`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// A volume's key, or an absolute path.
    #[serde(default)]
    pub source: Option<String>,
    /// The path in the container.
    pub target: String,
    /// Read-only.
    #[serde(default)]
    pub read_only: bool,
}

/// A dependency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RenderedDependency {
    /// When it counts as there.
    #[serde(default)]
    pub condition: Condition,
    /// Needed for starting.
    #[serde(default = "yes")]
    pub required: bool,
}

/// A health check.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RenderedHealthcheck {
    /// `["CMD", …]`, `["CMD-SHELL", …]` or `["NONE"]`.
    #[serde(default, deserialize_with = "null_is_default")]
    pub test: Vec<String>,
    /// Switched off.
    #[serde(default)]
    pub disable: bool,
    /// Such as `1m30s`.
    #[serde(default)]
    pub interval: Option<String>,
    /// Such as `10s`.
    #[serde(default)]
    pub timeout: Option<String>,
    /// Such as `10s`.
    #[serde(default)]
    pub start_period: Option<String>,
    /// How many failures make it unhealthy.
    #[serde(default)]
    pub retries: Option<u64>,
}

/// `deploy`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RenderedDeploy {
    /// How many containers.
    #[serde(default)]
    pub replicas: Option<u32>,
    /// `resources`.
    #[serde(default)]
    pub resources: Option<RenderedResources>,
}

/// `deploy.resources`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RenderedResources {
    /// `limits`.
    #[serde(default)]
    pub limits: Option<RenderedLimits>,
}

/// `deploy.resources.limits`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RenderedLimits {
    /// Bytes, as text.
    #[serde(default)]
    pub memory: Option<String>,
}

/// A volume, network, config or secret.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RenderedObject {
    /// The name that the engine knows.
    #[serde(default)]
    pub name: Option<String>,
    /// Made by somebody else.
    #[serde(default)]
    pub external: bool,
    /// Of configs and secrets: an absolute path.
    #[serde(default)]
    pub file: Option<String>,
}

fn tcp() -> String {
    "tcp".to_owned()
}

fn yes() -> bool {
    true
}

fn null_is_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(input: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(input)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::Rendered;

    #[test]
    fn the_real_output_is_read() {
        let rendered = Rendered::parse(include_bytes!("testdata/rendered/shop.json")).expect("recorded output");
        let service = |name: &str| &rendered.services[&name.parse().expect("name")];
        assert_eq!(rendered.name, "shop");
        assert_eq!(service("api").replicas(), 2);
        assert!(service("api").has_healthcheck() && !service("db").has_healthcheck());
        assert_eq!(service("db").ports[0].host_ip.as_deref(), Some("127.0.0.1"));
        assert_eq!(rendered.volumes["data"].name.as_deref(), Some("shop_data"));
        assert_eq!(service("db").volumes.iter().filter(|m| m.read_only).count(), 1);
    }

    #[test]
    fn what_is_unknown_is_ignored_and_what_is_broken_is_not() {
        assert!(Rendered::parse(br#"{"name":"x","services":{"a":{"image":"i","new":[1]}},"volumes":null}"#).is_ok());
        assert!(Rendered::parse(br#"{"services":{"a":{"ports":[{"target":"x"}]}}}"#).is_err());
    }
}
