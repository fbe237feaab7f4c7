//! What AWS refused, and the IAM statement that would grant it. Pure.
//!
//! Owns: the names of the actions that Plimsoll calls. Must never know: how they are called.

/// What is asked of ECR's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    GetAuthorizationToken,
    CreateRepository,
    DescribeRepositories,
    DescribeImages,
    BatchGetImage,
    PutImage,
    BatchDeleteImage,
    GetLifecyclePolicy,
    PutLifecyclePolicy,
    StartLifecyclePolicyPreview,
    GetLifecyclePolicyPreview,
}

impl Action {
    /// As IAM writes it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::GetAuthorizationToken => "ecr:GetAuthorizationToken",
            Self::CreateRepository => "ecr:CreateRepository",
            Self::DescribeRepositories => "ecr:DescribeRepositories",
            Self::DescribeImages => "ecr:DescribeImages",
            Self::BatchGetImage => "ecr:BatchGetImage",
            Self::PutImage => "ecr:PutImage",
            Self::BatchDeleteImage => "ecr:BatchDeleteImage",
            Self::GetLifecyclePolicy => "ecr:GetLifecyclePolicy",
            Self::PutLifecyclePolicy => "ecr:PutLifecyclePolicy",
            Self::StartLifecyclePolicyPreview => "ecr:StartLifecyclePolicyPreview",
            Self::GetLifecyclePolicyPreview => "ecr:GetLifecyclePolicyPreview",
        }
    }
}

/// Whether ECR's answer means that these credentials lack a right.
pub(super) fn is_denial(code: &str) -> bool {
    matches!(code, "AccessDeniedException" | "AccessDenied")
}

/// The statement that grants what was refused; `None` where a Deny forbids it, which no statement outweighs.
pub(super) fn statement(action: Action, region: &str, repository: Option<&str>, said: &str) -> Option<String> {
    if said.contains("explicit deny") {
        return None;
    }
    let resource = resource_of(said).map_or_else(|| arn(region, repository), str::to_owned);
    Some(format!(r#"{{"Effect":"Allow","Action":"{}","Resource":"{resource}"}}"#, action.as_str()))
}

fn arn(region: &str, repository: Option<&str>) -> String {
    repository.map_or_else(|| "*".to_owned(), |name| format!("arn:aws:ecr:{region}:*:repository/{name}"))
}

/// AWS says on which resource, in most of its refusals.
fn resource_of(said: &str) -> Option<&str> {
    let rest = said.split_once(" on resource: ")?.1;
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '/' | '-' | '_' | '.' | '*');
    let resource = &rest[..end];
    (!resource.is_empty() && resource.chars().all(plain)).then_some(resource)
}

#[cfg(test)]
mod tests {
    use super::{Action, statement};

    const SAID: &str = "User: arn:aws:iam::123456789012:user/anna is not authorized to perform: ecr:PutImage on resource: \
                        arn:aws:ecr:eu-west-1:123456789012:repository/shop-api because no identity-based policy allows the \
                        ecr:PutImage action";

    #[test]
    fn the_statement_is_about_what_aws_names() {
        let grants = statement(Action::PutImage, "x", Some("y"), SAID).expect("one");
        let expected =
            r#"{"Effect":"Allow","Action":"ecr:PutImage","Resource":"arn:aws:ecr:eu-west-1:123456789012:repository/shop-api"}"#;
        assert_eq!(grants, expected);
    }

    #[test]
    fn without_a_name_it_is_about_what_was_asked() {
        let text = |repository, said| statement(Action::DescribeImages, "eu-west-1", repository, said).expect("one");
        assert!(text(Some("shop-api"), "no").contains(r#""arn:aws:ecr:eu-west-1:*:repository/shop-api""#));
        assert!(text(None, "no").contains(r#""Resource":"*""#));
        assert!(text(None, r#"on resource: a","Action":"*" x"#).contains(r#""Resource":"*""#), "nothing is taken over unread");
    }

    #[test]
    fn nothing_outweighs_a_deny() {
        let said = SAID.replace("because no identity-based policy allows", "with an explicit deny in");
        assert_eq!(statement(Action::PutImage, "x", None, &said), None);
    }
}
