//! Servers in words.
//!
//! Owns: their list and the report of a check. Must never know: how facts are gathered.

use plimsoll_core::{
    api::servers::{ServerCheck, Trusted},
    domain::server::{BootHook, DockerAccess, Requirement, Server, ServerFacts},
};

use super::{
    human::{Now, grouped},
    neutral::neutral,
    style::{BAD, DIM, GOOD, STRONG, WARN, paint},
    table::Table,
};

/// All servers.
pub(crate) fn list(servers: &[Server], now: &Now) -> Vec<String> {
    if servers.is_empty() {
        return vec!["No servers yet. Add one with `plimsoll server add NAME DEST`.".to_owned()];
    }
    let mut table = Table::new(&["NAME", "DESTINATION", "ADDED"]);
    for server in servers {
        table.row([server.name.to_string(), server.destination.to_string(), now.ago(server.added)]);
    }
    table.lines()
}

/// What a check found, and what is missing.
pub(crate) fn check(check: &ServerCheck) -> Vec<String> {
    let title = format!("{} ({})", check.server.name, check.server.destination);
    let mut lines = vec![paint(STRONG, &neutral(&title))];
    let mut facts = vec![
        ("host key", check.fingerprint.clone().unwrap_or_else(|| "none needed, this machine".to_owned())),
        ("round trip", format!("{} ms", check.latency_ms)),
    ];
    facts.extend(of(&check.facts));
    lines.extend(facts.into_iter().map(|(name, value)| format!("  {} {}", paint(DIM, &format!("{name:<12}")), neutral(&value))));
    lines.extend(missing("to serve", &check.missing_to_serve));
    lines.extend(missing("to build", &check.missing_to_build));
    lines
}

fn of(facts: &ServerFacts) -> Vec<(&'static str, String)> {
    let known = |value: Option<String>| value.unwrap_or_else(|| "not found".to_owned());
    vec![
        ("system", known(facts.os.clone())),
        ("platform", known(facts.platform.as_ref().map(ToString::to_string))),
        ("cores", known(facts.cores.map(|n| n.to_string()))),
        ("memory", known(free_of(facts.memory_available, facts.memory_total))),
        ("disk", known(free_of(facts.disk_free, facts.disk_total)) + &data_root(facts)),
        ("inodes", known(inodes(facts))),
        ("docker", known(facts.docker.as_ref().map(access))),
        ("engine", known(facts.engine.clone())),
        ("compose", known(facts.compose.clone())),
        ("buildx", known(facts.buildx.clone())),
        ("git", known(facts.git.clone())),
        ("curl", known(facts.curl.clone())),
        ("clock", known(facts.clock_offset_ms.map(clock))),
        ("reboot", facts.boot_hook.map_or("a swap would not survive one", boot_hook).to_owned()),
    ]
    .into_iter()
    .chain(ec2(facts).map(|text| ("EC2", text)))
    .collect()
}

fn free_of<T: std::fmt::Display>(free: Option<T>, total: Option<T>) -> Option<String> {
    Some(format!("{} free of {}", free?, total?))
}

fn data_root(facts: &ServerFacts) -> String {
    facts.data_root.as_ref().map(|root| format!(", under {root}")).unwrap_or_default()
}

fn inodes(facts: &ServerFacts) -> Option<String> {
    free_of(facts.inodes_free.map(grouped), facts.inodes_total.map(grouped))
}

fn access(access: &DockerAccess) -> String {
    match access {
        DockerAccess::Socket(path) => format!("through {path}"),
        DockerAccess::Sudo => "through sudo".to_owned(),
    }
}

fn clock(offset_ms: i64) -> String {
    let direction = if offset_ms < 0 { "behind" } else { "ahead" };
    format!("{} ms {direction}", grouped(offset_ms.unsigned_abs()))
}

fn boot_hook(hook: BootHook) -> &'static str {
    match hook {
        BootHook::SystemdSystem => "a swap survives one (systemd)",
        BootHook::SystemdUser => "a swap survives one (systemd user unit)",
        BootHook::Cron => "a swap survives one (cron)",
    }
}

fn ec2(facts: &ServerFacts) -> Option<String> {
    let region = facts.ec2_region.as_ref().map(|r| format!(" in {r}")).unwrap_or_default();
    facts.ec2_type.as_ref().map(|kind| format!("{kind}{region}"))
}

fn missing(role: &str, requirements: &[Requirement]) -> Vec<String> {
    if requirements.is_empty() {
        return vec![format!("{} ready {role}", paint(GOOD, "✓"))];
    }
    requirements.iter().flat_map(|r| requirement(role, r)).collect()
}

fn requirement(role: &str, requirement: &Requirement) -> Vec<String> {
    let mark = if requirement.required { paint(BAD, "missing") } else { paint(WARN, "better with") };
    let first = format!("{mark} {role}: {}. {}", neutral(&requirement.what), neutral(&requirement.why));
    let remedy = requirement.remedy.as_ref().map(|r| format!("    {}", neutral(r)));
    [first].into_iter().chain(remedy).collect()
}

/// Whether a deployment to this server, or a build on it, would not be refused.
pub(crate) fn usable(check: &ServerCheck) -> bool {
    let complete = |requirements: &[Requirement]| !requirements.iter().any(|r| r.required);
    complete(&check.missing_to_serve) || complete(&check.missing_to_build)
}

/// Both fingerprints of a key that was accepted anew.
pub(crate) fn trusted(trusted: &Trusted) -> Vec<String> {
    let before = trusted.before.as_deref().unwrap_or("none");
    vec![
        format!("{} is trusted with its new key.", neutral(trusted.server.name.as_str())),
        format!("  before  {}", neutral(before)),
        format!("  now     {}", neutral(&trusted.now)),
    ]
}
