//! The account at GitHub: connecting it, asking how it stands, forgetting it.
//!
//! Owns: those acts, where GitHub is, which token counts. Must never know: its protocols.

use std::{env, sync::Arc, time::Duration};

use jiff::Timestamp;
use reqwest::Url;
use serde::Serialize;

use super::{Question, Session, names::consent};
use crate::{
    domain::secret::Secret,
    github::{FixedToken, GitHub, Grant, KeptToken, Login, MemoryValidators, Tokens, Vault},
    problem::{Code, Problem},
    secrets::{Keychain, SecretKey},
};

pub use crate::github::DeviceCode;

/// Another address of GitHub's API, for tests.
pub const API_VARIABLE: &str = "PLIMSOLL_GITHUB_API";
/// Another address of GitHub's login, for tests.
pub const LOGIN_VARIABLE: &str = "PLIMSOLL_GITHUB_LOGIN";
/// A token for this run; it counts more than what is kept.
pub const TOKEN_VARIABLE: &str = "PLIMSOLL_GITHUB_TOKEN";
/// The app that people log in to.
pub const CLIENT_ID_VARIABLE: &str = "PLIMSOLL_GITHUB_CLIENT_ID";

/// An account that was connected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Connected {
    /// Its name.
    pub login: String,
    /// The token could not be kept: how to give it next time.
    pub note: Option<String>,
}

/// How the connection stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GithubStatus {
    /// Whose token it is.
    pub login: String,
    /// Where the API is.
    pub api: String,
    /// Where the token comes from.
    pub origin: TokenOrigin,
    /// When the token ends, where that is known.
    pub expires: Option<Timestamp>,
    /// It is renewed by itself.
    pub renews: bool,
    /// How many requests GitHub allows until its hour ends.
    pub requests_left: Option<u64>,
}

/// Where a token comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenOrigin {
    /// The variable [`TOKEN_VARIABLE`].
    Variable,
    /// It was kept.
    Kept,
}

/// An account that was forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Disconnected {
    /// What goes on all the same.
    pub note: Option<String>,
}

/// Connects the account that a token belongs to, after asking GitHub whose it is.
///
/// # Errors
/// When GitHub refuses the token or does not answer.
pub async fn connect(session: &Session, token: Secret) -> Result<Connected, Problem> {
    let token = Secret::new(token.reveal().trim());
    if token.reveal().is_empty() || !token.reveal().chars().all(|c| c.is_ascii_graphic()) {
        return Err(Problem::new(
            Code::InvalidInput,
            "That is no token of GitHub",
            "a token is one word of letters, digits and signs",
            "Give the token alone: `plimsoll github connect --token-stdin < token`.",
        ));
    }
    keep(session, Grant::of(token)).await
}

/// Begins a login by a code that a person types at GitHub. Without a client id there is no app to log in to.
///
/// # Errors
/// When no client id is known, or GitHub does not answer or knows no such app.
pub async fn connect_begin(client_id: Option<String>) -> Result<DeviceCode, Problem> {
    let client_id = client_id.or_else(|| set(CLIENT_ID_VARIABLE)).ok_or_else(no_client)?;
    Ok(Place::of_now()?.login()?.begin(&client_id).await?)
}

/// Waits until the code was typed, and connects the account.
///
/// # Errors
/// When the person says no or not in time, or GitHub does not answer.
pub async fn connect_wait(session: &Session, code: DeviceCode) -> Result<Connected, Problem> {
    let pause = async |pause: Duration| tokio::time::sleep(pause).await;
    let grant = Place::of_now()?.login()?.granted(code, pause).await?;
    keep(session, grant).await
}

/// Asks GitHub how the connection stands.
///
/// # Errors
/// When no account is connected, or GitHub refuses the token or does not answer.
pub async fn status(session: &Session) -> Result<GithubStatus, Problem> {
    let place = Place::of_now()?;
    let (tokens, origin) = tokens(session, &place)?;
    let github = place.github(tokens)?;
    let account = github.account().await?;
    // After the question: the token may just have been renewed.
    let kept = match origin {
        TokenOrigin::Variable => None,
        TokenOrigin::Kept => place.vault(session).load().await?,
    };
    Ok(GithubStatus {
        login: account.login,
        api: place.api.to_string(),
        origin,
        expires: kept.as_ref().and_then(|kept| kept.expires),
        renews: kept.is_some_and(|kept| kept.renewal.is_some()),
        requests_left: github.remaining(),
    })
}

/// Forgets the token on this laptop.
///
/// # Errors
/// When the answer is no, or the keychain does not let it go.
pub async fn disconnect(session: &Session) -> Result<Disconnected, Problem> {
    let consequences = vec![
        "The token is forgotten here. At GitHub it stays valid until you revoke it there.".to_owned(),
        "Repositories, workflows and runs stay as they are.".to_owned(),
    ];
    consent(session, Question::Delete { what: "the connection to GitHub".to_owned(), consequences, typed: None }).await?;
    let known = Place::of_now()?.vault(session).forget().await?;
    let set = set(TOKEN_VARIABLE).map(|_| format!("{TOKEN_VARIABLE} is set and still counts."));
    let nothing = (!known).then(|| "No token was kept.".to_owned());
    Ok(Disconnected { note: set.or(nothing) })
}

/// Where GitHub is.
struct Place {
    api: Url,
    login: Url,
}

impl Place {
    fn of_now() -> Result<Self, Problem> {
        Ok(Self {
            api: address(API_VARIABLE, "https://api.github.com/")?,
            login: address(LOGIN_VARIABLE, "https://github.com/")?,
        })
    }

    fn login(&self) -> Result<Login, Problem> {
        Ok(Login::new(self.login.clone())?)
    }

    fn github(&self, tokens: Arc<dyn Tokens>) -> Result<GitHub, Problem> {
        Ok(GitHub::new(self.api.clone(), tokens, Arc::new(MemoryValidators::default()))?)
    }

    /// A token is kept by the host that it was granted by, so that none goes to another.
    fn vault(&self, session: &Session) -> Vault {
        let port = self.api.port().map(|port| format!(":{port}")).unwrap_or_default();
        let host = format!("{}{port}", self.api.host_str().unwrap_or_default());
        Vault { keychain: Arc::new(Keychain), memory: session.memory.clone(), key: SecretKey::github(&host) }
    }
}

fn tokens(session: &Session, place: &Place) -> Result<(Arc<dyn Tokens>, TokenOrigin), Problem> {
    if let Some(token) = set(TOKEN_VARIABLE) {
        return Ok((Arc::new(FixedToken(Secret::new(token.trim()))), TokenOrigin::Variable));
    }
    let lock = session.paths.data().join("github.lock");
    let kept = KeptToken { vault: place.vault(session), login: place.login()?, lock };
    Ok((Arc::new(kept), TokenOrigin::Kept))
}

async fn keep(session: &Session, grant: Grant) -> Result<Connected, Problem> {
    let place = Place::of_now()?;
    let account = place.github(Arc::new(FixedToken(grant.access.clone())))?.account().await?;
    let error = place.vault(session).keep(&grant).await;
    let note = error.map(|error| {
        format!(
            "The token could not be kept: {error}. It stays in memory for this run and is never written to a file: \
             set {TOKEN_VARIABLE} for the next."
        )
    });
    Ok(Connected { login: account.login, note })
}

fn set(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|text| !text.trim().is_empty())
}

/// Plain HTTP would show the token to whoever listens, so it goes to this very machine only.
fn address(variable: &str, usual: &str) -> Result<Url, Problem> {
    let text = set(variable).unwrap_or_else(|| usual.to_owned());
    let is_safe = |url: &Url| {
        let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        url.scheme() == "https" || (url.scheme() == "http" && loopback)
    };
    Url::parse(&text).ok().filter(is_safe).ok_or_else(|| {
        Problem::new(
            Code::InvalidInput,
            format!("{variable} is no address of GitHub"),
            "it has to begin with https://, or with http:// on this machine",
            format!("Unset {variable}, or correct it."),
        )
    })
}

fn no_client() -> Problem {
    Problem::new(
        Code::SettingsIncomplete,
        "No app of GitHub is known to log in to",
        "a login by code needs the client id of an app, and this build has none",
        format!(
            "Make a fine-grained token at https://github.com/settings/personal-access-tokens/new with Actions, Contents and Workflows: \
             write, and give it with `plimsoll github connect --token-stdin`; or name an app with --client-id or {CLIENT_ID_VARIABLE}."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::{address, connect, connect_begin};
    use crate::{api::testing::bench, domain::secret::Secret, problem::Code};

    #[tokio::test]
    async fn what_is_no_token_is_not_sent_and_not_repeated() {
        let bench = bench().await;
        for text in ["", " \n", "two words", "gh\u{e4}"] {
            let problem = connect(&bench.session, Secret::new(text)).await.unwrap_err();
            assert_eq!(problem.code, Code::InvalidInput);
            assert!(!format!("{problem:?}").contains("two words"));
        }
    }

    #[tokio::test]
    async fn without_an_app_a_token_is_asked_for() {
        let problem = connect_begin(None).await.unwrap_err();
        assert_eq!(problem.code, Code::SettingsIncomplete);
        assert!(problem.hint.contains("--token-stdin") && problem.hint.contains("--client-id"), "{}", problem.hint);
    }

    #[test]
    fn a_token_goes_nowhere_in_plain_text() {
        let may = |text: &str| address("PLIMSOLL_NEVER_SET", text).is_ok();
        assert!(may("https://api.github.com/") && may("http://127.0.0.1:4010/") && may("http://localhost:1"));
        assert!(!may("http://api.github.com/") && !may("ftp://127.0.0.1/") && !may("api.github.com"));
    }
}
