//! What reading or checking a Compose file found.
//!
//! Owns: the shape of a finding: where, what, how bad, what to do. Must never know: which rule made it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A place in a file of the project.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Place {
    /// Relative to the project's folder.
    pub file: String,
    /// From 1; 0 means the file as a whole.
    pub line: usize,
    /// From 1; 0 means the line as a whole.
    pub column: usize,
}

impl Place {
    /// A file as a whole.
    #[must_use]
    pub fn file(file: &str) -> Self {
        Self { file: file.to_owned(), line: 0, column: 0 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 { write!(f, ":{}", self.line) } else { Ok(()) }
    }
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nothing can be deployed before it is mended.
    Error,
    /// It deploys, but surely not as meant.
    Warning,
    /// Worth knowing.
    Advice,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Advice => "advice",
        })
    }
}

/// Which rule was broken; stable, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum FindingCode {
    /// No Compose file, or a file that another one names, does not exist.
    FileMissing,
    /// A file exists and cannot be read, or is not UTF-8.
    FileUnreadable,
    /// Not YAML.
    YamlSyntax,
    /// YAML, but another kind of value is expected there.
    WrongType,
    /// `${…}` that cannot be understood.
    InterpolationSyntax,
    /// `extends` or `include` names something that does not exist or leads in a circle.
    UnknownReference,
    /// No service at all.
    NoServices,
    /// A name that Compose or a shell would not take.
    InvalidName,
    /// A service that has neither `image` nor `build`.
    NothingToRun,
    /// `depends_on` names no service.
    UnknownDependency,
    /// Services wait for each other.
    DependencyCycle,
    /// A path leads out of the repository.
    OutsideRepository,
    /// A key that Compose does not know.
    UnknownKey,
    /// A key that is known and has no effect here.
    IgnoredKey,
    /// An included file defines something that is defined already.
    Conflict,
    /// A value that is read as something else than it looks like.
    Surprising,
    /// A key that only swarm reads.
    SwarmOnly,
    /// A variable that the server's environment has to supply.
    VariableRequired,
    /// Two services publish the same port.
    PortConflict,
    /// A stateful image without a fixed tag.
    UnpinnedImage,
    /// Nothing says when the service is ready.
    NoHealthcheck,
    /// `plimsoll.toml` names a service that the Compose file lacks.
    UnknownService,
    /// A profile that is switched on and used by nobody.
    UnknownProfile,
    /// `plimsoll.toml` names a server that was not added on this laptop, or no environment at all.
    UnknownServer,
    /// `plimsoll.toml` names a registry that was not added on this laptop, or none although something is built.
    UnknownRegistry,
    /// `plimsoll.toml` names no builder although something is built, or one that cannot build.
    NoBuilder,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Which rule.
    pub code: FindingCode,
    /// Where.
    pub place: Place,
    /// What is wrong, present tense, without a full stop.
    pub text: String,
    /// What to do, an imperative sentence.
    pub remedy: String,
}

impl Finding {
    /// An error.
    #[must_use]
    pub fn error(code: FindingCode, place: &Place, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { severity: Severity::Error, code, place: place.clone(), text: text.into(), remedy: remedy.into() }
    }

    /// A warning.
    #[must_use]
    pub fn warning(code: FindingCode, place: &Place, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, place, text, remedy) }
    }

    /// Advice.
    #[must_use]
    pub fn advice(code: FindingCode, place: &Place, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { severity: Severity::Advice, ..Self::error(code, place, text, remedy) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.place, self.severity, self.text)
    }
}
