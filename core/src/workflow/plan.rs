//! Everything a workflow is written from.
//!
//! Owns: reading it off the Compose model, the settings and what a deployment will look for.
//! Must never know: YAML.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    choices::{Choices, Login, Runner},
    expression::{Filled, Variables},
    jobs::build::{AWS_KEYS, LOGIN_SECRETS},
    refuse::{self, Refusal},
};
use crate::{
    compose::{BuildModel, Model, ServiceModel, in_repository},
    domain::{
        name::{EnvironmentName, Name, ServiceName},
        platform::Platform,
    },
};

/// Where a plan comes from.
#[derive(Debug, Clone)]
pub struct Sources<'a> {
    /// The project.
    pub project: &'a Name,
    /// The environment.
    pub environment: &'a EnvironmentName,
    /// What its server runs.
    pub server: Platform,
    /// The Compose files with the environment's variables.
    pub model: &'a Model,
    /// The same with what git tracks alone.
    pub public: &'a Model,
    /// Which variables the builds know.
    pub variables: Variables,
    /// Where a deployment looks for each built image.
    pub pushed: &'a BTreeMap<ServiceName, Pushed>,
    /// The registry.
    pub registry: Registry,
    /// What the commit needs beside its files.
    pub checkout: Checkout,
}

/// Where a deployment looks for an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// With its host.
    pub repository: String,
    /// What follows the commit in the tag.
    pub inputs: String,
}

/// The registry, and how a run gets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registry {
    /// Amazon ECR.
    Ecr {
        /// As image names begin.
        host: String,
        /// e.g. `eu-west-1`.
        region: String,
        /// Twelve digits; `None` where the host does not say.
        account: Option<String>,
    },
    /// Any other, with a login.
    Login {
        /// As image names begin.
        host: String,
    },
    /// Any other, open to all.
    Open {
        /// As image names begin.
        host: String,
    },
}

impl Registry {
    /// ECR as its host says: `ACCOUNT.dkr.ecr.REGION.amazonaws.com`, or another name with the region as set up.
    #[must_use]
    pub fn ecr(host: &str, region: Option<&str>) -> Option<Self> {
        let named =
            host.split_once(".dkr.ecr.").and_then(|(account, rest)| Some((account, rest.split_once(".amazonaws.com")?.0)));
        let region = named.map(|(_, region)| region).or(region)?.to_owned();
        Some(Self::Ecr { host: host.to_owned(), region, account: named.map(|(account, _)| account.to_owned()) })
    }

    /// As image names begin.
    #[must_use]
    pub fn host(&self) -> &str {
        match self {
            Self::Ecr { host, .. } | Self::Login { host } | Self::Open { host } => host,
        }
    }
}

/// What a commit needs beside its files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Checkout {
    /// Files that git keeps elsewhere.
    pub lfs: bool,
    /// Other repositories inside this one.
    pub submodules: bool,
}

/// Everything a workflow is written from.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(super) project: Name,
    pub(super) environment: EnvironmentName,
    pub(super) server: Platform,
    pub(super) registry: Registry,
    pub(super) checkout: Checkout,
    pub(super) choices: Choices,
    pub(super) legs: Vec<Leg>,
}

/// One service's build.
#[derive(Debug, Clone)]
pub(super) struct Leg {
    pub(super) service: ServiceName,
    /// Without its host.
    pub(super) repository: String,
    pub(super) inputs: String,
    pub(super) context: String,
    pub(super) dockerfile: Dockerfile,
    pub(super) target: Option<String>,
    pub(super) args: Vec<Argument>,
    pub(super) secrets: Vec<BuildSecret>,
    pub(super) build: BuildModel,
}

#[derive(Debug, Clone)]
pub(super) enum Dockerfile {
    File(String),
    Inline(String),
}

/// A build argument.
#[derive(Debug, Clone)]
pub(super) struct Argument {
    pub(super) name: String,
    pub(super) value: Filled,
}

impl Argument {
    /// Its value is only known to a run, or a list would cut it: it comes as an environment variable of its own name.
    pub(super) fn in_environment(&self) -> bool {
        self.value.literal().is_none_or(|text| text.trim_end() != text)
    }
}

/// A secret that a build may read.
#[derive(Debug, Clone)]
pub(super) enum BuildSecret {
    Variable { id: String, variable: String },
    File { id: String, path: String },
}

impl Leg {
    /// The variables whose values it needs.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        let secrets = self.secrets.iter().filter_map(|secret| match secret {
            BuildSecret::Variable { variable, .. } => Some(variable.as_str()),
            BuildSecret::File { .. } => None,
        });
        self.args.iter().flat_map(|argument| argument.value.values()).chain(secrets)
    }
}

impl Plan {
    /// Puts it together.
    ///
    /// # Errors
    /// Everything that a run at GitHub could not do as the Compose file says.
    pub fn new(sources: &Sources<'_>, choices: &Choices) -> Result<Self, Vec<Refusal>> {
        let (mut legs, mut refusals) = (Vec::new(), Vec::new());
        for service in sources.model.built() {
            match leg(sources, service) {
                Ok(leg) => legs.push(leg),
                Err(reasons) => refusals.extend(reasons),
            }
        }
        if refusals.is_empty() {
            refusals = refuse::together(&legs);
        }
        if let (Registry::Ecr { account: None, host, .. }, Login::Role(None)) = (&sources.registry, &choices.login) {
            refusals.push(Refusal::project(format!(
                "`{host}` does not say whose account it is, so its role must be named, or keys chosen"
            )));
        }
        refusals.extend(choices.branch.as_deref().and_then(refuse::branch));
        if !refusals.is_empty() {
            return Err(refusals);
        }
        Ok(Self {
            project: sources.project.clone(),
            environment: sources.environment.clone(),
            server: sources.server.clone(),
            registry: sources.registry.clone(),
            checkout: sources.checkout,
            choices: choices.clone(),
            legs,
        })
    }

    /// The secrets that let a run into the registry.
    #[must_use]
    pub fn login_secrets(&self) -> &'static [&'static str] {
        match (&self.registry, &self.choices.login) {
            (Registry::Login { .. }, _) => &LOGIN_SECRETS,
            (Registry::Ecr { .. }, Login::Keys) => &AWS_KEYS,
            _ => &[],
        }
    }

    /// The variables whose values have to be secrets at GitHub.
    #[must_use]
    pub fn variables(&self) -> BTreeSet<&str> {
        self.legs.iter().flat_map(Leg::variables).collect()
    }

    /// The image repositories, without their host.
    #[must_use]
    pub fn repositories(&self) -> Vec<String> {
        self.legs.iter().map(|leg| leg.repository.clone()).collect()
    }

    /// GitHub has a runner that speaks the server's language, and may use it.
    pub(super) fn is_native(&self) -> bool {
        match self.server.to_string().as_str() {
            "linux/amd64" => true,
            "linux/arm64" => self.choices.runner == Runner::Native,
            _ => false,
        }
    }
}

fn leg(sources: &Sources<'_>, service: &ServiceModel) -> Result<Leg, Vec<Refusal>> {
    let refused = |reason: String| vec![Refusal::of(&service.name, reason)];
    let Some(build) = &service.build else { return Err(refused("it has no build section".to_owned())) };
    let refusals = refuse::build(sources, service, build);
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let Some(pushed) = sources.pushed.get(&service.name) else {
        return Err(refused("no deployment looks for its image".to_owned()));
    };
    let host = format!("{}/", sources.registry.host());
    Ok(Leg {
        service: service.name.clone(),
        repository: pushed.repository.strip_prefix(&host).unwrap_or(&pushed.repository).to_owned(),
        inputs: pushed.inputs.clone(),
        context: path(sources.model, &build.context).map_err(refused)?,
        dockerfile: dockerfile(sources.model, build).map_err(refused)?,
        target: build.target.clone(),
        args: args(build, &sources.variables).map_err(refused)?,
        secrets: secrets(sources, build).map_err(refused)?,
        build: in_place(sources.model, build).map_err(refused)?,
    })
}

/// A path from the top of the repository, so that nothing takes it for something else.
fn path(model: &Model, path: &str) -> Result<String, String> {
    match in_repository(&model.folder, path) {
        None => Err(format!("it reads `{path}`, which lies outside the repository")),
        Some(path) if path == "." => Ok(path),
        Some(path) => Ok(format!("./{path}")),
    }
}

fn dockerfile(model: &Model, build: &BuildModel) -> Result<Dockerfile, String> {
    if let Some(text) = &build.dockerfile_inline {
        return Ok(Dockerfile::Inline(text.clone()));
    }
    match build.dockerfile_in(&model.folder) {
        Some(path) => Ok(Dockerfile::File(format!("./{path}"))),
        None => Err("its Dockerfile lies outside the repository".to_owned()),
    }
}

fn args(build: &BuildModel, known: &Variables) -> Result<Vec<Argument>, String> {
    let mut args = Vec::new();
    for (name, written) in &build.args {
        let template = match written {
            Some(written) => written.clone(),
            None if known.is_set(name) => format!("${{{name}}}"),
            // Compose does not pass on what is not set: the Dockerfile's own default holds.
            None => continue,
        };
        let value = Filled::of(&template, known).map_err(|error| format!("its argument {name} cannot be read: {error}"))?;
        let argument = Argument { name: name.clone(), value };
        if argument.in_environment() && !travels(name) {
            return Err(format!("its argument {name} has a value from a variable, and a runner keeps that name for itself"));
        }
        args.push(argument);
    }
    Ok(args)
}

/// The value reaches the build through an environment variable of this name, so that every character of it arrives.
fn travels(name: &str) -> bool {
    const KEPT: [&str; 6] = ["PATH", "HOME", "CI", "SHELL", "NODE_OPTIONS", "TMPDIR"];
    const BEGIN: [&str; 9] =
        ["GITHUB_", "RUNNER_", "ACTIONS_", "INPUT_", "DOCKER_", "BUILDX_", "BUILDKIT_", "LD_", "PLIMSOLL_SECRET_"];
    let word = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let upper = name.to_ascii_uppercase();
    word && !KEPT.contains(&upper.as_str()) && !BEGIN.iter().any(|b| upper.starts_with(b)) && !upper.ends_with("_PROXY")
}

fn secrets(sources: &Sources<'_>, build: &BuildModel) -> Result<Vec<BuildSecret>, String> {
    let mut secrets = Vec::new();
    for secret in &build.secrets {
        let id = secret.id.clone();
        if id.contains(|c: char| c.is_control() || ",=\"'".contains(c)) {
            return Err(format!("the id of its secret `{id}` has a character that separates ids"));
        }
        let object = sources.model.secrets.iter().find(|object| object.key == secret.source);
        let (file, variable) = object.map_or((None, None), |object| (object.file.as_ref(), object.environment.as_ref()));
        secrets.push(match (file, variable) {
            (Some(file), _) => BuildSecret::File { id, path: path(sources.model, file)? },
            (None, Some(variable)) if sources.variables.is_filled(variable) => {
                BuildSecret::Variable { id, variable: variable.clone() }
            }
            (None, Some(variable)) => return Err(format!("its secret `{id}` is made of {variable}, which is not set")),
            (None, None) => return Err(format!("its secret `{id}` comes from neither a file nor a variable")),
        });
    }
    Ok(secrets)
}

/// The section with its named contexts as paths from the top of the repository.
fn in_place(model: &Model, build: &BuildModel) -> Result<BuildModel, String> {
    let mut build = build.clone();
    for context in build.additional_contexts.values_mut().filter(|context| !context.contains("://")) {
        *context = path(model, context)?;
    }
    Ok(build)
}
