//! What services name: each other, volumes, networks, configs, secrets.
//!
//! Owns: whether those exist. Must never know: what they are used for.

use super::super::{
    finding::{Finding, FindingCode, Place},
    model::{Model, MountKind, ServiceModel},
    order::order,
};
use crate::domain::{name::ServiceName, nearest::nearest};

/// Dependencies that are not there, and rings.
pub(super) fn dependencies(model: &Model) -> Vec<Finding> {
    let mut findings: Vec<Finding> = model.services.iter().flat_map(|s| unknown(model, s)).collect();
    if let Err(cycle) = order(model) {
        let place = cycle.0.first().and_then(|name| model.service(name)).map(|s| s.place.clone()).unwrap_or_default();
        let remedy = "Take one of these depends_on out.";
        findings.push(Finding::error(FindingCode::DependencyCycle, &place, cycle.to_string(), remedy));
    }
    findings
}

fn unknown<'a>(model: &'a Model, service: &'a ServiceModel) -> impl Iterator<Item = Finding> + 'a {
    let missing = |name: &str| model.services.iter().all(|s| s.name.as_str() != name);
    service.depends_on.iter().filter(move |d| d.required && missing(&d.service)).map(|dependency| {
        let name = &dependency.service;
        let (text, remedy) = match model.inactive.iter().find(|i| i.name == *name) {
            Some(off) => (
                format!("{} depends on {name}, which no chosen profile switches on", service.name),
                format!("Add one of its profiles to plimsoll.toml: profiles = [{:?}].", off.profiles.join(" or ")),
            ),
            None => (
                format!("{} depends on {name}, which is no service", service.name),
                did_you_mean(name, model.services.iter().map(|s| s.name.as_str())),
            ),
        };
        Finding::error(FindingCode::UnknownDependency, &dependency.place, text, remedy)
    })
}

/// Named volumes, networks, configs and secrets that the top level does not declare.
pub(super) fn objects(model: &Model) -> Vec<Finding> {
    let mut findings = Vec::new();
    for service in &model.services {
        let mut expect = |kind: &str, name: &str, known: Vec<&str>, place: &Place| {
            if !known.contains(&name) && !name.contains('$') {
                findings.push(undeclared(&service.name, kind, name, known, place));
            }
        };
        for mount in service.volumes.iter().filter(|m| m.kind == MountKind::Volume) {
            if let Some(source) = &mount.source {
                expect("volume", source, model.volumes.iter().map(|v| v.key.as_str()).collect(), &mount.place);
            }
        }
        for name in service.networks.iter().filter(|n| *n != "default") {
            expect("network", name, model.networks.iter().map(|v| v.key.as_str()).collect(), &service.place);
        }
        for name in &service.configs {
            expect("config", name, model.configs.iter().map(|v| v.key.as_str()).collect(), &service.place);
        }
        let build = service.build.iter().flat_map(|b| b.secrets.iter().map(|s| &s.source));
        for name in service.secrets.iter().chain(build) {
            expect("secret", name, model.secrets.iter().map(|v| v.key.as_str()).collect(), &service.place);
        }
    }
    findings
}

fn undeclared(service: &ServiceName, kind: &str, name: &str, known: Vec<&str>, place: &Place) -> Finding {
    let text = format!("{service} uses the {kind} {name}, which is not declared");
    let remedy = match nearest(name, known) {
        Some(near) => format!("Write {near} if that is what is meant, or declare {name} under the top-level `{kind}s:`."),
        None => format!("Declare {name} under the top-level `{kind}s:`."),
    };
    Finding::error(FindingCode::UnknownReference, place, text, remedy)
}

/// A remedy for a wrong name.
pub(super) fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    match nearest(name, known) {
        Some(near) => format!("Write {near} if that is what is meant."),
        None => "Mend the name, or add the service.".to_owned(),
    }
}
