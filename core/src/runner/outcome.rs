//! How a swap ended.
//!
//! Owns: the four ends and what each means as a problem. Must never know: the journal's text form.

use crate::problem::{Code, Problem};

/// How a swap ended, as the runner's last line says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The new release serves and survived its soak.
    Live,
    /// It was undone; the old release is proven serving.
    RolledBack {
        /// Why; `None` when the user cancelled.
        code: Option<Code>,
        /// The cause, naming the service.
        detail: String,
    },
    /// It failed, and there was no old release to go back to; the new containers are stopped and removed.
    Failed {
        /// Why; `None` when the user cancelled.
        code: Option<Code>,
        /// The cause, naming the service.
        detail: String,
    },
    /// The undo failed too. Nothing more is tried.
    RollbackFailed {
        /// What exactly runs and which command brings the old release back.
        detail: String,
    },
}

impl Outcome {
    /// The problem to show; `None` when the release is live or the user cancelled.
    /// `log` is the failing service's last output, from [`super::failed_log`].
    #[must_use]
    pub fn problem(&self, log: &str) -> Option<Problem> {
        let (code, detail, serving) = match self {
            Self::Live => return None,
            Self::RolledBack { code, detail } => ((*code)?, detail, "The old release serves. "),
            Self::Failed { code, detail } => ((*code)?, detail, "There was no older release to go back to. "),
            Self::RollbackFailed { detail } => (Code::RollbackFailed, detail, ""),
        };
        let detail = if log.is_empty() { detail.clone() } else { format!("{detail}\n{log}") };
        Some(Problem::new(code, title(code), detail, format!("{serving}{}", hint(code))))
    }
}

fn title(code: Code) -> &'static str {
    match code {
        Code::Unhealthy => "The new release does not become healthy",
        Code::CrashLoop => "A container of the new release keeps crashing",
        Code::OutOfMemory => "A container of the new release is killed for its memory",
        Code::WrongImage => "What runs is not the image that was asked for",
        Code::ReleaseCommandFailed => "The release command fails",
        Code::RollbackFailed => "Neither the new nor the old release is proven serving",
        _ => "The swap fails on the server",
    }
}

fn hint(code: Code) -> &'static str {
    match code {
        Code::Unhealthy => "Read the log above, correct the service or its probe, and deploy again.",
        Code::CrashLoop => "Read the log above, correct the service, and deploy again.",
        Code::OutOfMemory => "Raise the service's memory limit or make it need less, and deploy again.",
        Code::WrongImage => "Deploy again; if it happens again, look for another program that changes this stack.",
        Code::ReleaseCommandFailed => {
            "Read the log above, correct the command, and deploy again; what it did already is not undone."
        }
        Code::RollbackFailed => "Run the command named above on the server, then check with `plimsoll status`.",
        _ => "Read the cause above, correct it, and deploy again.",
    }
}

#[cfg(test)]
mod tests {
    use super::Outcome;
    use crate::problem::Code;

    #[test]
    fn a_failed_swap_says_why_what_serves_and_what_to_do() {
        let detail = "api was killed for its memory; its limit is 64 MiB".to_owned();
        let problem =
            Outcome::RolledBack { code: Some(Code::OutOfMemory), detail: detail.clone() }.problem("last words").unwrap();
        assert_eq!(problem.code, Code::OutOfMemory);
        assert_eq!(problem.detail, format!("{detail}\nlast words"));
        assert!(problem.hint.starts_with("The old release serves. Raise"), "{}", problem.hint);
    }

    #[test]
    fn live_and_cancelled_are_no_problems() {
        assert_eq!(Outcome::Live.problem(""), None);
        assert_eq!(Outcome::RolledBack { code: None, detail: String::new() }.problem("log"), None);
    }

    #[test]
    fn a_failed_undo_never_claims_that_something_serves() {
        let problem = Outcome::RollbackFailed { detail: "what runs: …".to_owned() }.problem("").unwrap();
        assert_eq!(problem.code, Code::RollbackFailed);
        assert!(!problem.hint.contains("serves"));
    }
}
