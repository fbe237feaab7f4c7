//! Rules about single services, and about all of them side by side.
//!
//! Owns: those rules. Must never know: names that services use of each other.

use super::super::{
    finding::{Finding, FindingCode},
    model::{Healthcheck, Model, PortModel, ServiceModel},
    reference,
    role::{is_worker, one_shot, stateful},
};
use crate::domain::settings::Settings;

/// Neither `image` nor `build`.
pub(super) fn nothing_to_run(model: &Model) -> Vec<Finding> {
    let finding = |s: &ServiceModel| {
        let text = format!("the service {} has neither `image` nor `build`", s.name);
        Finding::error(FindingCode::NothingToRun, &s.place, text, "Name the image to run, or the folder to build it from.")
    };
    model.services.iter().filter(|s| s.image.is_none() && s.build.is_none()).map(finding).collect()
}

/// Two services that publish the same port.
pub(super) fn port_conflicts(model: &Model) -> Vec<Finding> {
    let all: Vec<(&ServiceModel, &PortModel)> = model.services.iter().flat_map(|s| s.ports.iter().map(move |p| (s, p))).collect();
    let mut findings = Vec::new();
    for (at, (service, port)) in all.iter().enumerate() {
        let Some((other, _)) = all[..at].iter().find(|(_, earlier)| collide(earlier, port)) else { continue };
        let number = port.published.as_deref().unwrap_or_default();
        let text = if other.name == service.name {
            format!("{} publishes the port {number} twice", service.name)
        } else {
            format!("{} and {} both publish the port {number}", other.name, service.name)
        };
        let remedy = "Publish one of them on another port, or let a proxy stand in front.";
        findings.push(Finding::error(FindingCode::PortConflict, &port.place, text, remedy));
    }
    findings
}

fn collide(a: &PortModel, b: &PortModel) -> bool {
    let everywhere = |p: &PortModel| matches!(p.host_ip.as_deref(), None | Some("0.0.0.0" | "::"));
    let address = everywhere(a) || everywhere(b) || a.host_ip == b.host_ip;
    let port = a.published_port().is_some() && a.published_port() == b.published_port();
    port && address && a.protocol == b.protocol
}

/// Variables without which nothing runs.
pub(super) fn variables(model: &Model) -> Vec<Finding> {
    let finding = |v: &super::super::model::VariableUse| {
        let message = v.message.as_ref().map(|m| format!(" ({m})")).unwrap_or_default();
        let text = format!("the variable {} has to be set{message}", v.name);
        let (flag, whose) = if v.build_only { ("--build ", "the builds") } else { ("", "the environment") };
        let remedy = format!("Set it for {whose} before the first deploy: plimsoll env set {flag}{}", v.name);
        Finding::advice(FindingCode::VariableRequired, &v.place, text, remedy)
    };
    model.variables.iter().filter(|v| v.required).map(finding).collect()
}

/// Stateful images that change by themselves.
pub(super) fn unpinned(model: &Model) -> Vec<Finding> {
    let floats = |image: &str| !reference::is_pinned(image) && matches!(reference::tag(image), None | Some("latest"));
    let mut findings = Vec::new();
    for service in model.pulled().filter(|s| stateful(s)) {
        let Some(image) = service.image.as_deref().filter(|i| floats(i) && !i.contains('$')) else { continue };
        let text = format!("{} keeps data and runs `{image}`, which may become a new major version", service.name);
        let remedy = format!("Name a version, such as {}:16.", image.split(':').next().unwrap_or(image));
        findings.push(Finding::advice(FindingCode::UnpinnedImage, &service.place, text, remedy));
    }
    findings
}

/// Services of which nothing says when they are ready.
pub(super) fn unprobed(model: &Model, settings: &Settings) -> Vec<Finding> {
    let silent = |s: &&ServiceModel| {
        let probed = settings.services.get(&s.name).is_some_and(|own| own.probe.is_some());
        s.build.is_some() && s.healthcheck != Healthcheck::Declared && !probed && !one_shot(model, &s.name)
    };
    let finding = |s: &ServiceModel| {
        let name = &s.name;
        let (means, remedy) = if is_worker(s) {
            let remedy =
                format!("Add a `healthcheck:` to it, or [services.{name}] probe = {{ command = [\"…\"] }} to plimsoll.toml.");
            ("while it runs without a restart", remedy)
        } else {
            let remedy = format!(
                "Add a `healthcheck:` to it, or [services.{name}] probe = {{ http = \"/…\", port = … }} to plimsoll.toml."
            );
            ("as soon as its port accepts connections", remedy)
        };
        Finding::advice(
            FindingCode::NoHealthcheck,
            &s.place,
            format!("{name} has no health check: it counts as ready {means}"),
            remedy,
        )
    };
    model.services.iter().filter(silent).map(finding).collect()
}
