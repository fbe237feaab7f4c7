//! Manifests and configs in our words. Pure.

use oci_client::manifest::{ImageIndexEntry, OciImageManifest};
use serde::Deserialize;

use crate::domain::{
    image::{Digest, Layer, PlatformImage},
    platform::Platform,
};

/// The part of an image's config that a deployment needs.
#[derive(Debug, Deserialize)]
pub(super) struct Config {
    architecture: String,
    os: String,
    variant: Option<String>,
    rootfs: RootFs,
}

#[derive(Debug, Deserialize)]
struct RootFs {
    diff_ids: Vec<String>,
}

impl Config {
    /// What the image was built for.
    pub(super) fn platform(&self) -> Platform {
        Platform::new(&self.os, &self.architecture, self.variant.as_deref())
    }
}

/// The entries of an index that are images: attestations say `unknown/unknown`.
pub(super) fn images(entries: &[ImageIndexEntry]) -> Vec<(Platform, Digest)> {
    entries
        .iter()
        .filter_map(|entry| {
            let p = entry.platform.as_ref()?;
            let platform = Platform::new(&p.os.to_string(), &p.architecture.to_string(), p.variant.as_deref());
            (platform.os != "unknown").then_some(())?;
            Some((platform, entry.digest.parse().ok()?))
        })
        .collect()
}

/// One platform's image; `None` if a layer has no sha256 digest or no size.
pub(super) fn image(platform: Platform, digest: Digest, manifest: &OciImageManifest, config: Config) -> Option<PlatformImage> {
    let layer =
        |l: &oci_client::manifest::OciDescriptor| Some(Layer { digest: l.digest.parse().ok()?, size: l.size.try_into().ok()? });
    let layers = manifest.layers.iter().map(layer).collect::<Option<_>>()?;
    Some(PlatformImage { platform, digest, layers, diff_ids: config.rootfs.diff_ids })
}

#[cfg(test)]
mod tests {
    use oci_client::manifest::OciImageIndex;

    use super::{Config, images};

    #[test]
    fn attestations_are_no_images() {
        let hex = "b".repeat(64);
        let entry = |os: &str, arch: &str, variant: Option<&str>| {
            serde_json::json!({"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": format!("sha256:{hex}"), "size": 1,
                "platform": {"os": os, "architecture": arch, "variant": variant}})
        };
        let all = [entry("linux", "arm64", Some("v8")), entry("unknown", "unknown", None), entry("linux", "arm", Some("v7"))];
        let index: OciImageIndex =
            serde_json::from_value(serde_json::json!({"schemaVersion": 2, "manifests": all})).expect("an index");
        let platforms: Vec<String> = images(&index.manifests).into_iter().map(|(p, _)| p.to_string()).collect();
        assert_eq!(platforms, ["linux/arm64", "linux/arm/v7"]);
    }

    #[test]
    fn a_config_tells_the_platform() {
        let json = r#"{"architecture":"arm","os":"linux","variant":"v7","config":{},"rootfs":{"type":"layers","diff_ids":["sha256:1"]}}"#;
        assert_eq!(serde_json::from_str::<Config>(json).expect("a config").platform().to_string(), "linux/arm/v7");
    }
}
