//! What a run at GitHub could not do as the Compose file says.
//!
//! Owns: those rules. Must never know: how the rest is written. Nothing is ever left out without a word.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use super::{
    expression::secret_name,
    plan::{Leg, Sources},
};
use crate::{
    compose::{BuildModel, Model, ServiceModel},
    domain::name::ServiceName,
};

/// The most legs that a matrix may have.
const LEGS: usize = 256;

/// Something that keeps the workflow from being made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Whose build; `None` for the project's.
    pub service: Option<ServiceName>,
    /// A fragment fit for "because …".
    pub reason: String,
}

impl Refusal {
    pub(super) fn of(service: &ServiceName, reason: impl Into<String>) -> Self {
        Self { service: Some(service.clone()), reason: reason.into() }
    }

    pub(super) fn project(reason: impl Into<String>) -> Self {
        Self { service: None, reason: reason.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.service {
            Some(service) => write!(f, "{service}: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

/// What a build section asks for that a runner has no way to give.
pub(super) fn build(sources: &Sources<'_>, service: &ServiceModel, build: &BuildModel) -> Vec<Refusal> {
    let mut reasons = Vec::new();
    if build.remote {
        reasons.push(format!("its context `{}` is not part of the repository, so no commit says what is built", build.context));
    }
    if !build.ssh.is_empty() {
        reasons.push("`build.ssh` hands on an agent of this laptop; a runner has none".to_owned());
    }
    for (name, path) in &build.additional_contexts {
        if path.starts_with("service:") || path.starts_with("target:") {
            reasons.push(format!("its context `{name}` is what another leg builds (`{path}`), and legs do not see each other"));
        }
    }
    let mut lists =
        build.labels.values().chain(build.additional_contexts.values()).chain(&build.cache_from).chain(&build.cache_to);
    if let Some(text) = lists.find(|text| text.trim_end() != *text) {
        reasons.push(format!("`{text}` ends in blanks, which do not arrive"));
    }
    if differs(sources.public, service, build) {
        reasons.push(
            "its build section, the arguments aside, takes values from variables of the environment; a workflow is public to \
             whoever reads the repository. Make them build arguments"
                .to_owned(),
        );
    }
    reasons.into_iter().map(|reason| Refusal::of(&service.name, reason)).collect()
}

/// With what git tracks alone, the section says something else.
fn differs(public: &Model, service: &ServiceModel, build: &BuildModel) -> bool {
    public.service(&service.name).and_then(|service| service.build.as_ref()) != Some(build)
}

/// What git does not take for a branch.
pub(super) fn branch(name: &str) -> Option<Refusal> {
    let odd = |c: char| c.is_control() || c.is_whitespace() || "~^:?*[\\{".contains(c);
    let wrong = name.is_empty() || name.starts_with('-') || name.contains(odd);
    wrong.then(|| Refusal::project(format!("`{}` is no branch", name.escape_debug())))
}

/// What does not go together.
pub(super) fn together(legs: &[Leg]) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    if legs.is_empty() {
        refusals.push(Refusal::project("no service has a build section, so there is nothing to build"));
    }
    if legs.len() > LEGS {
        refusals.push(Refusal::project(format!("a run builds at most {LEGS} services, and there are {}", legs.len())));
    }
    let mut names = BTreeMap::new();
    for variable in legs.iter().flat_map(Leg::variables) {
        if let Some(other) = names.insert(secret_name(variable), variable).filter(|other| *other != variable) {
            refusals.push(Refusal::project(format!("GitHub takes the variables {other} and {variable} for the same secret")));
        }
    }
    refusals
}
