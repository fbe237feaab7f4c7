//! Images on an engine: what is there, under which names.

use std::collections::{HashMap, HashSet};

use bollard::{
    models::ImageInspect,
    query_parameters::{ListImagesOptionsBuilder, RemoveImageOptionsBuilder, TagImageOptionsBuilder},
};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{
    Engine, Result,
    auth::with_login,
    containers::{AT_ONCE, gone},
    error::EngineError,
    facts::{Distribution, ImageFacts},
    names::{PREFIX, checked},
};
use crate::domain::{bytes::Bytes, image::chain_ids, platform::Platform, registry::RegistryAuth};

impl Engine {
    /// An image by name, digest or id; `None` when the engine does not hold it.
    ///
    /// # Errors
    /// When the engine does not answer, or the text is no image name.
    pub async fn inspect_image(&self, reference: &str) -> Result<Option<ImageFacts>> {
        match self.short("inspect an image", self.control().inspect_image(checked(reference)?)).await {
            Ok(answer) => Ok(Some(facts(answer))),
            Err(EngineError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The chain id of every layer the engine holds: a layer of an image whose chain id is here is not fetched again.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn all_chain_ids(&self) -> Result<HashSet<String>> {
        let images =
            self.short("list images", self.control().list_images(None::<bollard::query_parameters::ListImagesOptions>)).await?;
        let found = stream::iter(images).map(|image| async move { self.inspect_image(&image.id).await });
        let found: Vec<_> = found.buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().flat_map(|image| chain_ids(&image.diff_ids)).collect())
    }

    /// Gives an image another name: `repository:tag`.
    ///
    /// # Errors
    /// When the engine does not hold the image.
    pub async fn tag(&self, image: &str, repository: &str, tag: &str) -> Result<()> {
        let options = TagImageOptionsBuilder::default().repo(checked(repository)?).tag(checked(tag)?).build();
        self.short("tag an image", self.control().tag_image(checked(image)?, Some(options))).await
    }

    /// Takes a name away; the engine removes the image with its last name. A name that is gone is fine.
    ///
    /// # Errors
    /// When a container still uses the image under its last name.
    pub async fn untag(&self, name: &str) -> Result<()> {
        let options = RemoveImageOptionsBuilder::default().force(false).noprune(false).build();
        gone(self.short("remove an image's name", self.control().remove_image(checked(name)?, Some(options), None)).await)
    }

    /// The tags that Plimsoll gave: all names under `plimsoll/`, in order.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn our_tags(&self) -> Result<Vec<String>> {
        let filters = HashMap::from([("reference".to_owned(), vec![format!("{PREFIX}*/*")])]);
        let options = ListImagesOptionsBuilder::default().filters(&filters).build();
        let images = self.short("list images", self.control().list_images(Some(options))).await?;
        let mut tags: Vec<_> = images.into_iter().flat_map(|i| i.repo_tags).filter(|t| t.starts_with(PREFIX)).collect();
        tags.sort_unstable();
        Ok(tags)
    }

    /// Asks the registry about an image through the engine: what the server itself would get.
    ///
    /// # Errors
    /// [`EngineError::RegistryRefused`], [`EngineError::ImageMissing`], or what the engine said.
    pub async fn distribution(&self, reference: &str, auth: Option<&RegistryAuth>) -> Result<Distribution> {
        let docker = with_login(self.control(), auth);
        let what = "ask the registry";
        let answer = self
            .short(what, docker.inspect_registry_image(checked(reference)?, None))
            .await
            .map_err(|e| registry_said(e, reference))?;
        let digest = answer.descriptor.digest.unwrap_or_default().parse();
        let digest = digest.map_err(|_| EngineError::ImageMissing {
            image: reference.to_owned(),
            reason: "the registry told no digest".to_owned(),
        })?;
        let named = |p: bollard::models::OciPlatform| Some(Platform::new(&p.os?, &p.architecture?, p.variant.as_deref()));
        Ok(Distribution { digest, platforms: answer.platforms.into_iter().filter_map(named).collect() })
    }
}

/// What an engine says, under status 500, when a registry wants a login and none came with the request.
const NO_LOGIN: &str = "no basic auth credentials";

/// The engine passes the registry's status on; only where it never asked the registry, its own words must do.
fn registry_said(error: EngineError, reference: &str) -> EngineError {
    let image = reference.to_owned();
    match error {
        EngineError::NotFound { what: reason, .. } => EngineError::ImageMissing { image, reason },
        EngineError::Failed { status: Some(401 | 403), reason, .. } => EngineError::RegistryRefused { image, reason },
        EngineError::Failed { reason, .. } if reason.ends_with(NO_LOGIN) => EngineError::RegistryRefused { image, reason },
        other => other,
    }
}

fn facts(answer: ImageInspect) -> ImageFacts {
    let text = |t: Option<String>| t.unwrap_or_default();
    ImageFacts {
        id: text(answer.id),
        digests: answer.repo_digests.unwrap_or_default(),
        tags: answer.repo_tags.unwrap_or_default(),
        platform: Platform::new(&text(answer.os), &text(answer.architecture), answer.variant.as_deref()),
        size: Bytes(answer.size.and_then(|s| s.try_into().ok()).unwrap_or_default()),
        diff_ids: answer.root_fs.and_then(|r| r.layers).unwrap_or_default(),
    }
}
