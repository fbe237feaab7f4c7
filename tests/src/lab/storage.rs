//! Images put straight into a registry's storage folder, without an engine.
//!
//! Owns: the folder layout of the distribution registry. Must never know: what is in an image.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::LabError;

const CONFIG: &str = "application/vnd.docker.container.image.v1+json";
const LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";

/// An image of one layer.
#[derive(Debug, Clone)]
pub struct Image<'a> {
    /// Repository, e.g. `base/python`.
    pub repository: &'a str,
    /// Tag.
    pub tag: &'a str,
    /// Architecture as in an image's configuration, e.g. `amd64`.
    pub architecture: &'a str,
    /// The `config` object: command, environment, working directory.
    pub config: Value,
    /// The layer, a gzipped tar.
    pub layer: &'a [u8],
    /// Digest of the layer before compression, `sha256:…`.
    pub diff_id: &'a str,
}

/// A registry's storage folder.
#[derive(Debug, Clone)]
pub struct Storage {
    root: PathBuf,
}

impl Storage {
    /// The storage whose `rootdirectory` this is.
    #[must_use]
    pub fn at(root: &Path) -> Self {
        Self { root: root.join("docker/registry/v2") }
    }

    /// Adds an image and returns its digest.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn put(&self, image: &Image<'_>) -> Result<String, LabError> {
        let config = json!({
            "architecture": image.architecture,
            "os": "linux",
            "created": "2025-01-01T00:00:00Z",
            "config": image.config,
            "rootfs": { "type": "layers", "diff_ids": [image.diff_id] },
            "history": [{ "created": "2025-01-01T00:00:00Z", "created_by": "the lab" }],
        })
        .to_string();
        let config_digest = self.blob(config.as_bytes())?;
        let layer_digest = self.blob(image.layer)?;
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": { "mediaType": CONFIG, "size": config.len(), "digest": config_digest },
            "layers": [{ "mediaType": LAYER, "size": image.layer.len(), "digest": layer_digest }],
        })
        .to_string();
        let digest = self.blob(manifest.as_bytes())?;
        let repository = self.root.join("repositories").join(image.repository);
        for layer in [&config_digest, &layer_digest] {
            link(&repository.join("_layers").join(layer.replace(':', "/")), layer)?;
        }
        link(&repository.join("_manifests/revisions").join(digest.replace(':', "/")), &digest)?;
        let tag = repository.join("_manifests/tags").join(image.tag);
        link(&tag.join("index").join(digest.replace(':', "/")), &digest)?;
        link(&tag.join("current"), &digest)?;
        Ok(digest)
    }

    fn blob(&self, content: &[u8]) -> Result<String, LabError> {
        let digest = sha256(content);
        let hex = digest.trim_start_matches("sha256:");
        let folder = self.root.join("blobs/sha256").join(&hex[..2]).join(hex);
        write(&folder, "data", content)?;
        Ok(digest)
    }
}

/// `sha256:…` of some bytes.
#[must_use]
pub fn sha256(content: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::from("sha256:");
    for byte in Sha256::digest(content) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn link(folder: &Path, digest: &str) -> Result<(), LabError> {
    write(folder, "link", digest.as_bytes())
}

fn write(folder: &Path, name: &str, content: &[u8]) -> Result<(), LabError> {
    fs::create_dir_all(folder).map_err(LabError::at(folder))?;
    let path = folder.join(name);
    fs::write(&path, content).map_err(LabError::at(&path))
}
