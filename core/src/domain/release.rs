//! Releases: what can be made live, and made live again.
//!
//! Owns: what a release is made of and the id that follows from it. Must never know: where it is kept.

use std::{collections::BTreeMap, fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    commit::{Commit, CommitId},
    image::PinnedImage,
    name::ServiceName,
};

/// Twelve hex digits of the release's content: the same content is the same release on every laptop.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type), specta(type = String))]
#[serde(try_from = "String", into = "String")]
pub struct ReleaseId(String);

/// The text is not 12 lower-case hex digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a release id")]
pub struct ReleaseIdError(String);

impl ReleaseId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ReleaseId {
    type Err = ReleaseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let valid = text.len() == 12 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if valid { Ok(Self(text.to_owned())) } else { Err(ReleaseIdError(text.to_owned())) }
    }
}

impl TryFrom<String> for ReleaseId {
    type Error = ReleaseIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ReleaseId> for String {
    fn from(id: ReleaseId) -> Self {
        id.0
    }
}

impl fmt::Display for ReleaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A commit, the exact image of every service, the Compose files and the environment's fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Release {
    /// Follows from everything below but `created`.
    pub id: ReleaseId,
    /// What it was built from.
    pub commit: Commit,
    /// Every service with its image.
    pub services: BTreeMap<ServiceName, ReleaseImage>,
    /// Hash of the Compose files, settings and tracked files that travel with the release.
    pub source_hash: String,
    /// Keyed hash of the environment's variables.
    pub env_fingerprint: String,
    /// When it was first put together.
    pub created: Timestamp,
}

/// A service's image in a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ReleaseImage {
    /// Exactly which.
    pub image: PinnedImage,
    /// Where it comes from.
    pub origin: ImageOrigin,
}

/// Where a release's image comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case", tag = "from")]
pub enum ImageOrigin {
    /// Built from this repository.
    Built {
        /// The commit it was built from; older than the release's when only some services were deployed.
        commit: CommitId,
        /// Hash of the rest that decides the outcome: build section, build variables, platform.
        inputs: String,
    },
    /// Only pulled; pinned until its line in the Compose file changes.
    Pulled {
        /// The reference as the Compose file has it, e.g. `postgres:16`.
        reference: String,
    },
}

impl Release {
    /// Puts a release together; its id follows from its content.
    #[must_use]
    pub fn new(
        commit: Commit,
        services: BTreeMap<ServiceName, ReleaseImage>,
        source_hash: String,
        env_fingerprint: String,
        created: Timestamp,
    ) -> Self {
        let mut hash = Sha256::new();
        hash.update(commit.id.as_str());
        for (service, image) in &services {
            hash.update(format!("\n{service} {}", image.image));
        }
        hash.update(format!("\n{source_hash}\n{env_fingerprint}"));
        let hex: String = hash.finalize().iter().take(6).map(|b| format!("{b:02x}")).collect();
        Self { id: ReleaseId(hex), commit, services, source_hash, env_fingerprint, created }
    }
}
