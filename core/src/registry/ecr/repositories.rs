//! Repositories: which there are, and making one.

use aws_sdk_ecr::types::{ImageScanningConfiguration, ImageTagMutability, Repository};

use super::{Action, Ecr};
use crate::registry::{RegistryError, Result};

/// How a repository that was there already differs from one that Plimsoll makes. It is never changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// A tag can be moved to another image.
    TagsMove,
    /// Nobody looks for known holes when an image is pushed.
    NotScanned,
}

impl Difference {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::TagsMove => "its tags can be moved to other images",
            Self::NotScanned => "its images are not scanned when they are pushed",
        }
    }
}

impl Ecr {
    /// The paths of all repositories that begin so, in order.
    ///
    /// # Errors
    /// When AWS does not answer, or does not allow it.
    pub async fn repositories(&self, folder: &str) -> Result<Vec<String>> {
        let mut pages = self.client.describe_repositories().max_results(1000).into_paginator().items().send();
        let mut names = Vec::new();
        while let Some(found) = pages.next().await {
            match found {
                Ok(repository) => names.extend(repository.repository_name().map(str::to_owned)),
                Err(error) => return Err(self.why(error, Action::DescribeRepositories, None).await),
            }
        }
        names.retain(|name| name.starts_with(folder));
        names.sort_unstable();
        Ok(names)
    }

    /// Makes a repository with immutable tags that is scanned on push; one that exists is left as it is.
    pub(in crate::registry) async fn ensure(&self, name: &str) -> Result<Vec<Difference>> {
        let scan = ImageScanningConfiguration::builder().scan_on_push(true).build();
        let request = self.client.create_repository().repository_name(name);
        let request = request.image_tag_mutability(ImageTagMutability::Immutable).image_scanning_configuration(scan);
        let refused = match request.send().await {
            Ok(_) => return Ok(Vec::new()),
            Err(e) if e.as_service_error().is_some_and(|e| e.is_repository_already_exists_exception()) => None,
            Err(error) => Some(self.why(error, Action::CreateRepository, Some(name)).await),
        };
        match (self.repository(name).await, refused) {
            // Whoever may only push finds what somebody else has made.
            (Ok(Some(there)), None | Some(RegistryError::Denied { .. })) => Ok(differences(&there)),
            (_, Some(refused)) => Err(refused),
            // How it is made only an answer would tell, and nothing depends on it.
            (Ok(None) | Err(_), None) => Ok(Vec::new()),
        }
    }

    async fn repository(&self, name: &str) -> Result<Option<Repository>> {
        match self.client.describe_repositories().repository_names(name).send().await {
            Ok(answer) => Ok(answer.repositories().first().cloned()),
            Err(error) => Err(self.why(error, Action::DescribeRepositories, Some(name)).await),
        }
    }
}

fn differences(repository: &Repository) -> Vec<Difference> {
    let mutable =
        matches!(repository.image_tag_mutability(), Some(ImageTagMutability::Mutable | ImageTagMutability::MutableWithExclusion));
    let scanned = repository.image_scanning_configuration().is_some_and(ImageScanningConfiguration::scan_on_push);
    let differs = [(mutable, Difference::TagsMove), (!scanned, Difference::NotScanned)];
    differs.into_iter().filter_map(|(differs, difference)| differs.then_some(difference)).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::testing::Aws, Difference};
    use crate::registry::RegistryError;

    #[tokio::test]
    async fn a_repository_is_made_once_and_others_are_left_as_they_are() {
        let aws = Aws::start().await;
        let ecr = aws.ecr().await;
        assert_eq!(ecr.ensure("team/shop-api").await.expect("made"), []);
        assert_eq!(ecr.ensure("team/shop-api").await.expect("there"), [], "as it was made");
        aws.put_repository("team/old", false);
        assert_eq!(ecr.ensure("team/old").await.expect("there"), [Difference::TagsMove, Difference::NotScanned]);
        aws.put_repository("elsewhere", true);
        assert_eq!(ecr.repositories("team/").await.expect("a list"), ["team/old", "team/shop-api"]);
    }

    #[tokio::test]
    async fn what_aws_does_not_allow_is_named_with_the_statement_that_grants_it() {
        let aws = Aws::start().await;
        let ecr = aws.ecr().await;
        aws.deny("CreateRepository");
        let RegistryError::Denied { action, grants, .. } = ecr.ensure("shop-api").await.expect_err("not allowed") else {
            panic!("another error");
        };
        assert_eq!(action, "ecr:CreateRepository");
        let expected = r#"{"Effect":"Allow","Action":"ecr:CreateRepository","Resource":"arn:aws:ecr:eu-west-1:123456789012:repository/shop-api"}"#;
        assert_eq!(grants.as_deref(), Some(expected));
        aws.put_repository("shop-api", true);
        assert_eq!(ecr.ensure("shop-api").await.expect("there already"), [], "making is not needed then");
    }
}
