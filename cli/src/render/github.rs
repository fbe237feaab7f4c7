//! The connection to GitHub in words.
//!
//! Owns: what its status says. Must never know: tokens.

use plimsoll_core::api::github::{GithubStatus, TokenOrigin};

use super::neutral::neutral;

/// How it stands.
pub(crate) fn status(status: &GithubStatus) -> Vec<String> {
    let origin = match status.origin {
        TokenOrigin::Variable => "by the token in PLIMSOLL_GITHUB_TOKEN",
        TokenOrigin::Kept => "by a token in the keychain",
    };
    let renews = status.renews.then(|| "The token is renewed by itself.".to_owned());
    let left = status.requests_left.map(|left| format!("GitHub allows {left} more requests in this hour."));
    let first = format!("Connected to GitHub as {}, {origin}.", neutral(&status.login));
    [Some(first), renews, left].into_iter().flatten().collect()
}
