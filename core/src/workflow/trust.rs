//! The policies that let a run at GitHub push to ECR.
//!
//! Owns: who may take the role, and what the role may do. Must never know: AWS's API.

use serde_json::{Value, json};

use crate::domain::name::{EnvironmentName, Name};

/// Who vouches for a run.
const ISSUER: &str = "token.actions.githubusercontent.com";

/// For whom the policies are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust<'a> {
    /// The account, twelve digits.
    pub account: &'a str,
    /// The region of the registry.
    pub region: &'a str,
    /// What GitHub says first of a run: `repo:OWNER/REPO`, or with the ids of both where the repository is newer.
    pub subject: &'a str,
    /// The environment of its jobs.
    pub environment: &'a EnvironmentName,
    /// The image repositories, without their host.
    pub repositories: &'a [String],
}

/// Why a subject cannot stand in a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not of the form repo:OWNER/REPO")]
pub struct SubjectError(String);

impl Trust<'_> {
    /// Runs of exactly this repository in exactly this environment may take the role.
    ///
    /// # Errors
    /// When the subject names no repository, or would match more than one.
    pub fn trust_policy(&self) -> Result<Value, SubjectError> {
        let subject = checked(self.subject)?;
        Ok(json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "Federated": format!("arn:{}:iam::{}:oidc-provider/{ISSUER}", partition(self.region), self.account) },
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": { "StringEquals": {
                    format!("{ISSUER}:aud"): "sts.amazonaws.com",
                    format!("{ISSUER}:sub"): format!("{subject}:environment:{}", self.environment),
                }},
            }],
        }))
    }

    /// The role may push to these repositories, and read them.
    #[must_use]
    pub fn permission_policy(&self) -> Value {
        let (partition, region, account) = (partition(self.region), self.region, self.account);
        let arn = |name: &String| format!("arn:{partition}:ecr:{region}:{account}:repository/{name}");
        json!({
            "Version": "2012-10-17",
            "Statement": [
                { "Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*" },
                {
                    "Effect": "Allow",
                    "Action": [
                        "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload",
                        "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
                    ],
                    "Resource": self.repositories.iter().map(arn).collect::<Vec<_>>(),
                },
            ],
        })
    }
}

/// What GitHub says first of a run, from the address that a repository is pushed to; `None` where that is not GitHub.
#[must_use]
pub fn subject_of(address: &str) -> Option<String> {
    const BEGIN: [&str; 4] = ["https://github.com/", "git@github.com:", "ssh://git@github.com/", "git://github.com/"];
    let without_login = match address.split_once("://") {
        Some(("https", rest)) => format!("https://{}", rest.rsplit_once('@').map_or(rest, |(_, rest)| rest)),
        _ => address.to_owned(),
    };
    let path = BEGIN.iter().find_map(|begin| without_login.strip_prefix(begin))?;
    let path = path.trim_end_matches('/');
    let subject = format!("repo:{}", path.strip_suffix(".git").unwrap_or(path));
    checked(&subject).is_ok().then_some(subject)
}

/// The role that a workflow takes unless another is chosen.
#[must_use]
pub fn role_name(project: &Name, environment: &EnvironmentName) -> String {
    let name = format!("plimsoll-{project}-{environment}");
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "+=,.@_-".contains(c) { c } else { '-' }).take(64).collect()
}

/// The same by its full name.
#[must_use]
pub fn role_arn(region: &str, account: &str, project: &Name, environment: &EnvironmentName) -> String {
    format!("arn:{}:iam::{account}:role/{}", partition(region), role_name(project, environment))
}

fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

fn checked(subject: &str) -> Result<&str, SubjectError> {
    let wrong = || SubjectError(subject.to_owned());
    let (owner, name) = subject.strip_prefix("repo:").and_then(|rest| rest.split_once('/')).ok_or_else(wrong)?;
    let word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-@".contains(c));
    if word(owner) && word(name) { Ok(subject) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trust<'a>(subject: &'a str, environment: &'a EnvironmentName, repositories: &'a [String]) -> Trust<'a> {
        Trust { account: "123456789012", region: "eu-central-1", subject, environment, repositories }
    }

    #[test]
    fn exactly_one_repository_and_environment_is_trusted() {
        let environment = EnvironmentName::production();
        for subject in ["repo:anna/shop", "repo:anna@12/shop@34"] {
            let policy = trust(subject, &environment, &[]).trust_policy().expect(subject);
            let condition = &policy["Statement"][0]["Condition"];
            assert_eq!(condition.as_object().map(|c| c.keys().collect::<Vec<_>>()), Some(vec![&"StringEquals".to_owned()]));
            assert_eq!(condition["StringEquals"][format!("{ISSUER}:sub")], format!("{subject}:environment:production"));
            assert_eq!(condition["StringEquals"][format!("{ISSUER}:aud")], "sts.amazonaws.com");
        }
        for wrong in ["anna/shop", "repo:anna/*", "repo:anna", "repo:/x", "repo:a/b:environment:x", "repo:a/b/c"] {
            assert!(trust(wrong, &environment, &[]).trust_policy().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_role_reaches_its_own_repositories_alone() {
        let (environment, repositories) = (EnvironmentName::production(), ["shop-api".to_owned()]);
        let policy = trust("repo:a/b", &environment, &repositories).permission_policy();
        assert_eq!(policy["Statement"][1]["Resource"], json!(["arn:aws:ecr:eu-central-1:123456789012:repository/shop-api"]));
        assert_eq!(policy["Statement"][0]["Action"], "ecr:GetAuthorizationToken");
        let text = policy.to_string();
        assert!(!text.contains("Delete") && !text.contains("ecr:*"), "{text}");
    }

    #[test]
    fn the_subject_is_read_off_the_address() {
        let addresses =
            ["https://github.com/anna/shop.git", "https://token@github.com/anna/shop", "git@github.com:anna/shop.git/"];
        for address in addresses.into_iter().chain(["ssh://git@github.com/anna/shop"]) {
            assert_eq!(subject_of(address).as_deref(), Some("repo:anna/shop"), "{address}");
        }
        for address in
            ["https://gitlab.com/anna/shop", "/srv/git/shop.git", "https://github.com/anna", "https://github.com.evil.org/a/b"]
        {
            assert_eq!(subject_of(address), None, "{address}");
        }
    }

    #[test]
    fn a_role_is_named_after_project_and_environment() {
        let name: Name = "shop".parse().expect("a name");
        let arn = |region| role_arn(region, "1", &name, &EnvironmentName::production());
        assert_eq!(arn("eu-west-1"), "arn:aws:iam::1:role/plimsoll-shop-production");
        assert_eq!(arn("cn-north-1"), "arn:aws-cn:iam::1:role/plimsoll-shop-production");
    }
}
