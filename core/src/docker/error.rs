//! Why an engine did not do as asked. Messages are fragments fit for "failed to …".

use std::error::Error;

use crate::{domain::platform::Platform, host::HostError};

/// Why an engine did not do as asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// Nobody answers.
    #[error("the Docker engine on {host} does not answer: {why}")]
    Down { host: String, why: Down },
    /// It answered and then broke off: it restarts, or contact broke. The same call may be made again.
    #[error("the Docker engine on {host} broke off while it was to {what}: {reason}")]
    Gone { host: String, what: String, reason: String },
    /// The machine itself cannot be reached.
    #[error(transparent)]
    Host(#[from] HostError),
    /// No answer within the deadline.
    #[error("the Docker engine on {host} took longer than {seconds} s to {what}")]
    TimedOut { host: String, what: String, seconds: u64 },
    /// It has no such container or image.
    #[error("{host} has no {what}")]
    NotFound { host: String, what: String },
    /// The registry refused the credentials that came with the request.
    #[error("the registry refuses {image}: {reason}")]
    RegistryRefused { image: String, reason: String },
    /// The registry has no such image.
    #[error("the registry has no {image}: {reason}")]
    ImageMissing { image: String, reason: String },
    /// The image exists, but not for that engine.
    #[error("{image} exists for {}, not for {wanted}", list(.offered))]
    WrongPlatform { image: String, wanted: Platform, offered: Vec<Platform> },
    /// The engine's disk is full.
    #[error("no space left on {host} for {what}: {reason}")]
    NoSpace { host: String, what: String, reason: String },
    /// It refused or failed for another reason, in its own words.
    #[error("the Docker engine on {host} failed to {what}: {reason}")]
    Failed { host: String, what: String, status: Option<u16>, reason: String },
    /// The text is no image name; it is never sent.
    #[error("`{0}` is not an image name")]
    InvalidName(String),
}

/// Why nobody answers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Down {
    /// There is no socket: not installed, or not started.
    #[error("there is no {0}")]
    SocketMissing(String),
    /// The login user may not use it.
    #[error("{user} may not use {what}")]
    PermissionDenied { user: String, what: String },
    /// The socket is there but nobody accepts, or the command that carries it fails.
    #[error("{0}")]
    Refused(String),
}

impl EngineError {
    /// Whether making the same call again may help: the engine or the contact went away in between.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Gone { .. }
                | Self::Host(HostError::ContactLost { .. })
                | Self::Down { why: Down::Refused(_) | Down::SocketMissing(_), .. }
        )
    }
}

/// What bollard reported about one call, in our words.
pub(super) fn translate(host: &str, what: &str, error: &bollard::errors::Error) -> EngineError {
    use bollard::errors::Error as Theirs;
    let (host, what) = (host.to_owned(), what.to_owned());
    match error {
        Theirs::DockerResponseServerError { status_code: 404, message } => EngineError::NotFound { host, what: message.clone() },
        Theirs::DockerResponseServerError { status_code, message } => failed(host, what, Some(*status_code), message.clone()),
        Theirs::DockerStreamError { error } => failed(host, what, None, error.clone()),
        Theirs::RequestTimeoutError => EngineError::TimedOut { host, what, seconds: super::engine::FIRST_ANSWER.as_secs() },
        Theirs::HyperLegacyError { .. } | Theirs::HyperResponseError { .. } | Theirs::IOError { .. } => match host_error(error) {
            // The machine answers, its socket does not.
            Some(HostError::Failed { reason, .. }) => EngineError::Down { host, why: Down::Refused(reason) },
            Some(error) => EngineError::Host(error),
            None => EngineError::Gone { host, what, reason: innermost(error) },
        },
        other => failed(host, what, None, other.to_string()),
    }
}

fn failed(host: String, what: String, status: Option<u16>, reason: String) -> EngineError {
    EngineError::Failed { host, what, status, reason }
}

/// The host's own error, where dialling failed: it travels through hyper inside an `io::Error`.
fn host_error(error: &(dyn Error + 'static)) -> Option<HostError> {
    causes(error).find_map(|e| {
        let inner = e.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        e.downcast_ref::<HostError>().or_else(|| inner.and_then(|i| i.downcast_ref())).cloned()
    })
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |e| (*e).source())
}

fn list(platforms: &[Platform]) -> String {
    platforms.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
