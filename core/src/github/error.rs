//! Why GitHub did not do as asked. Messages are fragments fit for "failed to …"; none holds a token.
//!
//! Owns: telling refusals apart, and what each proves. Must never know: what was to be done.

use std::{fmt, time::Duration};

use reqwest::StatusCode;
use serde::Deserialize;

use super::types::RepositoryId;
use crate::secrets::SecretsError;

/// As every call here ends.
pub type Result<T> = std::result::Result<T, GithubError>;

/// More of a message than this is not quoted.
const QUOTED: usize = 400;

/// Why GitHub did not do as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GithubError {
    /// This machine cannot make an HTTP client.
    #[error("this machine cannot speak HTTPS: {0}")]
    NoClient(String),
    /// No token is known.
    #[error("no account of GitHub is connected")]
    NotConnected,
    /// The token cannot be read.
    #[error(transparent)]
    Keychain(SecretsError),
    /// Whether another program renews the token cannot be known.
    #[error("the token cannot be renewed: {0}")]
    NotAlone(String),
    /// Nobody granted a token.
    #[error("GitHub grants no token: {reason}")]
    NotGranted { reason: String },
    /// Its limits allow no request yet, so none was sent.
    #[error("GitHub allows no more requests for {} s", wait.as_secs())]
    Held {
        /// How long.
        wait: Duration,
    },
    /// There was no connection, so nothing was sent.
    #[error("{host} cannot be reached: {reason}")]
    Unreachable { host: String, reason: String },
    /// It may have got the request; its answer did not come whole.
    #[error("the answer of {host} did not come: {reason}")]
    Lost { host: String, reason: String },
    /// It is not well.
    #[error("GitHub answers {status} to {asked}: {message}")]
    Down { asked: String, status: u16, message: String },
    /// It refuses the token.
    #[error("GitHub refuses the token: {message}")]
    Refused { message: String },
    /// The token may not do that.
    #[error("GitHub does not allow {asked} with this token: {message}")]
    Permission { asked: String, needs: Vec<Permission>, message: String },
    /// It answered that it wants no more requests for now.
    #[error("GitHub allows no more requests for now ({status}): {message}")]
    Limited { status: u16, message: String },
    /// It has nothing of that name, or does not show it to this token.
    #[error("GitHub has nothing at {asked}, or does not show it to this token: {message}")]
    Missing { asked: String, needs: Vec<Permission>, message: String },
    /// It does not do that, whoever asks.
    #[error("GitHub does not accept {asked}: {message}")]
    Rejected { asked: String, message: String },
    /// What it is now does not allow that.
    #[error("GitHub cannot do {asked} now: {message}")]
    Conflict { asked: String, message: String },
    /// Another repository has taken the name.
    #[error("the repository has the number {found}, and {wanted} was expected")]
    AnotherRepository { wanted: RepositoryId, found: String },
    /// Its answer makes no sense.
    #[error("the answer to {asked} makes no sense: {reason}")]
    Unexpected { asked: String, reason: String },
}

/// A permission of a fine-grained token, as GitHub's settings page calls it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Permission {
    /// `contents`, `actions`, …
    pub name: String,
    /// `read`, `write`, `admin`
    pub level: String,
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = self.name.replace('_', " ");
        if let Some(first) = words.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        write!(f, "{words}: {}", self.level)
    }
}

impl GithubError {
    /// Whether the same question may be answered a moment later.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Lost { .. } | Self::Down { .. })
    }

    /// Whether it is certain that GitHub did nothing of what was asked for.
    #[must_use]
    pub fn proves_nothing_was_done(&self) -> bool {
        match self {
            Self::NoClient(_)
            | Self::NotConnected
            | Self::Keychain(_)
            | Self::NotAlone(_)
            | Self::NotGranted { .. }
            | Self::Held { .. }
            | Self::Unreachable { .. }
            | Self::Refused { .. }
            | Self::Permission { .. }
            | Self::Missing { .. }
            | Self::Rejected { .. } => true,
            Self::Limited { status, .. } => *status == 403,
            Self::Lost { .. }
            | Self::Down { .. }
            | Self::Conflict { .. }
            | Self::AnotherRepository { .. }
            | Self::Unexpected { .. } => false,
        }
    }
}

/// What a refusal consists of.
pub(super) struct Refusal<'a> {
    /// `POST /repos/…`
    pub(super) asked: &'a str,
    pub(super) status: StatusCode,
    pub(super) body: &'a [u8],
    /// `X-Accepted-GitHub-Permissions`
    pub(super) accepted: Option<&'a str>,
    pub(super) is_limit: bool,
}

#[derive(Deserialize)]
struct Said {
    message: String,
    #[serde(default)]
    errors: Vec<serde_json::Value>,
}

impl Refusal<'_> {
    /// The error it is. What is not GitHub's own JSON comes from something in between, and proves nothing.
    pub(super) fn error(&self) -> GithubError {
        let asked = self.asked.to_owned();
        let status = self.status.as_u16();
        if status >= 500 {
            return GithubError::Down {
                asked,
                status,
                message: message(self.body).unwrap_or_else(|| "no reason is given".into()),
            };
        }
        let Some(message) = message(self.body) else {
            return GithubError::Unexpected { asked, reason: format!("status {status} without GitHub's own words") };
        };
        let needs = self.accepted.map(needs).unwrap_or_default();
        match status {
            _ if self.is_limit => GithubError::Limited { status, message },
            401 => GithubError::Refused { message },
            403 => GithubError::Permission { asked, needs, message },
            404 | 410 => GithubError::Missing { asked, needs, message },
            409 => GithubError::Conflict { asked, message },
            400 | 422 => GithubError::Rejected { asked, message },
            _ => GithubError::Unexpected { asked, reason: format!("status {status}: {message}") },
        }
    }
}

/// GitHub's own words, its single complaints included.
pub(super) fn message(body: &[u8]) -> Option<String> {
    let said: Said = serde_json::from_slice(body).ok()?;
    let more = said.errors.iter().filter_map(|error| match error {
        serde_json::Value::String(text) => Some(text.as_str()),
        other => other.get("message").and_then(serde_json::Value::as_str),
    });
    let whole = [said.message.as_str()].into_iter().chain(more).collect::<Vec<_>>().join("; ");
    Some(whole.chars().take(QUOTED).collect())
}

/// The sets are told apart by `;`, their members by `,`; any one set is enough, so the smallest is named.
fn needs(header: &str) -> Vec<Permission> {
    let sets = header.split(';').map(|set| set.split(',').filter_map(permission).collect::<Vec<_>>());
    sets.filter(|set| !set.is_empty()).min_by_key(Vec::len).unwrap_or_default()
}

fn permission(text: &str) -> Option<Permission> {
    let (name, level) = text.trim().split_once('=')?;
    Some(Permission { name: name.to_owned(), level: level.to_owned() })
}

/// The innermost cause says what happened; the outer ones repeat the address, which may hold a signature.
pub(super) fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if std::ptr::addr_eq(cause, std::ptr::from_ref(error)) {
        return if error.is_timeout() { "it took too long".to_owned() } else { "the request broke off".to_owned() };
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;

    use super::{GithubError, Refusal, needs};

    fn refusal(status: u16, body: &str) -> GithubError {
        let status = StatusCode::from_u16(status).unwrap();
        Refusal { asked: "POST /x", status, body: body.as_bytes(), accepted: None, is_limit: false }.error()
    }

    #[test]
    fn the_smallest_set_of_permissions_is_named() {
        let named = |header: &str| needs(header).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(named("contents=write,workflows=write; pull_requests=write"), ["Pull requests: write"]);
        assert_eq!(named("contents=write,workflows=write"), ["Contents: write", "Workflows: write"]);
        assert!(named("").is_empty() && named(";,;nonsense").is_empty());
    }

    #[test]
    fn only_githubs_own_words_prove_that_nothing_was_done() {
        for status in [401, 403, 404, 422] {
            assert!(refusal(status, r#"{"message":"no"}"#).proves_nothing_was_done(), "{status}");
            assert!(!refusal(status, "<html>a proxy</html>").proves_nothing_was_done(), "{status}");
        }
        for status in [302, 409, 429, 500, 502] {
            assert!(!refusal(status, r#"{"message":"no"}"#).proves_nothing_was_done(), "{status}");
        }
    }

    #[test]
    fn single_complaints_are_quoted() {
        let error = refusal(422, r#"{"message":"Invalid","errors":[{"message":"no such input"},"also this"]}"#);
        assert_eq!(error.to_string(), "GitHub does not accept POST /x: Invalid; no such input; also this");
    }
}
