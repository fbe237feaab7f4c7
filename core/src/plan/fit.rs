//! Does a release fit? Which layers must still travel, and how many bytes they are.

use std::collections::HashSet;

use crate::domain::{
    bytes::Bytes,
    image::{Digest, Layer, PlatformImage, chain_ids},
};

/// The layers that a server lacks for a set of images.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Missing {
    /// Each layer once, although several images may share it.
    pub layers: Vec<Layer>,
}

impl Missing {
    /// What must travel: compressed bytes.
    #[must_use]
    pub fn bytes(&self) -> Bytes {
        Bytes(self.layers.iter().map(|layer| layer.size).sum())
    }
}

/// Compares images with the chain ids of what the server holds.
#[must_use]
pub fn missing<'a>(images: impl IntoIterator<Item = &'a PlatformImage>, held: &HashSet<String>) -> Missing {
    let mut seen: HashSet<Digest> = HashSet::new();
    let mut layers = Vec::new();
    for image in images {
        let lacking = image.layers.iter().zip(known(image)).filter(|(_, chain)| chain.as_ref().is_none_or(|c| !held.contains(c)));
        layers.extend(lacking.filter(|(layer, _)| seen.insert(layer.digest.clone())).map(|(layer, _)| layer.clone()));
    }
    Missing { layers }
}

/// The chain id of each layer; `None` where the config does not say (then it counts as missing).
fn known(image: &PlatformImage) -> impl Iterator<Item = Option<String>> {
    let ids = if image.diff_ids.len() == image.layers.len() { chain_ids(&image.diff_ids) } else { Vec::new() };
    ids.into_iter().map(Some).chain(std::iter::repeat(None))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Bytes, Digest, Layer, PlatformImage, chain_ids, missing};
    use crate::domain::{image::Declared, platform::Platform};

    fn digest(n: u8) -> Digest {
        format!("sha256:{}", format!("{n:02x}").repeat(32)).parse().expect("a digest")
    }

    fn image(layers: &[(u8, u64)]) -> PlatformImage {
        PlatformImage {
            platform: Platform::new("linux", "amd64", None),
            digest: digest(0),
            layers: layers.iter().map(|(n, size)| Layer { digest: digest(*n), size: *size }).collect(),
            diff_ids: layers.iter().map(|(n, _)| format!("diff{n}")).collect(),
            declared: Declared::default(),
        }
    }

    fn held(images: &[&PlatformImage]) -> HashSet<String> {
        images.iter().flat_map(|i| chain_ids(&i.diff_ids)).collect()
    }

    #[test]
    fn only_what_is_new_travels_and_only_once() {
        let (old, api, worker) = (image(&[(1, 100), (2, 10)]), image(&[(1, 100), (3, 7)]), image(&[(1, 100), (3, 7), (4, 1)]));
        assert_eq!(missing([&api, &worker], &held(&[&old])).bytes(), Bytes(8));
        assert_eq!(missing([&old], &held(&[&old])).bytes(), Bytes(0));
    }

    #[test]
    fn the_same_layer_on_another_base_travels_again() {
        assert_eq!(missing([&image(&[(9, 5), (2, 10)])], &held(&[&image(&[(1, 100), (2, 10)])])).bytes(), Bytes(15));
    }

    #[test]
    fn without_diff_ids_everything_counts() {
        let old = image(&[(1, 100)]);
        assert_eq!(missing([&PlatformImage { diff_ids: Vec::new(), ..old.clone() }], &held(&[&old])).bytes(), Bytes(100));
    }
}
