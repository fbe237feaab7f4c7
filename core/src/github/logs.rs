//! The log of a job, as a stream.
//!
//! Owns: fetching it from where GitHub keeps it, without the token, and saying how it ended. Must never know: what becomes of it.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream::BoxStream};
use reqwest::{Method, Response, Url};
use tokio::time::{Instant, timeout_at};

use super::{
    Class, GitHub, GithubError, WorkflowRef,
    error::{Result, innermost},
    types::JobId,
};

/// How long a whole log may take.
const DEADLINE: Duration = Duration::from_secs(600);

/// A log that is being fetched.
pub struct JobLog {
    chunks: BoxStream<'static, reqwest::Result<Bytes>>,
    until: Instant,
    expected: Option<u64>,
    came: u64,
}

/// How a log ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogEnd {
    /// All of it came.
    Whole,
    /// It broke off.
    Cut {
        /// So many bytes came.
        came: u64,
        /// Of so many, where that was told.
        expected: Option<u64>,
        /// Why.
        reason: String,
    },
}

impl GitHub {
    /// Begins to fetch the log of a job that has ended.
    ///
    /// # Errors
    /// [`GithubError::Missing`] while it is not there yet, or not any more.
    pub async fn job_log(&self, workflow: &WorkflowRef, job: JobId) -> Result<JobLog> {
        let path = workflow.repository.path(&["actions", "jobs", &job.to_string(), "logs"]);
        let mut ask = self.ask(Method::GET, &path, Class::Act)?;
        ask.about = Some(workflow.id);
        let answer = self.send(&ask, None).await?;
        let unexpected = |reason: &str| GithubError::Unexpected { asked: ask.words(), reason: reason.to_owned() };
        let Some(place) = answer.moved_to() else {
            return Err(answer.good(&ask).err().unwrap_or_else(|| unexpected("no link to the log came")));
        };
        let link = ask.url.join(place).map_err(|_| unexpected("the link to the log is no address"))?;
        if link.scheme() != "https" && link.scheme() != self.api.scheme() {
            return Err(unexpected("the link to the log is not safe"));
        }
        Ok(JobLog::of(self.fetched(link).await?))
    }

    /// The link carries its own permission, for a minute; the token stays here.
    async fn fetched(&self, link: Url) -> Result<Response> {
        let host = link.host_str().unwrap_or("the log's host").to_owned();
        let response = self.http.get(link).send().await;
        let response = response.map_err(|error| GithubError::Lost { host: host.clone(), reason: innermost(&error) })?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        Err(GithubError::Down { asked: format!("the log at {host}"), status: status.as_u16(), message: "no log came".to_owned() })
    }
}

impl JobLog {
    fn of(response: Response) -> Self {
        let expected = response.content_length();
        Self { chunks: response.bytes_stream().boxed(), until: Instant::now() + DEADLINE, expected, came: 0 }
    }

    /// The next bytes, or how it ended.
    ///
    /// # Errors
    /// The end, which is [`LogEnd::Whole`] for most logs.
    pub async fn next(&mut self) -> std::result::Result<Bytes, LogEnd> {
        match timeout_at(self.until, self.chunks.next()).await {
            Ok(Some(Ok(chunk))) => {
                self.came += chunk.len() as u64;
                Ok(chunk)
            }
            Ok(Some(Err(error))) => Err(self.cut(innermost(&error))),
            Ok(None) if self.expected.is_some_and(|expected| expected != self.came) => Err(self.cut("it is shorter".to_owned())),
            Ok(None) => Err(LogEnd::Whole),
            Err(_) => Err(self.cut(format!("it took longer than {} min", DEADLINE.as_secs() / 60))),
        }
    }

    fn cut(&self, reason: String) -> LogEnd {
        LogEnd::Cut { came: self.came, expected: self.expected, reason }
    }
}

#[cfg(test)]
mod tests;
