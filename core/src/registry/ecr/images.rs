//! What lies in a repository.

use std::collections::BTreeMap;

use aws_sdk_ecr::{
    primitives::DateTime,
    types::{ImageDetail, ImageStatus},
};
use jiff::Timestamp;

use super::{Action, Ecr, lacks};
use crate::{
    domain::{
        bytes::Bytes,
        image::Digest,
        stored::{Contents, StoredImage, StoredRepository},
    },
    registry::Result,
};

impl Ecr {
    /// Every manifest of a repository with what it names, newest first.
    ///
    /// # Errors
    /// When there is no such repository, AWS does not answer or does not allow it.
    pub async fn stored(&self, repository: &str) -> Result<StoredRepository> {
        let details = self.details(repository).await?;
        let digests: Vec<Digest> = details.iter().filter_map(|detail| detail.image_digest()?.parse().ok()).collect();
        let mut contents = self.contents(repository, &digests).await?;
        let images = details.iter().map(|detail| stored(detail, &mut contents).ok_or_else(|| lacks("digest")));
        let mut images = images.collect::<Result<Vec<_>>>()?;
        images.sort_by(|a, b| b.pushed.cmp(&a.pushed).then_with(|| a.digest.cmp(&b.digest)));
        Ok(StoredRepository { name: repository.to_owned(), images })
    }

    pub(super) async fn details(&self, repository: &str) -> Result<Vec<ImageDetail>> {
        let request = self.client.describe_images().repository_name(repository).max_results(1000);
        let mut pages = request.into_paginator().items().send();
        let mut details = Vec::new();
        while let Some(found) = pages.next().await {
            match found {
                Ok(detail) => details.push(detail),
                Err(error) => return Err(self.why(error, Action::DescribeImages, Some(repository)).await),
            }
        }
        Ok(details)
    }
}

fn stored(detail: &ImageDetail, contents: &mut BTreeMap<Digest, Contents>) -> Option<StoredImage> {
    let digest: Digest = detail.image_digest()?.parse().ok()?;
    Some(StoredImage {
        tags: detail.image_tags().iter().cloned().collect(),
        bytes: Bytes(detail.image_size_in_bytes().and_then(|size| size.try_into().ok()).unwrap_or_default()),
        pushed: time(detail.image_pushed_at()),
        pulled: time(detail.last_recorded_pull_time()),
        archived: matches!(detail.image_status(), Some(ImageStatus::Archived)),
        subject: detail.subject_manifest_digest().and_then(|subject| subject.parse().ok()),
        contents: contents.remove(&digest).unwrap_or(Contents::Unknown),
        digest,
    })
}

fn time(told: Option<&DateTime>) -> Option<Timestamp> {
    told.and_then(|told| Timestamp::from_second(told.secs()).ok())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Aws, image, index};
    use crate::{
        domain::stored::{Contents, unique_bytes},
        registry::RegistryError,
    };

    #[tokio::test]
    async fn a_repository_tells_all_that_lies_in_it() {
        let aws = Aws::start().await;
        let ecr = aws.ecr().await;
        aws.put_repository("shop-api", true);
        let (one, two) = (aws.put("shop-api", image(1), &[], 3), aws.put("shop-api", image(2), &[], 3));
        let both = aws.put("shop-api", index(&[&one, &two]), &["0123456789ab-3f9a1c2e", "keep-p-0123456789ab"], 2);
        // More than one page, and more manifests than can be asked for at once.
        for n in 3..=250 {
            aws.put("shop-api", image(n), &[], 10);
        }
        let stored = ecr.stored("shop-api").await.expect("an answer");
        assert_eq!(stored.images.len(), 251);
        let newest = &stored.images[0];
        assert_eq!(newest.digest, both);
        assert_eq!(newest.children().collect::<Vec<_>>(), if one < two { [&one, &two] } else { [&two, &one] });
        assert_eq!(newest.kept().map(|tag| tag.to_string()).collect::<Vec<_>>(), ["keep-p-0123456789ab"]);
        assert!(stored.images[1..].iter().all(|image| matches!(image.contents, Contents::Image { .. })));
        // Each of the fake's images has a config of its own of 100 bytes and shares a base of 1,000,000.
        assert_eq!(unique_bytes(stored.images.iter()).0, 250 * 100 + 1_000_000);
    }

    #[tokio::test]
    async fn a_repository_that_is_not_there_is_missing_not_empty() {
        let aws = Aws::start().await;
        let missing = aws.ecr().await.stored("nowhere").await.expect_err("nothing there");
        assert!(matches!(missing, RegistryError::Missing { .. }), "{missing:?}");
    }
}
