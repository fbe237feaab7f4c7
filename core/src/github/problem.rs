//! GitHub's errors as people read them.

use super::error::{GithubError, Permission};
use crate::problem::{Code, Problem};

/// Where tokens and their permissions are.
const TOKENS: &str = "https://github.com/settings/personal-access-tokens";

impl From<GithubError> for Problem {
    fn from(error: GithubError) -> Self {
        let detail = error.to_string();
        if let GithubError::Keychain(error) = error {
            return error.into();
        }
        let (code, title, hint) = match &error {
            GithubError::NoClient(_) => {
                (Code::Internal, "This machine cannot speak HTTPS".to_owned(), "Report this with its text.".to_owned())
            }
            GithubError::NotConnected => (
                Code::GithubNotConnected,
                "No account of GitHub is connected".to_owned(),
                "Connect one with `plimsoll github connect`, or set PLIMSOLL_GITHUB_TOKEN.".to_owned(),
            ),
            GithubError::Keychain(_) | GithubError::NotAlone(_) => (
                Code::LocalFile,
                "The token cannot be renewed".to_owned(),
                "Look for another Plimsoll that hangs, then try again.".to_owned(),
            ),
            GithubError::NotGranted { .. } => (
                Code::GithubRefused,
                "GitHub grants no token".to_owned(),
                "Begin again with `plimsoll github connect`, and check the client id.".to_owned(),
            ),
            GithubError::Held { .. } | GithubError::Limited { .. } => (
                Code::GithubRateLimited,
                "GitHub allows no more requests for now".to_owned(),
                "Wait as long as it says, then try again.".to_owned(),
            ),
            GithubError::Unreachable { .. } | GithubError::Lost { .. } => (
                Code::GithubUnreachable,
                "GitHub does not answer".to_owned(),
                "Check this machine's network and https://www.githubstatus.com, then try again.".to_owned(),
            ),
            GithubError::Down { .. } => (
                Code::GithubUnreachable,
                "GitHub is not well".to_owned(),
                "Look at https://www.githubstatus.com and try again later.".to_owned(),
            ),
            GithubError::Unexpected { .. } => (
                Code::GithubUnreachable,
                "GitHub answers something unexpected".to_owned(),
                "Check for a proxy between this machine and GitHub, then try again.".to_owned(),
            ),
            GithubError::Refused { .. } => (
                Code::GithubRefused,
                "GitHub refuses the token".to_owned(),
                "It ended or was revoked: connect again with `plimsoll github connect`.".to_owned(),
            ),
            GithubError::Permission { needs, .. } => (
                Code::GithubPermission,
                lacks(needs),
                format!("Give the token that permission for this repository at {TOKENS}, then try again."),
            ),
            GithubError::Missing { needs, .. } => {
                (Code::GithubRepository, "GitHub does not show that to this token".to_owned(), seen(needs))
            }
            GithubError::AnotherRepository { .. } => (
                Code::GithubRepository,
                "Another repository has that name now".to_owned(),
                "Point the project's git remote to the right repository.".to_owned(),
            ),
            GithubError::Rejected { .. } => (
                Code::GithubRefused,
                "GitHub does not accept the request".to_owned(),
                "Its words say what is wrong; correct that and try again.".to_owned(),
            ),
            GithubError::Conflict { .. } => (
                Code::GithubRefused,
                "GitHub cannot do that now".to_owned(),
                "Look at the run at GitHub: it may have ended meanwhile.".to_owned(),
            ),
        };
        Self::new(code, title, detail, hint)
    }
}

fn lacks(needs: &[Permission]) -> String {
    if needs.is_empty() { "The token may not do that".to_owned() } else { format!("The token lacks {}", listed(needs)) }
}

fn seen(needs: &[Permission]) -> String {
    let also = if needs.is_empty() { String::new() } else { format!(" It takes {}.", listed(needs)) };
    format!("Check the repository's name, and at {TOKENS} that the token may see it.{also}")
}

fn listed(needs: &[Permission]) -> String {
    needs.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}
