//! A registry's errors as people read them.

use super::error::RegistryError;
use crate::problem::{Code, Problem};

impl From<RegistryError> for Problem {
    fn from(error: RegistryError) -> Self {
        let detail = error.to_string();
        let (code, title, hint) = match &error {
            RegistryError::Unreachable { host, .. } => (
                Code::RegistryUnreachable,
                format!("The registry {host} does not answer"),
                "Check this machine's network and the registry's address; one without TLS is added with --plain-http.".to_owned(),
            ),
            RegistryError::Refused { host, .. } => (
                Code::RegistryRefused,
                format!("The registry {host} refuses access"),
                "Check user and password (`plimsoll registry add`), and that this login may read and push there.".to_owned(),
            ),
            RegistryError::Denied { action, grants, .. } => (
                Code::AwsDenied,
                format!("AWS does not allow {action}"),
                match grants {
                    Some(statement) => format!("Add this statement to the policy of the user or role, then try again: {statement}"),
                    None => "A Deny in one of its policies forbids it: have that one changed, then try again.".to_owned(),
                },
            ),
            RegistryError::CredentialsMissing { host, .. } => (
                Code::CredentialsMissing,
                format!("No credentials are known for {host}"),
                "Give the password with `plimsoll registry add … --password-stdin`; for ECR log in with `aws sso login` or set AWS_PROFILE.".to_owned(),
            ),
            RegistryError::RateLimited { host, .. } => (
                Code::RegistryRefused,
                format!("The registry {host} allows no more requests for now"),
                format!("Wait a while, or add {host} with a login (`plimsoll registry add`): logged in, it allows more."),
            ),
            RegistryError::Missing { host, .. } => (
                Code::ImageMissing,
                format!("The registry {host} does not have the image"),
                "Check the image's name in the Compose file, or build it again.".to_owned(),
            ),
            RegistryError::NoRegion => (
                Code::SettingsIncomplete,
                "No AWS region is set".to_owned(),
                "Add the registry again with `--region`, or set AWS_REGION.".to_owned(),
            ),
            RegistryError::Reference(_) => {
                (Code::InvalidInput, "An image's name is not valid".to_owned(), "Correct the `image:` line in the Compose file.".to_owned())
            }
            RegistryError::Unexpected { host, .. } => (
                Code::RegistryUnreachable,
                format!("The registry {host} answers something unexpected"),
                "Check that the address belongs to a registry (and whether it wants plain HTTP), then try again.".to_owned(),
            ),
        };
        Self::new(code, title, detail, hint)
    }
}
