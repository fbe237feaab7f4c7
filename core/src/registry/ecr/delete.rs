//! Deleting manifests by digest.

use aws_sdk_ecr::types::ImageIdentifier;

use super::{Action, Ecr};
use crate::{domain::image::Digest, registry::Result};

/// A manifest that ECR did not delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotDeleted {
    /// Which.
    pub digest: Option<Digest>,
    /// As ECR worded it.
    pub reason: String,
}

impl Ecr {
    /// So many are deleted at once at most.
    pub const BATCH: usize = 100;

    /// Deletes manifests with all their tags; tells which ones ECR did not delete. One that is gone already is deleted.
    ///
    /// # Errors
    /// When AWS does not answer or does not allow it.
    pub async fn delete(&self, repository: &str, digests: &[Digest]) -> Result<Vec<NotDeleted>> {
        let mut kept = Vec::new();
        for some in digests.chunks(Self::BATCH) {
            let ids = some.iter().map(|digest| ImageIdentifier::builder().image_digest(digest.as_str()).build());
            let request = self.client.batch_delete_image().repository_name(repository).set_image_ids(Some(ids.collect()));
            let answer = match request.send().await {
                Ok(answer) => answer,
                Err(error) => return Err(self.why(error, Action::BatchDeleteImage, Some(repository)).await),
            };
            kept.extend(answer.failures().iter().filter_map(|failure| {
                let code = failure.failure_code()?.as_str();
                let digest = failure.image_id().and_then(|id| id.image_digest()).and_then(|digest| digest.parse().ok());
                let reason = [code, failure.failure_reason().unwrap_or_default()].join(": ");
                (code != "ImageNotFound").then_some(NotDeleted { digest, reason })
            }));
        }
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Aws, image, index};

    #[tokio::test]
    async fn what_an_index_names_is_not_deleted_before_it() {
        let aws = Aws::start().await;
        let ecr = aws.ecr().await;
        aws.put_repository("shop-api", true);
        let child = aws.put("shop-api", image(1), &[], 40);
        let both = aws.put("shop-api", index(&[&child]), &["0123456789ab-3f9a1c2e"], 40);
        let kept = ecr.delete("shop-api", std::slice::from_ref(&child)).await.expect("an answer");
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0].digest.as_ref(), Some(&child));
        assert!(kept[0].reason.contains("ImageReferencedByManifestList"), "{kept:?}");
        for digest in [&both, &child, &child] {
            assert_eq!(ecr.delete("shop-api", std::slice::from_ref(digest)).await.expect("an answer"), []);
        }
        assert_eq!(aws.tags("shop-api", &child), None);
    }

    #[tokio::test]
    async fn many_are_deleted_in_as_many_calls_as_it_takes() {
        let aws = Aws::start().await;
        aws.put_repository("shop-api", true);
        let all: Vec<_> = (0..250).map(|n| aws.put("shop-api", image(n), &[], 40)).collect();
        assert_eq!(aws.ecr().await.delete("shop-api", &all).await.expect("an answer"), []);
        assert_eq!(aws.asked("BatchDeleteImage"), 3);
        assert!(all.iter().all(|digest| aws.tags("shop-api", digest).is_none()));
    }
}
