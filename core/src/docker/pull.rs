//! Pulling by digest, with the caller's login sent along, and why it failed.

use std::{collections::HashMap, time::Duration};

use bollard::{models::CreateImageInfo, query_parameters::CreateImageOptionsBuilder};
use futures_util::{StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};

use super::{Engine, Result, auth::with_login, error::EngineError, names::checked};
use crate::domain::{bytes::Bytes, image::PinnedImage, registry::RegistryAuth};

/// How long a pull may say nothing; a large layer is unpacked in silence by some engines.
const SILENCE: Duration = Duration::from_secs(300);

/// How far a pull is. Lossy: only the latest matters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullProgress {
    /// Compressed bytes fetched so far.
    pub fetched: Bytes,
    /// Compressed bytes to fetch, as far as the engine has said.
    pub total: Bytes,
    /// Layers that are there, whether they had to be fetched or not.
    pub layers_done: u32,
    /// Layers in all, as far as the engine has said.
    pub layers: u32,
}

impl Engine {
    /// Pulls an image by its digest. Layers that are there are not fetched; a broken pull is repeated by calling again.
    ///
    /// # Errors
    /// [`EngineError::RegistryRefused`], [`EngineError::ImageMissing`], [`EngineError::WrongPlatform`],
    /// [`EngineError::NoSpace`], or one of which [`EngineError::is_passing`] says that the pull may be repeated.
    pub async fn pull(
        &self,
        image: &PinnedImage,
        auth: Option<&RegistryAuth>,
        progress: &mut (dyn FnMut(PullProgress) + Send),
    ) -> Result<()> {
        let name = image.to_string();
        match self.fetch(checked(&name)?, auth, progress).await {
            Ok(()) if self.inspect_image(&name).await?.is_some() => Ok(()),
            // An engine that is told to stop ends the answer in the middle, without a word.
            Ok(()) => Err(self.gone(&name)),
            Err(error) => Err(self.why(error, &name, auth).await),
        }
    }

    async fn fetch(
        &self,
        name: &str,
        auth: Option<&RegistryAuth>,
        progress: &mut (dyn FnMut(PullProgress) + Send),
    ) -> Result<()> {
        let options = CreateImageOptionsBuilder::default().from_image(name).build();
        // What it tells is little: no connection of its own is opened for it.
        let mut events = with_login(self.control(), auth).create_image(Some(options), None, None).boxed();
        let mut layers = Layers::default();
        while let Some(event) = self.within(SILENCE, &format!("pull {name}"), events.try_next()).await? {
            if layers.take(event) {
                progress(layers.sum());
            }
        }
        Ok(())
    }

    /// An engine reports a failed pull as text in the middle of a good answer, so the registry is asked once more,
    /// through the engine and with the same login: that answer has a status.
    async fn why(&self, error: EngineError, name: &str, auth: Option<&RegistryAuth>) -> EngineError {
        let reason = match &error {
            EngineError::Failed { reason, .. } => reason.clone(),
            EngineError::NotFound { what, .. } => what.clone(),
            _ => return error,
        };
        if is_full(&reason) {
            return EngineError::NoSpace { host: self.host().to_owned(), what: name.to_owned(), reason };
        }
        match self.distribution(name, auth).await {
            Ok(there) => match self.info().await {
                Ok(info) if !there.platforms.is_empty() && !there.platforms.contains(&info.platform) => {
                    EngineError::WrongPlatform { image: name.to_owned(), wanted: info.platform, offered: there.platforms }
                }
                Ok(_) => error,
                Err(gone) => gone,
            },
            Err(said @ (EngineError::RegistryRefused { .. } | EngineError::ImageMissing { .. })) => said,
            Err(passing) if passing.is_passing() => passing,
            Err(_) => error,
        }
    }

    fn gone(&self, name: &str) -> EngineError {
        let reason = "its answer ended early".to_owned();
        EngineError::Gone { host: self.host().to_owned(), what: format!("pull {name}"), reason }
    }
}

/// The kernel's own words for ENOSPC and EDQUOT: engines pass them on inside a text and give no code.
fn is_full(reason: &str) -> bool {
    reason.contains("no space left on device") || reason.contains("disk quota exceeded")
}

/// Per layer: bytes fetched, bytes to fetch, whether it is there.
#[derive(Default)]
struct Layers(HashMap<String, (u64, u64, bool)>);

impl Layers {
    /// Takes an event in; `false` if it says nothing about a layer's amount.
    fn take(&mut self, event: CreateImageInfo) -> bool {
        let (Some(id), Some(status)) = (event.id, event.status) else { return false };
        // The first event carries the tag or digest as its id.
        if status.starts_with("Pulling from") {
            return false;
        }
        let layer = self.0.entry(id).or_default();
        let amount = event.progress_detail.unwrap_or_default();
        let number = |n: Option<i64>| n.and_then(|n| u64::try_from(n).ok());
        match status.as_str() {
            "Downloading" => {
                layer.0 = number(amount.current).unwrap_or(layer.0);
                layer.1 = number(amount.total).unwrap_or(layer.1).max(layer.0);
            }
            "Download complete" => layer.0 = layer.1,
            "Pull complete" | "Already exists" => (layer.0, layer.2) = (layer.1, true),
            _ => {}
        }
        true
    }

    fn sum(&self) -> PullProgress {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        PullProgress {
            fetched: Bytes(self.0.values().map(|l| l.0).sum()),
            total: Bytes(self.0.values().map(|l| l.1).sum()),
            layers_done: count(self.0.values().filter(|l| l.2).count()),
            layers: count(self.0.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use bollard::models::{CreateImageInfo, ProgressDetail};

    use super::{Bytes, Layers, PullProgress};

    fn event(id: &str, status: &str, amount: Option<(i64, i64)>) -> CreateImageInfo {
        let progress_detail = amount.map(|(current, total)| ProgressDetail { current: Some(current), total: Some(total) });
        CreateImageInfo { id: Some(id.to_owned()), status: Some(status.to_owned()), progress_detail, ..Default::default() }
    }

    #[test]
    fn layers_add_up() {
        let mut layers = Layers::default();
        assert!(!layers.take(event("sha256:x", "Pulling from shop/api", None)));
        for e in [
            event("a", "Already exists", None),
            event("b", "Pulling fs layer", None),
            event("b", "Downloading", Some((30, 100))),
            event("c", "Downloading", Some((10, 50))),
            event("c", "Download complete", None),
            event("c", "Pull complete", None),
        ] {
            assert!(layers.take(e));
        }
        assert_eq!(layers.sum(), PullProgress { fetched: Bytes(80), total: Bytes(150), layers_done: 2, layers: 3 });
    }

    #[test]
    fn a_hostile_amount_is_no_amount() {
        let mut layers = Layers::default();
        layers.take(event("a", "Downloading", Some((-1, -5))));
        assert_eq!(layers.sum().fetched, Bytes(0));
    }
}
