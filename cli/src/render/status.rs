//! What serves now, in words.
//!
//! Owns: the layout of an environment's status. Must never know: how it is observed.

use plimsoll_core::{
    api::running::{ContainerLine, EnvironmentStatus, ServiceStatus},
    domain::commit::Commit,
    problem::Code,
};

use super::{
    history::short,
    human::{self, Now},
    neutral::neutral,
    problem,
    style::{BAD, DIM, GOOD, STRONG, WARN, paint},
    table::Table,
};

const AHEAD: usize = 5;

/// Every environment, parted by empty lines.
pub(crate) fn all(environments: &[EnvironmentStatus], now: &Now) -> Vec<String> {
    if environments.is_empty() {
        return vec!["No environments yet. Name one in plimsoll.toml, then deploy.".to_owned()];
    }
    let parts: Vec<Vec<String>> = environments.iter().map(|e| one(e, now)).collect();
    parts.join(&String::new())
}

fn one(it: &EnvironmentStatus, now: &Now) -> Vec<String> {
    let title = format!("{} {} on {}", it.project, it.environment, it.server);
    let url = it.url.as_ref().map(|url| format!("  {}", neutral(url))).unwrap_or_default();
    let mut lines = vec![format!("{}{url}", paint(STRONG, &neutral(&title)))];
    let mut rest = vec![live(it, now)];
    rest.extend(
        it.running.as_ref().map(|d| format!("{} deployment {} since {}", paint(WARN, "running"), short(d), now.ago(d.started))),
    );
    rest.extend(ahead(&it.ahead));
    rest.extend((!it.pending.is_empty()).then(|| format!("pending at the next deployment: {}", neutral(&it.pending.join(", ")))));
    rest.extend(it.problem.iter().flat_map(|p| problem::lines(p, None)));
    rest.extend(services(&it.services, now));
    lines.extend(rest.into_iter().map(|line| format!("  {line}")));
    lines
}

fn live(it: &EnvironmentStatus, now: &Now) -> String {
    let Some(release) = &it.release else {
        return match it.problem.as_ref().map(|problem| problem.code) {
            Some(Code::HostKeyChanged) => paint(BAD, "the server's key changed: nothing was sent to it"),
            Some(_) => "what serves is not known".to_owned(),
            None => "nothing was deployed yet".to_owned(),
        };
    };
    let commit = it.commit.as_ref().map(|c| format!(" {} {}", c.id.short(), neutral(&c.subject))).unwrap_or_default();
    let since = it.since.map(|at| format!(", {}", now.ago(at))).unwrap_or_default();
    let stopped = match it.services.iter().filter(|service| service.stopped).count() {
        0 => String::new(),
        1 => format!(", {}", paint(WARN, "1 service stopped")),
        n => format!(", {}", paint(WARN, &format!("{n} services stopped"))),
    };
    format!("{}{stopped}{commit} (release {release}{since})", paint(GOOD, "live"))
}

fn ahead(commits: &[Commit]) -> Vec<String> {
    if commits.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![format!("{} ahead of it", human::count(commits.len(), "commit"))];
    lines.extend(commits.iter().take(AHEAD).map(|c| format!("  {} {}", paint(DIM, c.id.short()), neutral(&c.subject))));
    lines.extend(commits.len().checked_sub(AHEAD).filter(|n| *n > 0).map(|n| format!("  and {n} more")));
    lines
}

/// The table of services.
pub(crate) fn services(services: &[ServiceStatus], now: &Now) -> Vec<String> {
    if services.is_empty() {
        return Vec::new();
    }
    let mut table = Table::new(&["SERVICE", "STATE", "HEALTH", "RESTARTS", "MEMORY", "STARTED", "IMAGE"]);
    for service in services {
        table.row([
            service.name.to_string(),
            service.state.clone(),
            service.health.clone().unwrap_or_default(),
            human::grouped(service.restarts),
            service.memory.map(|m| m.to_string()).unwrap_or_default(),
            service.started.map(|at| now.ago(at)).unwrap_or_default(),
            image(service),
        ]);
    }
    table.lines()
}

fn image(service: &ServiceStatus) -> String {
    match &service.wanted {
        Some(digest) if service.matches => digest.short().to_owned(),
        Some(digest) => format!("not {}", digest.short()),
        None => "not of a release".to_owned(),
    }
}

/// A line that a container printed.
pub(crate) fn container_line(line: &ContainerLine) -> String {
    format!("{} {}", paint(DIM, &format!("{} |", line.service)), neutral(&line.text))
}
