//! The public URL, over the network, as a user's browser reaches it.
//!
//! Owns: one request and its answer. Must never know: what a series of them means.

use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::{Client, Response, redirect::Policy};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::judge::{Answer, Judge, Terms};
use crate::{
    domain::probe::Verdict,
    problem::{Code, Problem},
};

/// At most this much of an answer is searched for the expected text.
const BODY_CAP: usize = 1 << 20;

/// A public URL that is asked again and again over one client.
#[derive(Debug, Clone)]
pub struct PublicProbe {
    client: Client,
    url: String,
    expect: Option<String>,
}

/// Why a URL cannot be asked at all. A fragment fit for "failed to …".
#[derive(Debug, thiserror::Error)]
#[error("prepare the probe of {url}: {source}")]
pub struct ProbeError {
    url: String,
    source: reqwest::Error,
}

impl PublicProbe {
    /// A probe of `url`; `expect` is the text the answer must contain, with `{release}` already filled in.
    ///
    /// # Errors
    /// When no client can be made, or the URL is none.
    pub fn new(url: &str, expect: Option<&str>, timeout: Duration) -> Result<Self, ProbeError> {
        let failed = |source| ProbeError { url: url.to_owned(), source };
        let client = Client::builder().timeout(timeout).redirect(Policy::none()).build().map_err(failed)?;
        client.get(url).build().map_err(failed)?;
        Ok(Self { client, url: url.to_owned(), expect: expect.map(str::to_owned) })
    }

    /// Asks once: 2xx and 3xx are good, and the expected text must be there where one is given.
    pub async fn ask(&self) -> Answer {
        match self.client.get(&self.url).send().await {
            Err(error) => Answer::Bad(reason(&error)),
            Ok(response) => self.read(response).await,
        }
    }

    /// Asks every `pause` until there is a verdict for good, or `cancel` fires (`None`).
    /// The first good answer ends it.
    pub async fn until_good(&self, pause: Duration, deadline: Duration, cancel: &CancellationToken) -> Option<Verdict> {
        let mut judge = Judge::new(Terms { deadline, failures: u32::MAX });
        let begun = Instant::now();
        let mut ticks = interval(pause);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = cancel.cancelled() => return None,
                _ = ticks.tick() => {}
            }
            let answer = self.ask().await;
            if let Some(verdict) = judge.observe(begun.elapsed(), &answer) {
                return Some(verdict);
            }
        }
    }

    /// Asks every `pause` until `cancel` fires; the longest gap that was seen.
    pub async fn longest_gap(&self, pause: Duration, cancel: &CancellationToken) -> Duration {
        let mut judge = Judge::new(Terms { deadline: Duration::MAX, failures: u32::MAX });
        let begun = Instant::now();
        let mut ticks = interval(pause);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = cancel.cancelled() => return judge.longest_gap(),
                _ = ticks.tick() => {}
            }
            let at = begun.elapsed();
            judge.observe(at, &self.ask().await);
        }
    }

    async fn read(&self, response: Response) -> Answer {
        let status = response.status();
        if !(status.is_success() || status.is_redirection()) {
            return Answer::Bad(format!("{} answers {status}", self.url));
        }
        let Some(expect) = &self.expect else { return Answer::Good };
        match body(response).await {
            Err(error) => Answer::Bad(reason(&error)),
            Ok(body) if contains(&body, expect.as_bytes()) => Answer::Good,
            Ok(_) => Answer::Bad(format!("{} answers {status} without `{expect}`", self.url)),
        }
    }
}

impl From<ProbeError> for Problem {
    fn from(error: ProbeError) -> Self {
        Self::new(
            Code::InvalidInput,
            "The public URL cannot be asked",
            error.to_string(),
            "Correct `url` of the environment in plimsoll.toml.",
        )
    }
}

async fn body(response: Response) -> Result<Vec<u8>, reqwest::Error> {
    let mut chunks = response.bytes_stream();
    let mut body = Vec::new();
    while let Some(chunk) = chunks.next().await {
        body.extend_from_slice(&chunk?);
        if body.len() >= BODY_CAP {
            break;
        }
    }
    Ok(body)
}

fn contains(body: &[u8], text: &[u8]) -> bool {
    text.is_empty() || body.windows(text.len()).any(|window| window == text)
}

/// The innermost cause says what happened; the outer ones only repeat the URL.
fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
