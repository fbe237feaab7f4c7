//! A server as it is this second, in words.
//!
//! Owns: the lines of its load and the table of its containers. Must never know: how either is measured.

use plimsoll_core::{
    api::machines::ServerContainer,
    docker::{ContainerState, Health},
    domain::bytes::Bytes,
    host::facts::Load,
};

use super::{
    human::{Now, count, grouped},
    style::{DIM, paint},
    table::Table,
};

/// What it uses, then its containers.
pub(crate) fn shown(load: &Load, containers: &[ServerContainer], now: &Now) -> Vec<String> {
    let mut lines: Vec<String> =
        facts(load).into_iter().map(|(name, value)| format!("{} {value}", paint(DIM, &format!("{name:<10}")))).collect();
    lines.push(String::new());
    lines.extend(table(containers, now));
    lines
}

fn facts(load: &Load) -> [(&'static str, String); 5] {
    let known = |value: Option<String>| value.unwrap_or_else(|| "not known".to_owned());
    [
        ("processors", known(load.cpu_percent.map(|busy| format!("{busy:.0} % busy")))),
        ("load", known(load.load_average.map(|average| format!("{average:.2} over the last minute")))),
        ("memory", known(used_of(load.memory_used, load.memory_total))),
        ("disk", known(used_of(load.disk_used, load.disk_total))),
        ("up", known(load.uptime_s.map(uptime))),
    ]
}

fn used_of(used: Option<Bytes>, total: Option<Bytes>) -> Option<String> {
    Some(format!("{} used of {}", used?, total?))
}

/// The two largest parts: `12 days 4 h`, `4 h 07 m`, `7 m`.
fn uptime(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes} m"),
        (0, _) => format!("{hours} h {minutes:02} m"),
        (days, _) => format!("{} {hours} h", count(usize::try_from(days).unwrap_or(usize::MAX), "day")),
    }
}

fn table(containers: &[ServerContainer], now: &Now) -> Vec<String> {
    if containers.is_empty() {
        return vec!["No container of any Compose project.".to_owned()];
    }
    let headings = ["CONTAINER", "PROJECT", "SERVICE", "STATE", "HEALTH", "RESTARTS", "CPU", "MEMORY", "STARTED", "IMAGE"];
    let mut table = Table::new(&headings);
    for it in containers {
        table.row([
            it.name.clone(),
            whose(it),
            it.service.clone().unwrap_or_default(),
            state(it),
            it.health.map(health).unwrap_or_default().to_owned(),
            grouped(it.restarts),
            it.cpu_percent.map(|percent| format!("{percent:.0} %")).unwrap_or_default(),
            it.memory.map(|memory| memory.to_string()).unwrap_or_default(),
            it.started.map(|at| now.ago(at)).unwrap_or_default(),
            it.image.clone(),
        ]);
    }
    table.lines()
}

/// The project and environment that it belongs to; of a stack that is not this laptop's, the stack.
fn whose(it: &ServerContainer) -> String {
    match (&it.owner, &it.stack) {
        (Some((project, environment)), _) => format!("{project} {environment}"),
        (None, Some(stack)) => format!("({stack})"),
        (None, None) => String::new(),
    }
}

/// What it is doing; of one that ended, with which status.
fn state(it: &ServerContainer) -> String {
    match it.state {
        ContainerState::Exited => format!("exited ({})", it.exit_code),
        ContainerState::Created => "created".to_owned(),
        ContainerState::Running => "running".to_owned(),
        ContainerState::Paused => "paused".to_owned(),
        ContainerState::Restarting => "restarting".to_owned(),
        ContainerState::Removing => "removing".to_owned(),
        ContainerState::Dead => "dead".to_owned(),
    }
}

fn health(health: Health) -> &'static str {
    match health {
        Health::Starting => "starting",
        Health::Healthy => "healthy",
        Health::Unhealthy => "unhealthy",
    }
}

#[cfg(test)]
mod tests {
    use super::uptime;

    #[test]
    fn uptimes() {
        let table = [(59, "0 m"), (420, "7 m"), (14_820, "4 h 07 m"), (90_000, "1 day 1 h"), (1_051_200, "12 days 4 h")];
        for (seconds, text) in table {
            assert_eq!(uptime(seconds), text);
        }
    }
}
