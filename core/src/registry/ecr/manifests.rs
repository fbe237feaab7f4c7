//! Manifests as ECR stores them: what an image is made of, what an index names.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecr::types::{Image, ImageIdentifier};
use serde::Deserialize;

use super::{Action, Ecr};
use crate::{
    domain::{
        image::{Digest, Layer},
        stored::Contents,
    },
    registry::Result,
};

/// So many can be asked for at once.
const AT_ONCE: usize = 100;

/// What matters of a manifest, of an image as of an index.
#[derive(Deserialize)]
struct Manifest {
    manifests: Option<Vec<Named>>,
    config: Option<Blob>,
    layers: Option<Vec<Blob>>,
}

#[derive(Deserialize)]
struct Named {
    digest: Digest,
}

#[derive(Deserialize)]
struct Blob {
    digest: Digest,
    size: u64,
}

impl Ecr {
    /// What these manifests name. One that cannot be read is missing.
    pub(super) async fn contents(&self, repository: &str, digests: &[Digest]) -> Result<BTreeMap<Digest, Contents>> {
        let mut contents = BTreeMap::new();
        for some in digests.chunks(AT_ONCE) {
            for image in self.manifests(repository, some).await? {
                let digest = image.image_id().and_then(|id| id.image_digest()).and_then(|digest| digest.parse::<Digest>().ok());
                contents.extend(digest.zip(image.image_manifest().and_then(read)));
            }
        }
        Ok(contents)
    }

    /// At most [`AT_ONCE`] manifests as they are stored.
    pub(super) async fn manifests(&self, repository: &str, digests: &[Digest]) -> Result<Vec<Image>> {
        let ids = digests.iter().map(|digest| ImageIdentifier::builder().image_digest(digest.as_str()).build());
        let request = self.client.batch_get_image().repository_name(repository).set_image_ids(Some(ids.collect()));
        match request.send().await {
            Ok(answer) => Ok(answer.images.unwrap_or_default()),
            Err(error) => Err(self.why(error, Action::BatchGetImage, Some(repository)).await),
        }
    }
}

/// `None` for anything that is neither.
fn read(text: &str) -> Option<Contents> {
    let manifest: Manifest = serde_json::from_str(text).ok()?;
    if let Some(named) = manifest.manifests {
        let children: BTreeSet<Digest> = named.into_iter().map(|named| named.digest).collect();
        return Some(Contents::Index { children });
    }
    let layers = manifest.config.into_iter().chain(manifest.layers?);
    Some(Contents::Image { layers: layers.map(|blob| Layer { digest: blob.digest, size: blob.size }).collect() })
}

#[cfg(test)]
mod tests {
    use super::{Contents, read};

    fn hex(c: &str) -> String {
        format!("sha256:{}", c.repeat(64))
    }

    #[test]
    fn an_index_names_all_its_children_attestations_too() {
        let entry =
            |c: &str, os: &str| serde_json::json!({"digest": hex(c), "size": 1, "platform": {"os": os, "architecture": os}});
        let index = serde_json::json!({"schemaVersion": 2, "manifests": [entry("a", "linux"), entry("b", "unknown")]});
        let Some(Contents::Index { children }) = read(&index.to_string()) else { panic!("no index") };
        assert_eq!(children.iter().map(|digest| digest.as_str().to_owned()).collect::<Vec<_>>(), [hex("a"), hex("b")]);
    }

    #[test]
    fn an_image_is_its_config_and_its_layers() {
        let blob = |c: &str, size: u64| serde_json::json!({"digest": hex(c), "size": size});
        let image = serde_json::json!({"config": blob("1", 3), "layers": [blob("2", 40), blob("3", 500)]});
        let Some(Contents::Image { layers }) = read(&image.to_string()) else { panic!("no image") };
        assert_eq!(layers.iter().map(|layer| layer.size).sum::<u64>(), 543);
    }

    #[test]
    fn what_is_neither_is_not_taken_for_an_image_without_layers() {
        for text in ["", "{}", r#"{"schemaVersion":1,"fsLayers":[]}"#, r#"{"manifests":[{"digest":"md5:1"}]}"#] {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
