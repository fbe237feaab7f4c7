//! Projects in words.
//!
//! Owns: their list, what was understood of one, and its findings. Must never know: Compose or git.

use plimsoll_core::{
    api::projects::{Finding, ProjectRow, ServiceSummary, Severity, Understood},
    domain::settings::{BuilderChoice, Settings},
};

use super::{
    history::status,
    human::Now,
    neutral::neutral,
    style::{BAD, DIM, GOOD, STRONG, WARN, paint},
    table::Table,
};

/// All projects.
pub(crate) fn list(rows: &[ProjectRow], now: &Now) -> Vec<String> {
    if rows.is_empty() {
        return vec!["No projects yet. Add one with `plimsoll project add PATH`.".to_owned()];
    }
    let mut table = Table::new(&["NAME", "ENVIRONMENTS", "LATEST", "FOLDER"]);
    for row in rows {
        let environments: Vec<String> = row.environments.iter().map(|(name, server)| format!("{name} on {server}")).collect();
        let latest =
            row.latest.as_ref().map_or_else(|| "never".to_owned(), |d| format!("{}, {}", status(d.status), now.ago(d.started)));
        let folder = row.project.path.display().to_string();
        let folder = row.unreadable.as_ref().map_or(folder.clone(), |why| format!("{folder} (unreadable: {why})"));
        table.row([row.project.name.to_string(), environments.join(", "), latest, folder]);
    }
    table.lines()
}

/// What was understood of a project.
pub(crate) fn understood(it: &Understood) -> Vec<String> {
    let mut lines = vec![paint(STRONG, &neutral(it.project.name.as_str()))];
    lines.extend(
        facts(it).into_iter().map(|(name, value)| format!("  {} {}", paint(DIM, &format!("{name:<12}")), neutral(&value))),
    );
    lines.push(String::new());
    lines.extend(services(&it.services).into_iter().map(|line| format!("  {line}")));
    if !it.findings.is_empty() {
        lines.push(String::new());
        lines.extend(findings(&it.findings));
    }
    if it.settings_written {
        lines.push(String::new());
        lines.push("plimsoll.toml was written. Name the server, the builder and the registry there, then commit it.".to_owned());
    }
    lines
}

fn facts(it: &Understood) -> Vec<(&'static str, String)> {
    let head = it.head.as_ref().map_or_else(
        || "no commit yet".to_owned(),
        |c| format!("{} {}{}", c.id.short(), c.subject, c.branch.as_ref().map(|b| format!(" on {b}")).unwrap_or_default()),
    );
    let mut facts = vec![
        ("folder", it.project.path.display().to_string()),
        ("commit", head),
        ("compose", it.compose_files.join(", ")),
        ("builder", builder(&it.settings)),
        ("registry", it.settings.registry.as_ref().map_or_else(|| "not set".to_owned(), ToString::to_string)),
    ];
    for (name, environment) in &it.settings.environments {
        let url = environment.url.as_ref().map(|url| format!(", {url}")).unwrap_or_default();
        facts.push(("environment", format!("{name} on {}{url}", environment.server)));
    }
    facts
}

fn builder(settings: &Settings) -> String {
    match &settings.builder {
        Some(BuilderChoice::BuildVm { server }) => format!("build VM {server}"),
        Some(BuilderChoice::GithubActions) => "GitHub Actions".to_owned(),
        Some(BuilderChoice::Local) => "this laptop".to_owned(),
        None => "not set".to_owned(),
    }
}

fn services(services: &[ServiceSummary]) -> Vec<String> {
    let mut table = Table::new(&["SERVICE", "IMAGE", "PORTS", "HEALTH", "VOLUMES"]);
    for service in services {
        let image = service.image.as_deref().unwrap_or("?");
        let image = if service.built { "built".to_owned() } else { image.to_owned() };
        let health = service.probe.as_deref().unwrap_or("none");
        table.row([service.name.as_str(), &image, &service.ports.join(" "), health, &service.volumes.join(" ")]);
    }
    table.lines()
}

/// Every finding with its line and remedy.
pub(crate) fn findings(findings: &[Finding]) -> Vec<String> {
    if findings.is_empty() {
        return vec![format!("{} nothing to complain about", paint(GOOD, "✓"))];
    }
    findings.iter().flat_map(finding).collect()
}

fn finding(finding: &Finding) -> Vec<String> {
    let severity = match finding.severity {
        Severity::Error => paint(BAD, "error:"),
        Severity::Warning => paint(WARN, "warning:"),
        Severity::Advice => paint(DIM, "advice:"),
    };
    let (file, number) = (&finding.place.file, finding.place.line);
    let line = if number > 0 { format!(", line {number}") } else { String::new() };
    let place = if file.is_empty() { String::new() } else { format!("{}{line}: ", neutral(file)) };
    let first = format!("{severity} {place}{}", neutral(&finding.text));
    let remedy = (!finding.remedy.is_empty()).then(|| format!("  {}", neutral(&finding.remedy)));
    [first].into_iter().chain(remedy).collect()
}

/// Whether a deployment would be refused.
pub(crate) fn refused(findings: &[Finding]) -> bool {
    findings.iter().any(|f| f.severity == Severity::Error)
}
