//! Manifests and configs in our words. Pure.

use std::collections::BTreeMap;

use oci_client::manifest::{ImageIndexEntry, OciImageManifest};
use serde::{Deserialize, de::IgnoredAny};

use crate::domain::{
    image::{Declared, Digest, Layer, PlatformImage},
    platform::Platform,
};

/// The part of an image's config that a deployment needs.
#[derive(Debug, Deserialize)]
pub(super) struct Config {
    architecture: String,
    os: String,
    variant: Option<String>,
    rootfs: RootFs,
    config: Option<Runs>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Runs {
    volumes: Option<BTreeMap<String, IgnoredAny>>,
    exposed_ports: Option<BTreeMap<String, IgnoredAny>>,
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

    fn declared(&self) -> Declared {
        let runs = self.config.as_ref();
        let volumes = runs.and_then(|runs| runs.volumes.as_ref()).into_iter().flat_map(BTreeMap::keys);
        let exposed = runs.and_then(|runs| runs.exposed_ports.as_ref()).into_iter().flat_map(BTreeMap::keys);
        Declared::new(volumes, exposed)
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
    let declared = config.declared();
    Some(PlatformImage { platform, digest, layers, diff_ids: config.rootfs.diff_ids, declared })
}

#[cfg(test)]
mod tests {
    use oci_client::manifest::OciImageIndex;

    use super::{Config, Declared, images};

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
        let config: Config = serde_json::from_str(json).expect("a config");
        assert_eq!((config.platform().to_string().as_str(), config.declared()), ("linux/arm/v7", Declared::default()));
    }

    #[test]
    fn a_config_tells_where_data_and_ports_are() {
        let json = r#"{"architecture":"amd64","os":"linux","rootfs":{"diff_ids":[]},
            "config":{"Volumes":{"/var/lib/data":{}},"ExposedPorts":{"8080/tcp":{},"53/udp":{},"80":{}}}}"#;
        let declared = serde_json::from_str::<Config>(json).expect("a config").declared();
        assert_eq!(declared, Declared { volumes: vec!["/var/lib/data".to_owned()], ports: vec![80, 8080] });
    }
}
