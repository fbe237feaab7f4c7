//! Why nothing was built.
//!
//! Owns: the room's errors and their words for the user. Must never know: what the images were for.

use std::fmt;

use crate::{
    domain::{bytes::Bytes, name::ServiceName, platform::Platform},
    git::GitError,
    host::HostError,
    problem::{Code, Problem},
};

/// Why nothing was built. Messages are fragments fit for "failed to …".
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The builder cannot be reached, or a command there could not be run.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The builder cannot be connected at all.
    #[error("{0}")]
    Unreached(Box<Problem>),
    /// The commit cannot be read.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A Dockerfile failed.
    #[error("{0}")]
    Failed(Box<FailedBuild>),
    /// The registry refused an image, or a base image.
    #[error("the registry refuses {step}: {reason}")]
    RegistryRefused { step: String, reason: String },
    /// The builder's disk is full.
    #[error("no space left on {builder}: {detail}")]
    NoSpace { builder: String, detail: String },
    /// This machine has too little space to build here.
    #[error("{} are free, about {} are needed", .free, .needed)]
    LittleSpace { free: Bytes, needed: Bytes },
    /// The builder cannot execute the server's platform.
    #[error("{builder} builds for {}, not for {wanted}", list(.can))]
    Platform { builder: String, wanted: Platform, can: Vec<Platform> },
    /// A program is missing on the builder.
    #[error("{builder} has no {tool}")]
    ToolMissing { builder: String, tool: &'static str },
    /// The engine does not answer on the builder.
    #[error("the engine of {builder} does not answer: {detail}")]
    EngineDown { builder: String, detail: String },
    /// The bake file or a secret cannot be used.
    #[error("{0}")]
    Job(String),
    /// The builder answered something that makes no sense.
    #[error("{builder} answers `{what}` with status {status}: {detail}")]
    Unexpected { builder: String, what: &'static str, status: i32, detail: String },
    /// A file of this machine cannot be read.
    #[error("{what}: {source}")]
    Io { what: String, source: std::io::Error },
}

/// A build that failed, and what it printed last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedBuild {
    /// The service, where known.
    pub service: Option<ServiceName>,
    /// The step, as BuildKit calls it; empty if it failed before any.
    pub step: String,
    /// What BuildKit says.
    pub reason: String,
    /// The last lines that the step printed; not yet redacted.
    pub last_lines: Vec<String>,
}

impl fmt::Display for FailedBuild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.step.is_empty() {
            write!(f, "{}: ", self.step)?;
        }
        f.write_str(&self.reason)?;
        self.last_lines.iter().try_for_each(|line| write!(f, "\n{line}"))
    }
}

fn list(platforms: &[Platform]) -> String {
    let names: Vec<String> = platforms.iter().map(ToString::to_string).collect();
    if names.is_empty() { "no known platform".to_owned() } else { names.join(", ") }
}

impl From<BuildError> for Problem {
    fn from(error: BuildError) -> Self {
        let detail = error.to_string();
        let (code, title, hint) = match error {
            BuildError::Host(error) => return error.into(),
            BuildError::Git(error) => return error.into(),
            BuildError::Unreached(problem) => return *problem,
            error => words(&error),
        };
        Self::new(code, title, detail, hint)
    }
}

fn words(error: &BuildError) -> (Code, String, String) {
    use BuildError as E;
    let say = |code, title: &str, hint: &str| (code, title.to_owned(), hint.to_owned());
    match error {
        E::Failed(failed) => match &failed.service {
            Some(service) => (Code::BuildFailed, format!("The build of {service} fails"), fix()),
            None => (Code::BuildFailed, "The build fails".to_owned(), fix()),
        },
        E::RegistryRefused { .. } => {
            say(Code::RegistryRefused, "The registry refuses an image", "Check the registry's password and its right to push.")
        }
        E::NoSpace { builder, .. } => (
            Code::DiskFull,
            format!("The disk of {builder} is full"),
            format!("Free space there, for example with `docker builder prune` on {builder}, then deploy again."),
        ),
        E::LittleSpace { .. } => {
            say(Code::DiskFull, "This machine has too little space to build", "Free some space, or choose a build VM.")
        }
        E::Platform { builder, wanted, .. } => (
            Code::BuilderPlatform,
            format!("{builder} cannot build for {wanted}"),
            format!("Use a builder of that architecture, or allow emulation there: run `{}`.", emulation(wanted)),
        ),
        E::ToolMissing { builder, tool } => (
            Code::RequirementMissing,
            format!("{tool} is missing on {builder}"),
            format!("Run `plimsoll server check {builder}` for the command that installs it."),
        ),
        E::EngineDown { builder, .. } => (
            Code::EngineDown,
            format!("The engine of {builder} does not answer"),
            format!("Start Docker on {builder}, then deploy again."),
        ),
        E::Job(_) => say(Code::InvalidInput, "The build cannot be described", "Check the build sections of the Compose file."),
        E::Io { .. } => say(Code::LocalFile, "A local file cannot be read", "Check its permissions, then try again."),
        E::Host(_) | E::Git(_) | E::Unreached(_) | E::Unexpected { .. } => {
            say(Code::CommandFailed, "The builder does not do as asked", "Run `plimsoll server check` on the builder.")
        }
    }
}

fn fix() -> String {
    "Fix the step that the log shows, commit, then deploy again.".to_owned()
}

/// The command that lets a Linux machine execute another architecture; it changes the machine, so it is only said.
#[must_use]
pub fn emulation(platform: &Platform) -> String {
    format!("docker run --privileged --rm tonistiigi/binfmt --install {}", platform.arch)
}
