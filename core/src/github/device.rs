//! Logging in by a code that a person types at GitHub.
//!
//! Owns: asking for the code, waiting for the person, renewing what was granted. Must never know: where a grant is kept.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::{Client, Url, header::ACCEPT};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    DEADLINE, client,
    error::{GithubError, Result, innermost},
    token::{Grant, Renewal},
};
use crate::domain::secret::Secret;

/// What an OAuth app is asked for; a GitHub App has its own permissions.
const SCOPE: &str = "repo workflow";
/// Added to the pause each time that GitHub finds it too short.
const SLOWER: Duration = Duration::from_secs(5);

/// Where GitHub lets people log in.
pub struct Login {
    http: Client,
    url: Url,
}

/// A login that waits for a person.
#[derive(Debug)]
pub struct DeviceCode {
    /// What the person types.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// Until when.
    pub expires_in: Duration,
    code: Secret,
    client_id: String,
    pause: Duration,
    begun: Instant,
}

#[derive(Deserialize)]
struct Begun {
    device_code: String,
    user_code: String,
    verification_uri: String,
    expires_in: u64,
    interval: u64,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: Option<i64>,
    refresh_token: Option<String>,
}

/// A good answer, or the error that came as one: both are 200.
enum Reply<T> {
    Good(T),
    Error { error: String, text: String },
}

impl Login {
    /// At this address. Asks nobody yet.
    ///
    /// # Errors
    /// When this machine cannot make a client.
    pub fn new(url: Url) -> Result<Self> {
        Ok(Self { http: client()?, url })
    }

    /// Asks for a code, for the app with this client id.
    ///
    /// # Errors
    /// When GitHub knows no such app or does not answer.
    pub async fn begin(&self, client_id: &str) -> Result<DeviceCode> {
        let asked = json!({ "client_id": client_id, "scope": SCOPE });
        match self.post::<Begun>(&["login", "device", "code"], &asked).await? {
            Reply::Error { text, .. } => Err(GithubError::NotGranted { reason: text }),
            Reply::Good(begun) => Ok(DeviceCode {
                user_code: begun.user_code,
                verification_uri: begun.verification_uri,
                expires_in: Duration::from_secs(begun.expires_in),
                code: Secret::new(begun.device_code),
                client_id: client_id.to_owned(),
                pause: Duration::from_secs(begun.interval),
                begun: Instant::now(),
            }),
        }
    }

    /// Waits until the person has typed the code; `pause` is called between two questions.
    ///
    /// # Errors
    /// [`GithubError::NotGranted`] when the person says no, or not in time.
    pub async fn granted(&self, mut code: DeviceCode, pause: impl AsyncFn(Duration)) -> Result<Grant> {
        loop {
            pause(code.pause).await;
            match self.asked(&mut code).await {
                Ok(Some(grant)) => return Ok(grant),
                Err(error) if !error.is_passing() => return Err(error),
                _ if code.begun.elapsed() >= code.expires_in => {
                    return Err(GithubError::NotGranted { reason: "the code was not typed in time".to_owned() });
                }
                _ => {}
            }
        }
    }

    /// Another grant for what came with the last one.
    ///
    /// # Errors
    /// [`GithubError::NotGranted`] when it was used before, or has ended.
    pub async fn renew(&self, renewal: &Renewal) -> Result<Grant> {
        let asked = json!({
            "client_id": renewal.client_id, "grant_type": "refresh_token", "refresh_token": renewal.token.reveal(),
        });
        match self.post::<Granted>(&["login", "oauth", "access_token"], &asked).await? {
            Reply::Good(granted) => Ok(granted.grant(&renewal.client_id)),
            Reply::Error { text, .. } => Err(GithubError::NotGranted { reason: text }),
        }
    }

    async fn asked(&self, code: &mut DeviceCode) -> Result<Option<Grant>> {
        let asked = json!({
            "client_id": code.client_id, "device_code": code.code.reveal(),
            "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
        });
        match self.post::<Granted>(&["login", "oauth", "access_token"], &asked).await? {
            Reply::Good(granted) => Ok(Some(granted.grant(&code.client_id))),
            Reply::Error { error, text } => match error.as_str() {
                "authorization_pending" => Ok(None),
                "slow_down" => {
                    code.pause += SLOWER;
                    Ok(None)
                }
                "expired_token" => Err(GithubError::NotGranted { reason: "the code was not typed in time".to_owned() }),
                "access_denied" => Err(GithubError::NotGranted { reason: "it was denied at GitHub".to_owned() }),
                _ => Err(GithubError::NotGranted { reason: text }),
            },
        }
    }

    async fn post<T: DeserializeOwned>(&self, path: &[&str], asked: &Value) -> Result<Reply<T>> {
        let mut url = self.url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        let words = format!("POST {}", url.path());
        let host = url.host_str().unwrap_or("GitHub").to_owned();
        let request = self.http.post(url).header(ACCEPT, "application/json").timeout(DEADLINE).json(asked);
        let failed = |error: reqwest::Error| GithubError::Lost { host: host.clone(), reason: innermost(&error) };
        let response = request.send().await.map_err(failed)?;
        let status = response.status().as_u16();
        let body = response.bytes().await.map_err(failed)?;
        if status >= 500 {
            return Err(GithubError::Down { asked: words, status, message: "no reason is given".to_owned() });
        }
        // What cannot be read may hold a token: nothing of it is quoted.
        let unexpected =
            |_| GithubError::Unexpected { asked: words.clone(), reason: format!("status {status}, not as expected") };
        let value: Value = serde_json::from_slice(&body).map_err(unexpected)?;
        match value.get("error").and_then(Value::as_str) {
            Some(error) => {
                let text = value.get("error_description").and_then(Value::as_str).unwrap_or(error);
                Ok(Reply::Error { error: error.to_owned(), text: text.to_owned() })
            }
            None => Ok(Reply::Good(serde_json::from_value(value).map_err(unexpected)?)),
        }
    }
}

impl Granted {
    fn grant(self, client_id: &str) -> Grant {
        let ends = |seconds: i64| Timestamp::now().checked_add(SignedDuration::from_secs(seconds)).ok();
        let renewal = self.refresh_token.map(|token| Renewal { token: Secret::new(token), client_id: client_id.to_owned() });
        Grant { access: Secret::new(self.access_token), expires: self.expires_in.and_then(ends), renewal }
    }
}

#[cfg(test)]
mod tests;
