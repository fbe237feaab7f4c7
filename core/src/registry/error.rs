//! Why a registry did not do as asked. Messages are fragments fit for "failed to …".

use oci_client::errors::{OciDistributionError as Theirs, OciErrorCode as Said};

use super::reference::ReferenceError;

/// Why a registry did not do as asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RegistryError {
    /// No answer, or one that says it is not well.
    #[error("{host} does not answer: {reason}")]
    Unreachable { host: String, reason: String },
    /// It refuses the login, or this login may not see the repository.
    #[error("{host} refuses the request: {reason}")]
    Refused { host: String, reason: String },
    /// These AWS credentials lack a right.
    #[error("AWS does not allow {action}: {reason}")]
    Denied {
        /// As IAM writes it.
        action: &'static str,
        /// The statement that grants it; `None` where a Deny forbids it.
        grants: Option<String>,
        /// As AWS worded it.
        reason: String,
    },
    /// Nobody gave a password or key.
    #[error("no credentials for {host}: {reason}")]
    CredentialsMissing { host: String, reason: String },
    /// Too many requests.
    #[error("{host} allows no more requests for now: {reason}")]
    RateLimited { host: String, reason: String },
    /// There is no such image or repository.
    #[error("{host} does not have it: {reason}")]
    Missing { host: String, reason: String },
    /// The AWS configuration names no region.
    #[error("no AWS region is set")]
    NoRegion,
    /// The text is no image name.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// It answered something that makes no sense.
    #[error("{host} answered something unexpected: {reason}")]
    Unexpected { host: String, reason: String },
}

impl RegistryError {
    /// Whether the same question may be answered a moment later.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }
}

/// What oci-client reported, by status and code.
pub(super) fn translate(host: &str, error: &Theirs) -> RegistryError {
    let host = host.to_owned();
    let reason = reasons(error);
    match error {
        Theirs::RequestError(e) if e.is_decode() || e.is_builder() => RegistryError::Unexpected { host, reason },
        Theirs::RequestError(_) | Theirs::IoError(_) => RegistryError::Unreachable { host, reason },
        Theirs::UnauthorizedError { .. } | Theirs::AuthenticationFailure(_) => RegistryError::Refused { host, reason },
        Theirs::ServerError { code, .. } => by_status(*code, host, reason),
        Theirs::RegistryError { envelope, .. } => by_code(envelope.errors.first().map(|e| &e.code), host, reason),
        Theirs::ImageManifestNotFoundError(_) => RegistryError::Missing { host, reason },
        _ => RegistryError::Unexpected { host, reason },
    }
}

fn by_status(status: u16, host: String, reason: String) -> RegistryError {
    match status {
        401 | 403 => RegistryError::Refused { host, reason },
        404 => RegistryError::Missing { host, reason },
        429 => RegistryError::RateLimited { host, reason },
        500.. => RegistryError::Unreachable { host, reason },
        _ => RegistryError::Unexpected { host, reason },
    }
}

fn by_code(code: Option<&Said>, host: String, reason: String) -> RegistryError {
    match code {
        Some(Said::Unauthorized | Said::Denied) => RegistryError::Refused { host, reason },
        Some(Said::ManifestUnknown | Said::NameUnknown | Said::NotFound | Said::BlobUnknown | Said::ManifestBlobUnknown) => {
            RegistryError::Missing { host, reason }
        }
        Some(Said::Toomanyrequests) => RegistryError::RateLimited { host, reason },
        _ => RegistryError::Unexpected { host, reason },
    }
}

/// An error and its causes in one line: the innermost says what really happened.
pub(super) fn reasons(error: &(dyn std::error::Error + 'static)) -> String {
    let mut texts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(cause) = next {
        let text = cause.to_string();
        // Many errors repeat their cause.
        if !texts.iter().any(|t| t.contains(&text)) {
            texts.push(text);
        }
        next = cause.source();
    }
    texts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::{RegistryError, Theirs, translate};

    fn status(code: u16) -> RegistryError {
        translate("r", &Theirs::ServerError { code, url: String::new(), message: String::new() })
    }

    #[test]
    fn a_status_decides() {
        assert!(matches!(status(401), RegistryError::Refused { .. }) && matches!(status(403), RegistryError::Refused { .. }));
        assert!(matches!(status(404), RegistryError::Missing { .. }));
        assert!(matches!(status(429), RegistryError::RateLimited { .. }));
        assert!(status(503).is_passing() && !status(404).is_passing());
    }

    #[test]
    fn so_does_a_registrys_code() {
        let said = |code: &str| {
            let envelope = serde_json::from_value(serde_json::json!({"errors": [{"code": code}]})).expect("an envelope");
            translate("r", &Theirs::RegistryError { envelope, url: String::new() })
        };
        assert!(matches!(said("DENIED"), RegistryError::Refused { .. }));
        assert!(matches!(said("NAME_UNKNOWN"), RegistryError::Missing { .. }));
        assert!(matches!(said("TOOMANYREQUESTS"), RegistryError::RateLimited { .. }));
        assert!(matches!(said("SOMETHING_ELSE"), RegistryError::Unexpected { .. }));
    }
}
