//! Image names and digests.
//!
//! Owns: the grammar of `host/path:tag@digest` as far as a deployment needs it. Must never know: any registry.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::platform::Platform;

/// `sha256:` and 64 hex digits: the content's own name, the only thing a deployment trusts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type), specta(type = String))]
#[serde(try_from = "String", into = "String")]
pub struct Digest(String);

/// The text is not `sha256:` followed by 64 lower-case hex digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a sha256 digest")]
pub struct DigestError(String);

impl Digest {
    /// The digest as text, `sha256:…`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 12 hex digits, for people.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.0[7..19]
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let hex = text.strip_prefix("sha256:").unwrap_or_default();
        let valid = hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if valid { Ok(Self(text.to_owned())) } else { Err(DigestError(text.to_owned())) }
    }
}

impl TryFrom<String> for Digest {
    type Error = DigestError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An image as a deployment names it: a repository (host included) and the exact digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct PinnedImage {
    /// `host/path` without tag, e.g. `123.dkr.ecr.eu-west-1.amazonaws.com/shop/api`.
    pub repository: String,
    /// The manifest's (or index's) digest.
    pub digest: Digest,
}

impl fmt::Display for PinnedImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.repository, self.digest)
    }
}

/// What a registry says about an image, asked for one platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryImage {
    /// The digest that was asked for: an index or a single manifest.
    pub digest: Digest,
    /// For which platforms it exists; attestations are left out.
    pub platforms: Vec<Platform>,
    /// The image that a machine of the asked platform runs.
    pub runs: Option<PlatformImage>,
}

/// The platform whose image a machine runs: its own, else the newest older variant (an `arm/v7` machine runs `arm/v6`).
#[must_use]
pub fn best<'a>(offered: &'a [Platform], machine: &Platform) -> Option<&'a Platform> {
    offered
        .iter()
        .filter(|p| p.os == machine.os && p.arch == machine.arch && p.variant <= machine.variant)
        .max_by_key(|p| &p.variant)
}

/// The nearest valid component of an image's path: lower case, runs of other characters become one `-`.
/// Names that differ only in such characters fall together, as Compose's own do; digests keep them apart.
#[must_use]
pub fn path_component(text: &str) -> String {
    let mut kept = String::new();
    for c in text.to_lowercase().chars() {
        match c {
            'a'..='z' | '0'..='9' => kept.push(c),
            _ if kept.is_empty() || kept.ends_with('-') => {}
            _ => kept.push('-'),
        }
    }
    let kept = kept.trim_end_matches('-');
    if kept.is_empty() { "x".to_owned() } else { kept.to_owned() }
}

/// An image for one platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlatformImage {
    /// From the index, or from the config of a single manifest.
    pub platform: Platform,
    /// Of its own manifest.
    pub digest: Digest,
    /// Compressed, base first.
    pub layers: Vec<Layer>,
    /// Digests of the same layers unpacked, in the same order.
    pub diff_ids: Vec<String>,
    /// What its config declares.
    #[serde(default)]
    pub declared: Declared,
}

/// What an image declares of what runs in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    /// Paths below which it keeps data (`VOLUME`).
    pub volumes: Vec<String>,
    /// TCP ports on which it serves (`EXPOSE`).
    pub ports: Vec<u16>,
}

impl Declared {
    /// Reads the keys of a config's `Volumes` and `ExposedPorts`.
    #[must_use]
    pub fn new<'a>(volumes: impl Iterator<Item = &'a String>, exposed: impl Iterator<Item = &'a String>) -> Self {
        let tcp = |text: &String| match text.split_once('/') {
            None => text.parse().ok(),
            Some((port, "tcp")) => port.parse().ok(),
            Some(_) => None,
        };
        let (mut volumes, mut ports): (Vec<String>, Vec<u16>) = (volumes.cloned().collect(), exposed.filter_map(tcp).collect());
        volumes.sort_unstable();
        ports.sort_unstable();
        Self { volumes, ports }
    }
}

/// A layer as it lies in a registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// Of the compressed bytes.
    pub digest: Digest,
    /// Compressed size in bytes.
    pub size: u64,
}

/// The names under which an engine keeps a stack of layers: each one covers its layer and everything below.
/// The same layer on another base is another name, and is fetched again.
#[must_use]
pub fn chain_ids(diff_ids: &[String]) -> Vec<String> {
    let mut chain = String::new();
    diff_ids
        .iter()
        .map(|diff_id| {
            chain = if chain.is_empty() { diff_id.clone() } else { sha256(&format!("{chain} {diff_id}")) };
            chain.clone()
        })
        .collect()
}

fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().fold("sha256:".to_owned(), |hex, byte| hex + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::{Digest, Platform, best, chain_ids, path_component};

    #[test]
    fn a_chain_id_names_a_layer_and_all_below_it() {
        // The example of the OCI image specification's rule, worked out with sha256sum.
        let ids = chain_ids(&["sha256:aa".to_owned(), "sha256:bb".to_owned()]);
        assert_eq!(ids, ["sha256:aa", "sha256:b68ad689d6d1ec110ea1c13617437ad6f3766d4b3b309f6a603a222e07a0164f"]);
        assert!(chain_ids(&[]).is_empty());
    }

    #[test]
    fn only_a_whole_digest_is_one() {
        let hex = "a".repeat(64);
        assert!(format!("sha256:{hex}").parse::<Digest>().is_ok());
        assert!("sha256:abc".parse::<Digest>().is_err());
        assert!(hex.parse::<Digest>().is_err());
    }

    #[test]
    fn an_older_variant_runs_and_a_newer_one_does_not() {
        let runs = |offered: &[&str], machine: &str| {
            let offered: Vec<Platform> = offered.iter().map(|p| p.parse().expect("a platform")).collect();
            best(&offered, &machine.parse().expect("a platform")).map(ToString::to_string)
        };
        assert_eq!(runs(&["linux/arm/v6", "linux/arm/v7", "linux/arm"], "linux/arm/v7").as_deref(), Some("linux/arm/v7"));
        assert_eq!(runs(&["linux/arm/v5", "linux/arm/v6"], "linux/arm/v7").as_deref(), Some("linux/arm/v6"));
        assert_eq!(runs(&["linux/arm/v7"], "linux/arm/v6"), None);
        assert_eq!(runs(&["linux/amd64/v3", "windows/amd64"], "linux/amd64"), None);
        assert_eq!(runs(&["linux/arm64/v8"], "linux/arm64").as_deref(), Some("linux/arm64"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_becomes_a_path_component(text in "\\PC{0,40}") {
            let c = path_component(&text);
            proptest::prop_assert!(!c.is_empty() && !c.starts_with('-') && !c.ends_with('-') && !c.contains("--"));
            proptest::prop_assert!(c.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'));
        }
    }
}
