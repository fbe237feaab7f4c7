//! The tags that protect what is deployed or can be restored: put before anything moves, taken away when it is no more.

use aws_sdk_ecr::{
    error::ProvideErrorMetadata as _,
    types::{Image, ImageDetail, ImageIdentifier},
};
use sha2::{Digest as _, Sha256};

use super::{Action, Ecr, HOST};
use crate::{
    domain::{image::Digest, stored::KeepTag},
    registry::{RegistryError, Result},
};

impl Ecr {
    /// Gives an image the tag that keeps it. One that bears it already is left alone.
    ///
    /// # Errors
    /// When the image is not there, another one bears the tag and tags do not move there, or AWS does not allow it.
    pub async fn keep(&self, repository: &str, digest: &Digest, tag: &KeepTag) -> Result<()> {
        let image = self.manifests(repository, std::slice::from_ref(digest)).await?.into_iter().next();
        let missing = || RegistryError::Missing { host: HOST.to_owned(), reason: format!("{repository} has no {digest}") };
        let image = image.ok_or_else(missing)?;
        let manifest = whole(&image, digest)?;
        let request = self.client.put_image().repository_name(repository).image_manifest(manifest).image_tag(tag.to_string());
        let request = request.image_digest(digest.as_str());
        let request = request.set_image_manifest_media_type(image.image_manifest_media_type().map(str::to_owned));
        match request.send().await {
            Ok(_) => Ok(()),
            Err(e) if e.as_service_error().is_some_and(|e| e.is_image_already_exists_exception()) => Ok(()),
            // Where tags do not move this may be the answer too when it is the same image that bears it.
            Err(e)
                if e.as_service_error().is_some_and(|e| e.is_image_tag_already_exists_exception())
                    && self.tagged(repository, tag).await?.iter().any(|there| there.image_digest() == Some(digest.as_str())) =>
            {
                Ok(())
            }
            Err(error) => Err(self.why(error, Action::PutImage, Some(repository)).await),
        }
    }

    /// The tags that keep something in a repository; none where there is no repository.
    ///
    /// # Errors
    /// When AWS does not answer or does not allow it.
    pub async fn keep_tags(&self, repository: &str) -> Result<Vec<KeepTag>> {
        match self.details(repository).await {
            Ok(details) => Ok(details.iter().flat_map(|detail| detail.image_tags()).filter_map(|tag| tag.parse().ok()).collect()),
            Err(RegistryError::Missing { .. }) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Takes a tag away. Never an image's last one: that would delete the image.
    ///
    /// # Errors
    /// When AWS does not answer or does not allow it.
    pub async fn unkeep(&self, repository: &str, tag: &KeepTag) -> Result<()> {
        let tagged = self.tagged(repository, tag).await?;
        if tagged.is_empty() || tagged.iter().any(|detail| detail.image_tags().len() < 2) {
            return Ok(());
        }
        let id = ImageIdentifier::builder().image_tag(tag.to_string()).build();
        match self.client.batch_delete_image().repository_name(repository).image_ids(id).send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.why(error, Action::BatchDeleteImage, Some(repository)).await),
        }
    }

    /// The image that bears a tag, if one does.
    async fn tagged(&self, repository: &str, tag: &KeepTag) -> Result<Vec<ImageDetail>> {
        let id = ImageIdentifier::builder().image_tag(tag.to_string()).build();
        match self.client.describe_images().repository_name(repository).image_ids(id).send().await {
            Ok(answer) => Ok(answer.image_details.unwrap_or_default()),
            Err(error) if error.code() == Some("ImageNotFoundException") => Ok(Vec::new()),
            Err(error) => Err(self.why(error, Action::DescribeImages, Some(repository)).await),
        }
    }
}

/// The manifest, if it is the very one that has this name: a converted one would be another image.
fn whole<'a>(image: &'a Image, digest: &Digest) -> Result<&'a str> {
    let text = image.image_manifest().unwrap_or_default();
    let hex: String = Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    if digest.as_str().strip_prefix("sha256:") == Some(hex.as_str()) {
        return Ok(text);
    }
    let reason = format!("the manifest it gives for {digest} is another one");
    Err(RegistryError::Unexpected { host: HOST.to_owned(), reason })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Aws, image};
    use crate::{domain::stored::KeepTag, registry::RegistryError};

    const BUILT: &str = "0123456789ab-3f9a1c2e";

    fn tag(release: &str) -> KeepTag {
        format!("keep-production-{release}").parse().expect("a tag")
    }

    #[tokio::test]
    async fn an_image_is_kept_by_a_tag_beside_its_own_and_let_go_again() {
        let aws = Aws::start().await;
        let ecr = aws.ecr().await;
        for (repository, immutable) in [("shop-api", true), ("shop-web", false)] {
            aws.put_repository(repository, immutable);
            let digest = aws.put(repository, image(1), &[BUILT], 40);
            for _ in 0..2 {
                ecr.keep(repository, &digest, &tag("cccccccccccc")).await.expect("kept, whatever ECR calls it");
            }
            ecr.unkeep(repository, &tag("cccccccccccc")).await.expect("let go");
        }
        let digest = aws.put("shop-api", image(2), &["0123456789ab-00000000"], 40);
        let (one, two) = (tag("0123456789ab"), tag("ba9876543210"));
        ecr.keep("shop-api", &digest, &one).await.expect("kept");
        ecr.keep("shop-api", &digest, &two).await.expect("kept");
        assert_eq!(aws.tags("shop-api", &digest).expect("there"), ["0123456789ab-00000000", &one.to_string(), &two.to_string()]);
        assert_eq!(ecr.keep_tags("shop-api").await.expect("an answer"), [one.clone(), two.clone()]);
        assert_eq!(ecr.keep_tags("nowhere").await.expect("an answer"), []);
        ecr.unkeep("shop-api", &one).await.expect("let go");
        ecr.unkeep("shop-api", &one).await.expect("nothing to do");
        assert_eq!(aws.tags("shop-api", &digest).expect("there"), ["0123456789ab-00000000", &two.to_string()]);
    }

    #[tokio::test]
    async fn the_last_tag_stays_because_the_image_would_go_with_it() {
        let aws = Aws::start().await;
        aws.put_repository("shop-api", true);
        let only = tag("0123456789ab");
        let digest = aws.put("shop-api", image(1), &[&only.to_string()], 40);
        aws.ecr().await.unkeep("shop-api", &only).await.expect("left alone");
        assert_eq!(aws.tags("shop-api", &digest).expect("there"), [only.to_string()]);
        assert_eq!(aws.asked("BatchDeleteImage"), 0);
    }

    #[tokio::test]
    async fn an_immutable_tag_is_not_moved_and_an_image_that_is_gone_is_said() {
        let aws = Aws::start().await;
        let ecr = aws.ecr().await;
        aws.put_repository("shop-api", true);
        let tag = tag("0123456789ab");
        let first = aws.put("shop-api", image(1), &[&tag.to_string()], 1);
        let second = aws.put("shop-api", image(2), &[BUILT], 1);
        let refused = ecr.keep("shop-api", &second, &tag).await.expect_err("the tag is another's");
        assert!(matches!(refused, RegistryError::Refused { .. }), "{refused:?}");
        assert_eq!(aws.tags("shop-api", &first).expect("there"), [tag.to_string()]);
        let gone = format!("sha256:{}", "0".repeat(64)).parse().expect("a digest");
        let missing = ecr.keep("shop-api", &gone, &tag).await.expect_err("not there");
        assert!(matches!(missing, RegistryError::Missing { .. }), "{missing:?}");
    }
}
