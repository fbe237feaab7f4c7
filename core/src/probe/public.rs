//! The public URL, over the network, as a user's browser reaches it.
//!
//! Owns: asking once or until it is good. Must never know: what follows from it.

use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::{Client, Response, redirect::Policy};
use tokio::time::{Instant, sleep};

use crate::{
    problem::{Code, Problem},
    tls,
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

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// As wanted.
    Good,
    /// Not as wanted, in words.
    Bad(String),
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
        tls::install();
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

    /// Asks again after every `pause` until the answer is good.
    ///
    /// # Errors
    /// The last bad answer in words, when none was good for as long as `patience`.
    pub async fn until_good(&self, pause: Duration, patience: Duration) -> Result<(), String> {
        let begun = Instant::now();
        loop {
            match self.ask().await {
                Answer::Good => return Ok(()),
                Answer::Bad(why) if begun.elapsed() + pause > patience => return Err(why),
                Answer::Bad(_) => sleep(pause).await,
            }
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::{Answer, PublicProbe};

    /// A web server that gives these answers, one per connection, and its URL.
    async fn serving(answers: Vec<&'static str>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = [0; 1024];
                let _ = stream.read(&mut request).await.unwrap();
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        url
    }

    async fn asked(answer: &'static str, expect: Option<&str>) -> Answer {
        PublicProbe::new(&serving(vec![answer]).await, expect, Duration::from_secs(5)).unwrap().ask().await
    }

    const GOOD: &str = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 11\r\n\r\nrelease=abc";
    const MOVED: &str = "HTTP/1.1 302 Found\r\nconnection: close\r\nlocation: /in\r\ncontent-length: 0\r\n\r\n";
    const BROKEN: &str = "HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

    #[tokio::test]
    async fn good_is_a_success_or_a_redirect_with_the_expected_text() {
        assert_eq!(asked(GOOD, None).await, Answer::Good);
        assert_eq!(asked(GOOD, Some("release=abc")).await, Answer::Good);
        assert_eq!(asked(MOVED, None).await, Answer::Good);
        assert!(matches!(asked(GOOD, Some("release=abd")).await, Answer::Bad(why) if why.ends_with("without `release=abd`")));
        assert!(matches!(asked(BROKEN, None).await, Answer::Bad(why) if why.contains("503")));
    }

    #[tokio::test]
    async fn nobody_there_is_a_reason_in_words() {
        let url = serving(Vec::new()).await;
        let probe = PublicProbe::new(&url, None, Duration::from_secs(5)).unwrap();
        assert!(matches!(probe.ask().await, Answer::Bad(why) if !why.is_empty()));
    }

    #[tokio::test]
    async fn it_asks_until_the_answer_is_good() {
        let url = serving(vec![BROKEN, BROKEN, GOOD]).await;
        let probe = PublicProbe::new(&url, None, Duration::from_secs(5)).unwrap();
        assert_eq!(probe.until_good(Duration::from_millis(1), Duration::from_secs(60)).await, Ok(()));
        let probe = PublicProbe::new(&serving(vec![BROKEN]).await, None, Duration::from_secs(5)).unwrap();
        let never = probe.until_good(Duration::from_millis(1), Duration::ZERO).await;
        assert!(never.is_err_and(|why| why.contains("503")));
    }

    #[test]
    fn what_is_no_url_cannot_be_asked() {
        assert!(PublicProbe::new("shop.example", None, Duration::from_secs(1)).is_err());
    }
}
