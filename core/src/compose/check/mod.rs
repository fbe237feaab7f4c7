//! What is wrong or odd in Compose files that can be read.
//!
//! Owns: the list of rules and the order of findings. Must never know: servers.

mod graph;
mod paths;
mod services;
mod settings;

use super::{finding::Finding, model::Model};
use crate::domain::settings::Settings;

/// Every finding: errors first, then by place. What was noticed while reading is among them.
#[must_use]
pub fn check(model: &Model, settings: &Settings) -> Vec<Finding> {
    let mut findings = model.noticed.clone();
    findings.extend(services::nothing_to_run(model));
    findings.extend(graph::dependencies(model));
    findings.extend(graph::objects(model));
    findings.extend(paths::contexts(model));
    findings.extend(paths::references(model));
    findings.extend(services::port_conflicts(model));
    findings.extend(services::variables(model));
    findings.extend(services::unpinned(model));
    findings.extend(services::unprobed(model, settings));
    findings.extend(settings::names(model, settings));
    findings.sort_by(|a, b| (a.severity, &a.place).cmp(&(b.severity, &b.place)));
    findings
}
