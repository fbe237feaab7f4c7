//! Lifecycle policies of repositories: reading them, asking AWS what one would expire, putting it in force.

use std::{collections::BTreeSet, time::Duration};

use aws_sdk_ecr::{
    error::ProvideErrorMetadata as _,
    types::{ImageActionType, LifecyclePolicyPreviewStatus, LifecyclePolicyRuleAction},
};
use tokio::time::{sleep, timeout};

use super::{Action, Ecr, HOST, policy::Policy};
use crate::{
    domain::image::Digest,
    registry::{RegistryError, Result},
};

/// How long a preview may take.
const PREVIEW: Duration = Duration::from_secs(120);
const LOOK: Duration = Duration::from_secs(1);

impl Ecr {
    /// The policy that a repository has, as it was put.
    ///
    /// # Errors
    /// When there is no such repository, AWS does not answer or does not allow it.
    pub async fn policy(&self, repository: &str) -> Result<Option<String>> {
        match self.client.get_lifecycle_policy().repository_name(repository).send().await {
            Ok(answer) => Ok(answer.lifecycle_policy_text),
            Err(error) if error.code() == Some("LifecyclePolicyNotFoundException") => Ok(None),
            Err(error) => Err(self.why(error, Action::GetLifecyclePolicy, Some(repository)).await),
        }
    }

    /// What AWS itself says that a policy would expire. Nothing is changed.
    ///
    /// # Errors
    /// When AWS does not answer, does not end, or does not allow it.
    pub async fn preview(&self, repository: &str, policy: &Policy) -> Result<BTreeSet<Digest>> {
        let request = self.client.start_lifecycle_policy_preview().repository_name(repository);
        if let Err(error) = request.lifecycle_policy_text(policy.text()).send().await {
            return Err(self.why(error, Action::StartLifecyclePolicyPreview, Some(repository)).await);
        }
        let silent = || RegistryError::Unreachable { host: HOST.to_owned(), reason: "its preview does not end".to_owned() };
        timeout(PREVIEW, self.previewed(repository)).await.map_err(|_| silent())?
    }

    async fn previewed(&self, repository: &str) -> Result<BTreeSet<Digest>> {
        loop {
            let looked = self.client.get_lifecycle_policy_preview().repository_name(repository).send().await;
            let status = match looked {
                Ok(answer) => answer.status,
                Err(error) => return Err(self.why(error, Action::GetLifecyclePolicyPreview, Some(repository)).await),
            };
            match status {
                Some(LifecyclePolicyPreviewStatus::Complete) => return self.expiring(repository).await,
                Some(LifecyclePolicyPreviewStatus::InProgress) => sleep(LOOK).await,
                other => {
                    let reason = format!("its preview ended as {other:?}");
                    return Err(RegistryError::Unexpected { host: HOST.to_owned(), reason });
                }
            }
        }
    }

    async fn expiring(&self, repository: &str) -> Result<BTreeSet<Digest>> {
        let request = self.client.get_lifecycle_policy_preview().repository_name(repository).max_results(100);
        let mut results = request.into_paginator().items().send();
        let mut expiring = BTreeSet::new();
        while let Some(result) = results.next().await {
            match result {
                Ok(one) if is_expiry(one.action()) => expiring.extend(one.image_digest().and_then(|digest| digest.parse().ok())),
                Ok(_) => {}
                Err(error) => return Err(self.why(error, Action::GetLifecyclePolicyPreview, Some(repository)).await),
            }
        }
        Ok(expiring)
    }

    /// Puts a policy in force; ECR applies it within a day.
    ///
    /// # Errors
    /// When AWS does not answer or does not allow it.
    pub async fn put_policy(&self, repository: &str, policy: &Policy) -> Result<()> {
        let request = self.client.put_lifecycle_policy().repository_name(repository).lifecycle_policy_text(policy.text());
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(self.why(error, Action::PutLifecyclePolicy, Some(repository)).await),
        }
    }
}

/// An action that is not named is taken for the worst.
fn is_expiry(action: Option<&LifecyclePolicyRuleAction>) -> bool {
    action.and_then(LifecyclePolicyRuleAction::r#type).is_none_or(|kind| *kind == ImageActionType::Expire)
}

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{Aws, image},
        Policy,
    };

    #[tokio::test]
    async fn a_policy_is_read_previewed_and_put() {
        let aws = Aws::start().await;
        let ecr = aws.ecr().await;
        aws.put_repository("shop-api", true);
        let old = aws.put("shop-api", image(1), &["0123456789ab-3f9a1c2e"], 40);
        assert_eq!(ecr.policy("shop-api").await.expect("an answer"), None);
        aws.preview_tells("shop-api", &[&old]);
        assert_eq!(ecr.preview("shop-api", &Policy::ours()).await.expect("a preview"), [old].into());
        assert_eq!(aws.policy("shop-api"), None, "a preview changes nothing");
        ecr.put_policy("shop-api", &Policy::ours()).await.expect("put");
        let there = ecr.policy("shop-api").await.expect("an answer").expect("a policy");
        assert_eq!(Policy::read(&there), Some(Policy::ours()));
        aws.put_policy("shop-api", "{}");
        assert_eq!(ecr.policy("shop-api").await.expect("an answer").as_deref(), Some("{}"));
    }
}
