//! Which keys Compose knows.
//!
//! Owns: those lists (the Compose specification's schema) and what is said about others. Must never know: their values.

use super::{
    finding::{Finding, FindingCode, Place},
    node::{Node, Value},
    notes::Notes,
};
use crate::domain::nearest::nearest;

const TOP: &[&str] = &["configs", "include", "models", "name", "networks", "secrets", "services", "version", "volumes"];
#[rustfmt::skip]
const SERVICE: &[&str] = &[
    "annotations", "attach", "blkio_config", "build", "cap_add", "cap_drop", "cgroup", "cgroup_parent", "command", "configs",
    "container_name", "cpu_count", "cpu_percent", "cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime", "cpu_shares", "cpus",
    "cpuset", "credential_spec", "depends_on", "deploy", "develop", "device_cgroup_rules", "devices", "dns", "dns_opt", "dns_search",
    "domainname", "entrypoint", "env_file", "environment", "expose", "extends", "external_links", "extra_hosts", "gpus", "group_add",
    "healthcheck", "hostname", "image", "init", "ipc", "isolation", "label_file", "labels", "links", "logging", "mac_address", "mem_limit",
    "mem_reservation", "mem_swappiness", "memswap_limit", "models", "network_mode", "networks", "oom_kill_disable", "oom_score_adj", "pid",
    "pids_limit", "platform", "ports", "post_start", "pre_stop", "privileged", "profiles", "provider", "pull_policy", "pull_refresh_after",
    "read_only", "restart", "runtime", "scale", "secrets", "security_opt", "shm_size", "stdin_open", "stop_grace_period", "stop_signal",
    "storage_opt", "sysctls", "tmpfs", "tty", "ulimits", "use_api_socket", "user", "userns_mode", "uts", "volumes", "volumes_from",
    "working_dir",
];
#[rustfmt::skip]
const BUILD: &[&str] = &[
    "additional_contexts", "args", "cache_from", "cache_to", "cgroup_parent", "context", "dockerfile", "dockerfile_inline", "entitlements",
    "extra_hosts", "isolation", "labels", "network", "no_cache", "platforms", "privileged", "provenance", "pull", "sbom", "secrets",
    "shm_size", "ssh", "tags", "target", "ulimits",
];
const HEALTHCHECK: &[&str] = &["disable", "interval", "retries", "start_interval", "start_period", "test", "timeout"];
const DEPLOY: &[&str] = &[
    "endpoint_mode",
    "labels",
    "mode",
    "placement",
    "replicas",
    "resources",
    "restart_policy",
    "rollback_config",
    "update_config",
];
/// Keys of `deploy` that only swarm reads.
const SWARM: &[&str] = &["endpoint_mode", "labels", "placement", "rollback_config", "update_config"];

/// The keys of a whole file.
pub(crate) fn check_top(document: &Node, notes: &mut Notes) {
    unknown(document, TOP, "the top level", notes);
}

/// The keys of a service.
pub(crate) fn check_service(name: &str, service: &Node, notes: &mut Notes) {
    let of = |part: &str| if part.is_empty() { format!("the service {name}") } else { format!("`{part}` of the service {name}") };
    unknown(service, SERVICE, &of(""), notes);
    for (key, known) in [("build", BUILD), ("healthcheck", HEALTHCHECK), ("deploy", DEPLOY)] {
        if let Some(node) = service.get(key) {
            unknown(node, known, &of(key), notes);
        }
    }
    for entry in service.get("deploy").map(Node::entries).unwrap_or_default() {
        if SWARM.contains(&entry.key.as_str()) && entry.node.value != Value::Null {
            notes.add(Finding::advice(
                FindingCode::SwarmOnly,
                &entry.place,
                format!("`deploy.{}` of the service {name} only has an effect in a swarm", entry.key),
                "Take it out, or leave it: it is ignored.",
            ));
        }
    }
}

/// Compose refuses unknown keys. One that nothing known resembles may belong to a newer Compose: it is left to the server's.
fn unknown(node: &Node, known: &[&str], place: &str, notes: &mut Notes) {
    for entry in node.entries() {
        let key = entry.key.as_str();
        if key.starts_with("x-") || known.contains(&key) {
            continue;
        }
        notes.add(match nearest(key, known.iter().copied()) {
            Some(near) => slip(&entry.place, key, near, place),
            None => Finding::warning(
                FindingCode::UnknownKey,
                &entry.place,
                format!("`{key}` is no known key of {place}"),
                "Take it out, or begin its name with `x-`, unless the server's Compose is new enough to know it.",
            ),
        });
    }
}

fn slip(at: &Place, key: &str, near: &str, place: &str) -> Finding {
    let text = format!("`{key}` is no key of {place}: Compose refuses the file");
    Finding::error(FindingCode::UnknownKey, at, text, format!("Write `{near}` if that is what is meant, or take it out."))
}
