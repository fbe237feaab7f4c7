//! Health checks and their answers.
//!
//! Owns: what is asked, how often, until when, and what the answer means. Must never know: who asks.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::name::ServiceName;

/// A health check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// What is asked.
    pub target: ProbeTarget,
    /// Pause between two tries.
    pub interval: Duration,
    /// How long one try may take.
    pub timeout: Duration,
    /// How long the first good answer may take from the start of the container.
    pub deadline: Duration,
}

/// What a probe asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum ProbeTarget {
    /// GET on the container's own address; 2xx or 3xx is good.
    Http { service: ServiceName, port: u16, path: String, expect: Option<String> },
    /// A TCP connection to the container's own address.
    Tcp { service: ServiceName, port: u16 },
    /// The health check of the image or the Compose file.
    Docker { service: ServiceName },
    /// A command inside the container; exit status 0 is good.
    Command { service: ServiceName, argv: Vec<String> },
    /// GET on the public URL, through whatever serves it; `expect` may contain `{release}`.
    Public { url: String, expect: Option<String> },
}

impl ProbeTarget {
    /// The service a probe belongs to; the public URL belongs to none.
    #[must_use]
    pub fn service(&self) -> Option<&ServiceName> {
        match self {
            Self::Http { service, .. } | Self::Tcp { service, .. } | Self::Docker { service } | Self::Command { service, .. } => {
                Some(service)
            }
            Self::Public { .. } => None,
        }
    }
}
