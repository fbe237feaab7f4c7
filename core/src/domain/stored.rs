//! Images as they lie in a registry, and the tags by which they are kept.
//!
//! Owns: what can be said of one, and which tags are Plimsoll's own. Must never know: any registry's protocol.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    bytes::Bytes,
    image::{Digest, Layer},
    name::EnvironmentName,
    release::ReleaseId,
};

/// A repository with all that lies in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredRepository {
    /// Its path in the registry, without the host.
    pub name: String,
    /// Every manifest, the children of indexes included.
    pub images: Vec<StoredImage>,
}

/// A manifest in a repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredImage {
    /// Its own name.
    pub digest: Digest,
    /// Names that people and programs gave it.
    pub tags: BTreeSet<String>,
    /// As the registry counts it: compressed; of an index the largest of its images.
    pub bytes: Bytes,
    /// When it was pushed.
    pub pushed: Option<Timestamp>,
    /// When it was pulled last, as far as the registry notes that.
    pub pulled: Option<Timestamp>,
    /// It was put away where it cannot be pulled from.
    pub archived: bool,
    /// What it is about, where it is a signature or an attestation of another manifest.
    pub subject: Option<Digest>,
    /// What it is made of.
    pub contents: Contents,
}

/// What a manifest names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Contents {
    /// One image: its config and its layers.
    Image { layers: Vec<Layer> },
    /// Several, by platform.
    Index { children: BTreeSet<Digest> },
    /// It could not be read.
    Unknown,
}

impl StoredImage {
    /// The manifests that this one needs.
    pub fn children(&self) -> impl Iterator<Item = &Digest> {
        let children = match &self.contents {
            Contents::Index { children } => Some(children),
            Contents::Image { .. } | Contents::Unknown => None,
        };
        children.into_iter().flatten()
    }

    /// The releases for which it is kept.
    pub fn kept(&self) -> impl Iterator<Item = KeepTag> {
        self.tags.iter().filter_map(|tag| tag.parse().ok())
    }

    /// The tags that Plimsoll did not make.
    pub fn strange_tags(&self) -> impl Iterator<Item = &String> {
        self.tags.iter().filter(|tag| !is_built_tag(tag) && tag.parse::<KeepTag>().is_err())
    }
}

/// What some manifests take together: a layer that several name lies there once.
#[must_use]
pub fn unique_bytes<'a>(images: impl Iterator<Item = &'a StoredImage>) -> Bytes {
    let mut layers: BTreeMap<&Digest, u64> = BTreeMap::new();
    let mut unread = 0;
    for image in images {
        match &image.contents {
            Contents::Image { layers: own } => layers.extend(own.iter().map(|layer| (&layer.digest, layer.size))),
            Contents::Index { .. } => {}
            Contents::Unknown => unread += image.bytes.0,
        }
    }
    Bytes(layers.values().sum::<u64>() + unread)
}

/// `keep-<environment>-<release>`: the image is deployed or can be restored there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeepTag {
    /// Where.
    pub environment: EnvironmentName,
    /// As part of what.
    pub release: ReleaseId,
}

/// How every such tag begins.
pub const KEEP: &str = "keep-";

/// The text is no tag by which an image is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` keeps nothing")]
pub struct KeepTagError(String);

impl FromStr for KeepTag {
    type Err = KeepTagError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.strip_prefix(KEEP).and_then(|rest| rest.rsplit_once('-'));
        parts
            .and_then(|(environment, release)| {
                Some(Self { environment: environment.parse().ok()?, release: release.parse().ok()? })
            })
            .ok_or_else(|| KeepTagError(text.to_owned()))
    }
}

impl TryFrom<String> for KeepTag {
    type Error = KeepTagError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<KeepTag> for String {
    fn from(tag: KeepTag) -> Self {
        tag.to_string()
    }
}

impl fmt::Display for KeepTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{KEEP}{}-{}", self.environment, self.release)
    }
}

/// Whether a tag is one under which a build was pushed: `<commit>-<inputs>`.
#[must_use]
pub fn is_built_tag(tag: &str) -> bool {
    let hex = |text: &str, length| text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    tag.split_once('-').is_some_and(|(commit, inputs)| hex(commit, 12) && hex(inputs, 8))
}

#[cfg(test)]
mod tests {
    use super::{Contents, KeepTag, StoredImage, is_built_tag, unique_bytes};
    use crate::domain::{bytes::Bytes, image::Layer};

    #[test]
    fn a_tag_says_for_what_it_keeps() {
        let tag: KeepTag = "keep-eu-west-0123456789ab".parse().expect("a tag");
        assert_eq!((tag.environment.as_str(), tag.release.as_str()), ("eu-west", "0123456789ab"));
        assert_eq!(tag.to_string(), "keep-eu-west-0123456789ab");
        for no in ["keep-0123456789ab", "keep--0123456789ab", "keep-p-0123", "kept-p-0123456789ab", "latest"] {
            assert!(no.parse::<KeepTag>().is_err(), "{no}");
        }
    }

    #[test]
    fn the_tags_of_builds_are_known_from_others() {
        assert!(is_built_tag("0123456789ab-3f9a1c2e"));
        for no in ["0123456789ab", "0123456789ab-", "v1.2-rc", "0123456789AB-3f9a1c2e", "keep-p-0123456789ab"] {
            assert!(!is_built_tag(no), "{no}");
        }
    }

    #[test]
    fn a_shared_layer_counts_once() {
        let digest = |c: &str| format!("sha256:{}", c.repeat(64)).parse().expect("a digest");
        let image = |own: &str, layers: &[(&str, u64)]| StoredImage {
            digest: digest(own),
            tags: ["latest".to_owned(), "keep-p-0123456789ab".to_owned()].into(),
            bytes: Bytes(7),
            pushed: None,
            pulled: None,
            archived: false,
            subject: None,
            contents: Contents::Image {
                layers: layers.iter().map(|(c, size)| Layer { digest: digest(c), size: *size }).collect(),
            },
        };
        let two = [image("a", &[("1", 10), ("2", 5)]), image("b", &[("1", 10), ("3", 1)])];
        assert_eq!(unique_bytes(two.iter()), Bytes(16));
        let unread = StoredImage { contents: Contents::Unknown, ..two[0].clone() };
        assert_eq!(unique_bytes([unread.clone(), two[1].clone()].iter()), Bytes(18));
        assert_eq!(unread.strange_tags().collect::<Vec<_>>(), ["latest"]);
    }
}
