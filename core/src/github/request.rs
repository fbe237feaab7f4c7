//! The one function that sends.
//!
//! Owns: version, token, deadline, pace, redirects by hand, the cap of an answer. Must never know: what an answer means.

use std::{
    marker::PhantomData,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use futures_util::StreamExt as _;
use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};
use reqwest::{
    Method, Response, StatusCode, Url,
    header::{ACCEPT, DATE, ETAG, HeaderMap, IF_NONE_MATCH, LOCATION, RETRY_AFTER},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::{sync::MutexGuard, time::sleep};

use super::{
    Class, DEADLINE, GitHub, Token, VERSION,
    error::{GithubError, Refusal, Result, innermost, message},
    pace::{Heard, Outcome, Slot, Verb},
    types::RepositoryId,
};

/// An answer is some hundred kilobytes; more than this is not read.
const MAX_BODY: usize = 8 << 20;
/// A repository that was renamed more often than this is not followed.
const MAX_REDIRECTS: usize = 3;
/// Waits up to this are nobody's business; longer ones are told to the caller.
const SHORT: Duration = Duration::from_secs(2);

/// Something that can be read.
#[derive(Debug, Clone)]
pub struct Read<T> {
    pub(super) path: Vec<String>,
    pub(super) query: Vec<(&'static str, String)>,
    /// The repository that it is about, where its number is known: its name may move to another one.
    pub(super) about: Option<RepositoryId>,
    answer: PhantomData<fn() -> T>,
}

impl<T> Read<T> {
    pub(super) fn new(path: Vec<String>) -> Self {
        Self { path, query: Vec::new(), about: None, answer: PhantomData }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    pub(super) fn about(mut self, repository: Option<RepositoryId>) -> Self {
        self.about = repository;
        self
    }
}

/// A request.
pub(super) struct Ask {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) body: Option<Value>,
    pub(super) class: Class,
    pub(super) about: Option<RepositoryId>,
}

/// What came back, read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// Of the token that was used.
    pub(super) generation: u64,
}

/// The validator that is known for a token.
pub(super) type Known = (u64, String);

impl GitHub {
    /// Reads something.
    ///
    /// # Errors
    /// When GitHub does not answer, or not with it.
    pub async fn read<T: DeserializeOwned>(&self, read: &Read<T>, class: Class) -> Result<T> {
        let ask = self.ask(Method::GET, &read.path, class)?.narrowed(read);
        let answer = self.send(&ask, None).await?;
        answer.value(&ask)
    }

    /// A request to this path; each part is one segment, whatever it holds.
    pub(super) fn ask(&self, method: Method, path: &[String], class: Class) -> Result<Ask> {
        let mut url = self.api.clone();
        let opened = url.path_segments_mut().map(|mut segments| {
            segments.pop_if_empty().extend(path);
        });
        opened.map_err(|()| GithubError::NoClient(format!("{} is no address of an API", self.api)))?;
        Ok(Ask { method, url, body: None, class, about: None })
    }

    /// Sends a request once, and once more where the token was refused and there is another one. Only what reads is sent on to
    /// where a redirect leads.
    pub(super) async fn send(&self, ask: &Ask, known: Option<&Known>) -> Result<Answer> {
        let _turn = self.turn(ask.class).await;
        let token = self.tokens.token().await?;
        let answer = self.followed(ask, &token, known).await?;
        if answer.status != StatusCode::UNAUTHORIZED || message(&answer.body).is_none() {
            return Ok(answer);
        }
        match self.tokens.refused(&token).await? {
            Some(other) => self.followed(ask, &other, known).await,
            None => Ok(answer),
        }
    }

    async fn turn(&self, class: Class) -> MutexGuard<'_, ()> {
        match class {
            Class::Act => self.acts.lock().await,
            Class::Active | Class::Idle => self.background.lock().await,
        }
    }

    async fn followed(&self, ask: &Ask, token: &Token, known: Option<&Known>) -> Result<Answer> {
        let mut url = ask.url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let answer = self.once(ask, &url, token, known).await?;
            match self.leads_to(ask, &url, &answer)? {
                Some(next) => url = next,
                None => return Ok(answer),
            }
        }
        Err(GithubError::Unexpected { asked: ask.words(), reason: "it is redirected again and again".to_owned() })
    }

    async fn once(&self, ask: &Ask, url: &Url, token: &Token, known: Option<&Known>) -> Result<Answer> {
        let slot = self.admitted(ask).await?;
        let answer = tokio::time::timeout(DEADLINE, self.transmitted(ask, url, token, known)).await;
        let answer = answer.unwrap_or_else(|_| Err(ask.lost(format!("no answer within {} s", DEADLINE.as_secs()))));
        let heard = answer.as_ref().map_or(LOST, Answer::heard);
        self.pace().heard(slot, heard, self.began.elapsed());
        answer
    }

    async fn admitted(&self, ask: &Ask) -> Result<Slot> {
        let verb = if ask.reads() { Verb::Read } else { Verb::Write };
        loop {
            let now = self.began.elapsed();
            let admitted = self.pace().admit(ask.class, verb, now);
            match admitted {
                Ok(slot) => return Ok(slot),
                Err(not_before) if not_before - now <= SHORT => sleep(not_before - now).await,
                Err(not_before) => return Err(GithubError::Held { wait: not_before - now }),
            }
        }
    }

    async fn transmitted(&self, ask: &Ask, url: &Url, token: &Token, known: Option<&Known>) -> Result<Answer> {
        let mut request = self
            .http
            .request(ask.method.clone(), url.clone())
            .header(ACCEPT, "application/vnd.github+json")
            .header("X-GitHub-Api-Version", VERSION)
            .bearer_auth(token.secret.reveal());
        if let Some((_, etag)) = known.filter(|(generation, _)| *generation == token.generation) {
            request = request.header(IF_NONE_MATCH, etag);
        }
        if let Some(body) = &ask.body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|error| ask.failed(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = body(response, ask).await?;
        Ok(Answer { status, headers, body, generation: token.generation })
    }

    /// Where a redirect of GitHub's leads. The token goes to no other host, and to no other repository.
    fn leads_to(&self, ask: &Ask, from: &Url, answer: &Answer) -> Result<Option<Url>> {
        let Some(place) = answer.moved_to().filter(|_| ask.reads()) else { return Ok(None) };
        let unexpected = |reason: &str| GithubError::Unexpected { asked: ask.words(), reason: reason.to_owned() };
        let next = from.join(place).map_err(|_| unexpected("it is redirected to what is no address"))?;
        if next.origin() != self.api.origin() {
            // The answer of some reads is a link to another host; it is theirs to follow, without the token.
            return Ok(None);
        }
        match ask.about {
            Some(wanted) if !self.is_about(&next, wanted) => {
                Err(GithubError::AnotherRepository { wanted, found: next.path().to_owned() })
            }
            _ => Ok(Some(next)),
        }
    }

    fn is_about(&self, url: &Url, wanted: RepositoryId) -> bool {
        let below = url.path().strip_prefix(self.api.path().trim_end_matches('/'));
        let number = below.and_then(|path| path.strip_prefix("/repositories/")).and_then(|rest| rest.split('/').next());
        number == Some(wanted.to_string().as_str())
    }
}

impl Ask {
    pub(super) fn narrowed<T>(mut self, read: &Read<T>) -> Self {
        if !read.query.is_empty() {
            self.url.query_pairs_mut().extend_pairs(&read.query);
        }
        self.about = read.about;
        self
    }

    pub(super) fn with(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    /// `GET /repos/…`, for people.
    pub(super) fn words(&self) -> String {
        format!("{} {}", self.method, self.url.path())
    }

    fn reads(&self) -> bool {
        self.method == Method::GET
    }

    fn failed(&self, error: &reqwest::Error) -> GithubError {
        let (host, reason) = (self.host(), innermost(error));
        if error.is_connect() { GithubError::Unreachable { host, reason } } else { GithubError::Lost { host, reason } }
    }

    fn lost(&self, reason: String) -> GithubError {
        GithubError::Lost { host: self.host(), reason }
    }

    fn host(&self) -> String {
        self.url.host_str().unwrap_or("GitHub").to_owned()
    }
}

const LOST: Heard = Heard { outcome: Outcome::Lost, remaining: None, reset_in: None };

impl Answer {
    /// The value of a good answer.
    pub(super) fn value<T: DeserializeOwned>(&self, ask: &Ask) -> Result<T> {
        let good = self.good(ask)?;
        serde_json::from_slice(&good.body)
            .map_err(|error| GithubError::Unexpected { asked: ask.words(), reason: error.to_string() })
    }

    /// Itself, if it is a good one.
    pub(super) fn good(&self, ask: &Ask) -> Result<&Self> {
        if self.status.is_success() {
            return Ok(self);
        }
        let accepted = self.text("x-accepted-github-permissions");
        let is_limit = self.is_limit();
        Err(Refusal { asked: &ask.words(), status: self.status, body: &self.body, accepted, is_limit }.error())
    }

    /// Where a redirect leads.
    pub(super) fn moved_to(&self) -> Option<&str> {
        matches!(self.status.as_u16(), 301 | 302 | 307 | 308).then(|| self.text(LOCATION.as_str())).flatten()
    }

    pub(super) fn etag(&self) -> Option<&str> {
        self.text(ETAG.as_str())
    }

    fn text(&self, header: &str) -> Option<&str> {
        self.headers.get(header)?.to_str().ok()
    }

    fn number(&self, header: &str) -> Option<u64> {
        self.text(header)?.trim().parse().ok()
    }

    fn is_limit(&self) -> bool {
        let says_so = || message(&self.body).is_some_and(|text| text.to_ascii_lowercase().contains("rate limit"));
        let told = self.headers.contains_key(RETRY_AFTER) || self.number("x-ratelimit-remaining") == Some(0);
        self.status == StatusCode::TOO_MANY_REQUESTS || (self.status == StatusCode::FORBIDDEN && (told || says_so()))
    }

    fn heard(&self) -> Heard {
        let outcome = match self.status {
            StatusCode::NOT_MODIFIED => Outcome::Unchanged,
            _ if self.is_limit() => Outcome::Limited { retry_after: self.number(RETRY_AFTER.as_str()).map(Duration::from_secs) },
            _ => Outcome::Counted,
        };
        let of_ours = self.text("x-ratelimit-resource").is_none_or(|resource| resource == "core");
        let remaining = self.number("x-ratelimit-remaining").filter(|_| of_ours);
        let reset_in = self.number("x-ratelimit-reset").map(|reset| Duration::from_secs(reset.saturating_sub(self.seconds())));
        Heard { outcome, remaining, reset_in }
    }

    /// The time of day by GitHub's clock, or by ours where it does not tell.
    fn seconds(&self) -> u64 {
        let theirs = self.text(DATE.as_str()).and_then(|date| DateTimeParser::new().parse_timestamp(date).ok());
        let theirs = theirs.map(Timestamp::as_second).and_then(|seconds| u64::try_from(seconds).ok());
        theirs.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs()))
    }
}

async fn body(response: Response, ask: &Ask) -> Result<Bytes> {
    let (mut chunks, mut body) = (response.bytes_stream(), Vec::new());
    while let Some(chunk) = chunks.next().await {
        // Whatever broke off: the request had arrived.
        let chunk = chunk.map_err(|error| ask.lost(innermost(&error)))?;
        if body.len() + chunk.len() > MAX_BODY {
            let reason = format!("it is longer than {} MiB", MAX_BODY >> 20);
            return Err(GithubError::Unexpected { asked: ask.words(), reason });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.into())
}
