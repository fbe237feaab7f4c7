//! Findings as the one error that leaves core.
//!
//! Owns: that wording. Must never know: which rule found what.

use super::{
    bake::BakeError,
    dotenv::DotenvError,
    errors::RenderFailure,
    finding::{Finding, FindingCode, Severity},
    order::Cycle,
    rendered::RenderedError,
};
use crate::problem::{Code, Problem};

/// Only the errors among findings.
#[must_use]
pub fn errors_of(findings: &[Finding]) -> Vec<Finding> {
    findings.iter().filter(|f| f.severity == Severity::Error).cloned().collect()
}

/// The findings' errors as one problem; `None` if there is none.
#[must_use]
pub fn problem_of(findings: &[Finding]) -> Option<Problem> {
    let errors = errors_of(findings);
    let first = errors.first()?;
    let code = match first.code {
        FindingCode::FileMissing => Code::FileMissing,
        _ => Code::ComposeInvalid,
    };
    let title = match errors.len() {
        1 => "The Compose file cannot be deployed".to_owned(),
        n => format!("The Compose file cannot be deployed: {n} errors"),
    };
    let detail = errors.iter().map(|f| format!("{}: {}", f.place, f.text)).collect::<Vec<_>>().join("\n");
    Some(Problem::new(code, title, detail, first.remedy.clone()))
}

impl From<Cycle> for Problem {
    fn from(cycle: Cycle) -> Self {
        Self::new(
            Code::ComposeInvalid,
            "The services cannot be put in an order",
            cycle.to_string(),
            "Take one of these depends_on out of the Compose file.",
        )
    }
}

impl From<BakeError> for Problem {
    fn from(error: BakeError) -> Self {
        let detail = error.to_string();
        match error {
            BakeError::VariableMissing { name, message, .. } => {
                let detail = if message.is_empty() { detail } else { format!("{detail}: {message}") };
                let hint = format!("Set it for builds: plimsoll env set --build {name}");
                Self::new(Code::VariableMissing, "A build needs a variable that is not set", detail, hint)
            }
            BakeError::Argument { .. } => Self::new(
                Code::ComposeInvalid,
                "The builds cannot be prepared",
                detail,
                "Write `$$` for a plain `$` in the Compose file's build arguments.",
            ),
            BakeError::Outside { .. } => Self::new(
                Code::ComposeInvalid,
                "A build reads files outside the repository",
                detail,
                "Move what it needs into the repository: only its files travel to the builder.",
            ),
        }
    }
}

impl From<RenderFailure> for Problem {
    fn from(failure: RenderFailure) -> Self {
        let detail = failure.to_string();
        match failure {
            RenderFailure::VariableRequired { name, .. } => Self::new(
                Code::VariableMissing,
                format!("The variable {name} is not set"),
                detail,
                format!("Set it in the environment: plimsoll env set {name}"),
            ),
            RenderFailure::EnvFileMissing { path } => Self::new(
                Code::FileMissing,
                "An env_file of the Compose file does not exist on the server",
                detail,
                format!("Commit {path}, or put its variables in with: plimsoll env import {path}"),
            ),
            RenderFailure::Invalid { .. } => Self::new(
                Code::ComposeInvalid,
                "Compose refuses the file",
                detail,
                "Mend the Compose file; `plimsoll project check` names the lines it can.",
            ),
            RenderFailure::Other { .. } => {
                Self::new(Code::CommandFailed, "docker compose config failed", detail, "Read what it printed and try again.")
            }
        }
    }
}

impl From<DotenvError> for Problem {
    fn from(error: DotenvError) -> Self {
        Self::new(
            Code::InvalidInput,
            "The variables cannot be written or read",
            error.to_string(),
            "Correct the name, the value or the line that the detail names.",
        )
    }
}

impl From<RenderedError> for Problem {
    fn from(error: RenderedError) -> Self {
        Self::new(
            Code::ComposeInvalid,
            "The server's Compose answers in a form that is not known",
            error.to_string(),
            "Update Docker Compose on the server (2.20 or newer), then try again.",
        )
    }
}
