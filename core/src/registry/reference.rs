//! Image names as people write them, made complete. Pure.

use std::{fmt, str::FromStr};

use oci_client::Reference;

use crate::domain::image::{Digest, PinnedImage};

/// A complete image name: `postgres:16` is `docker.io/library/postgres:16`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageName(Reference);

/// Why a text is no image name. A fragment fit for "cannot use … because …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an image name: {reason}")]
pub struct ReferenceError {
    text: String,
    reason: String,
}

impl ImageName {
    /// The registry's host, `docker.io` for Docker Hub whatever it was written as.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.registry()
    }

    /// Host and path, without tag and digest.
    #[must_use]
    pub fn repository(&self) -> String {
        format!("{}/{}", self.0.registry(), self.0.repository())
    }

    /// The digest, if the name says one; it beats the tag.
    #[must_use]
    pub fn digest(&self) -> Option<Digest> {
        self.0.digest().and_then(|d| d.parse().ok())
    }

    /// The same repository at a digest.
    #[must_use]
    pub fn at(&self, digest: Digest) -> PinnedImage {
        PinnedImage { repository: self.repository(), digest }
    }

    pub(super) fn reference(&self) -> &Reference {
        &self.0
    }
}

impl From<Reference> for ImageName {
    fn from(reference: Reference) -> Self {
        Self(reference)
    }
}

impl FromStr for ImageName {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = |reason: String| ReferenceError { text: text.to_owned(), reason };
        let parsed: Reference = text.parse().map_err(|e: oci_client::ParseError| error(e.to_string()))?;
        match parsed.digest() {
            Some(digest) if digest.parse::<Digest>().is_err() => Err(error("only sha256 digests are supported".to_owned())),
            _ => Ok(Self(parsed)),
        }
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One name for each registry: Docker Hub has several.
pub(crate) fn canonical_host(host: &str) -> &str {
    match host {
        "" | "index.docker.io" | "registry-1.docker.io" => "docker.io",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::ImageName;

    fn full(text: &str) -> Option<String> {
        text.parse::<ImageName>().ok().map(|n| n.to_string())
    }

    #[test]
    fn short_names_become_complete() {
        for (short, complete) in [
            ("postgres", "docker.io/library/postgres:latest"),
            ("postgres:16", "docker.io/library/postgres:16"),
            ("grafana/grafana:11", "docker.io/grafana/grafana:11"),
            ("index.docker.io/library/redis:7", "docker.io/library/redis:7"),
            ("ghcr.io/me/app", "ghcr.io/me/app:latest"),
            ("localhost/app:1", "localhost/app:1"),
            ("127.0.0.1:5000/a/b:1", "127.0.0.1:5000/a/b:1"),
        ] {
            assert_eq!(full(short).as_deref(), Some(complete), "{short}");
        }
    }

    #[test]
    fn a_digest_is_kept_beside_the_tag() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let name: ImageName = format!("postgres:16@{digest}").parse().expect("a name");
        assert_eq!(name.digest().map(String::from), Some(digest.clone()));
        assert_eq!(name.at(digest.parse().expect("a digest")).to_string(), format!("docker.io/library/postgres@{digest}"));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for bad in ["", "UPPER", "a b", "-x", "a@sha256:12", "a:$(id)", "http://r/a", &format!("a@sha512:{}", "a".repeat(128))] {
            assert_eq!(full(bad), None, "{bad}");
        }
    }
}
