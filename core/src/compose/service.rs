//! One service, from its node to its model.
//!
//! Owns: reading a service in its long form. Must never know: other services.

use super::{
    build_section, field, keys,
    model::{Condition, Dependency, EnvFile, Healthcheck, ServiceModel},
    mounts,
    node::{Entry, Node, Value},
    notes::Notes,
    paths, ports,
};
use crate::{
    compose::finding::{Finding, FindingCode},
    domain::name::ServiceName,
};

/// Reads a service; what is wrong with it is noted.
pub(crate) fn read(entry: &Entry, name: ServiceName, notes: &mut Notes) -> ServiceModel {
    let node = &entry.node;
    keys::check_service(&entry.key, node, notes);
    let deploy = field::map(node, "deploy", notes);
    let joined = joined(node, notes);
    let limits = deploy.and_then(|d| d.get("resources")).and_then(|r| r.get("limits"));
    ServiceModel {
        place: entry.place.clone(),
        image: field::string(node, "image", notes),
        build: field::map(node, "build", notes).map(|build| build_section::read(build, notes)),
        ports: ports::read(node, notes),
        expose: ports::exposed(node, notes),
        called: Vec::new(),
        named: Vec::new(),
        healthcheck: healthcheck(node, notes),
        http_checked: http_checked(node),
        own_command: ["command", "entrypoint"].iter().any(|key| node.get(key).is_some()),
        fixed_address: fixed_address(node),
        volumes: mounts::read(node, notes),
        tmpfs: field::strings(node, "tmpfs", notes),
        joins: joined.iter().map(|(name, _)| name.clone()).collect(),
        depends_on: dependencies(node, joined, notes),
        env_files: env_files(node, notes),
        configs: sources(node, "configs", notes),
        secrets: sources(node, "secrets", notes),
        network_mode: field::string(node, "network_mode", notes),
        networks: field::map(node, "networks", notes).map(names).unwrap_or_default(),
        restart: field::string(node, "restart", notes),
        replicas: deploy.and_then(|d| field::number(d, "replicas", notes)).or_else(|| field::number(node, "scale", notes)),
        memory_limit: limits.and_then(|l| field::string(l, "memory", notes)).or_else(|| field::string(node, "mem_limit", notes)),
        container_name: field::string(node, "container_name", notes),
        profiles: profiles(node, notes),
        labels: field::text_map(node, "labels", notes),
        platform: field::string(node, "platform", notes),
        stop_grace: field::duration(node, "stop_grace_period", notes),
        name,
    }
}

/// The `profiles:` of a service.
pub(crate) fn profiles(node: &Node, notes: &mut Notes) -> Vec<String> {
    field::strings(node, "profiles", notes)
}

fn names(map: &Node) -> Vec<String> {
    map.entries().iter().map(|e| e.key.clone()).collect()
}

/// Only the list form of `NONE` switches a check off: `test: NONE` runs a program of that name.
fn healthcheck(service: &Node, notes: &mut Notes) -> Healthcheck {
    let Some(check) = field::map(service, "healthcheck", notes) else { return Healthcheck::None };
    if field::flag(check, "disable", notes) == Some(true) {
        return Healthcheck::Disabled;
    }
    match check.get("test") {
        Some(test) if test.items().first().and_then(Node::text) == Some("NONE") => Healthcheck::Disabled,
        Some(_) => Healthcheck::Declared,
        None => Healthcheck::None,
    }
}

/// `depends_on`, and what `links` and joining another service imply.
fn dependencies(service: &Node, joined: Vec<(String, super::Place)>, notes: &mut Notes) -> Vec<Dependency> {
    let mut found = Vec::new();
    for entry in field::map(service, "depends_on", notes).map(Node::entries).unwrap_or_default() {
        let condition = match field::text(&entry.node, "condition", notes) {
            None | Some("service_started") => Condition::ServiceStarted,
            Some("service_healthy") => Condition::ServiceHealthy,
            Some("service_completed_successfully") => Condition::ServiceCompletedSuccessfully,
            Some(other) => {
                notes.add(Finding::error(
                    FindingCode::WrongType,
                    &entry.node.place,
                    format!("`{other}` is no condition of `depends_on`"),
                    "Write service_started, service_healthy or service_completed_successfully.",
                ));
                continue;
            }
        };
        let required = field::flag(&entry.node, "required", notes).unwrap_or(true);
        found.push(Dependency { service: entry.key.clone(), condition, required, place: entry.place.clone() });
    }
    let links = field::items(service, "links", notes).iter().filter_map(first_part);
    for (service, place) in joined.into_iter().chain(links) {
        if found.iter().all(|d| d.service != service) {
            found.push(Dependency { service, condition: Condition::ServiceStarted, required: true, place });
        }
    }
    found
}

/// The services whose network, processes or volumes this one uses as its own.
fn joined(service: &Node, notes: &mut Notes) -> Vec<(String, super::Place)> {
    let mut found = Vec::new();
    for key in ["network_mode", "ipc", "pid", "uts"] {
        let named = service.get(key).and_then(|n| Some((n.text()?.strip_prefix("service:")?.to_owned(), n.place.clone())));
        found.extend(named);
    }
    found.extend(field::items(service, "volumes_from", notes).iter().filter_map(first_part));
    found
}

fn first_part(item: &Node) -> Option<(String, super::Place)> {
    let name = item.text()?.split(':').next().filter(|name| *name != "container")?;
    Some((name.to_owned(), item.place.clone()))
}

/// The ports in `http://localhost:PORT` of a health check.
fn http_checked(service: &Node) -> Vec<u16> {
    let Some(test) = service.get("healthcheck").and_then(|check| check.get("test")) else { return Vec::new() };
    let words: Vec<&str> = test.text().into_iter().chain(test.items().iter().filter_map(Node::text)).collect();
    let text = words.join(" ");
    let mut ports: Vec<u16> = text.split("http://").skip(1).filter_map(own_port).collect();
    ports.dedup();
    ports
}

/// `localhost:8000/health` → 8000, where the host is the container itself.
fn own_port(address: &str) -> Option<u16> {
    let own = ["localhost", "127.0.0.1", "0.0.0.0", "[::1]"].into_iter().find_map(|host| address.strip_prefix(host))?;
    match own.strip_prefix(':') {
        Some(rest) => rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok(),
        None => (!own.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-')).then_some(80),
    }
}

fn fixed_address(service: &Node) -> bool {
    const KEYS: [&str; 4] = ["ipv4_address", "ipv6_address", "mac_address", "link_local_ips"];
    let networks = service.get("networks").map(Node::entries).unwrap_or_default();
    service.get("mac_address").is_some() || networks.iter().any(|network| KEYS.iter().any(|key| network.node.get(key).is_some()))
}

fn env_files(service: &Node, notes: &mut Notes) -> Vec<EnvFile> {
    let mut files: Vec<EnvFile> = Vec::new();
    for item in field::items(service, "env_file", notes) {
        let (path, required) = match item.value {
            Value::Map(_) => (field::text(item, "path", notes), field::flag(item, "required", notes).unwrap_or(true)),
            _ => (field::text_of(item, "an env_file", notes), true),
        };
        let Some(path) = path else { continue };
        let file = EnvFile { path: paths::normalize(path), required, place: item.place.clone() };
        match files.iter_mut().find(|f| f.path == file.path) {
            Some(old) => *old = file,
            None => files.push(file),
        }
    }
    files
}

/// The top-level objects that `configs:` or `secrets:` of a service name.
fn sources(service: &Node, key: &str, notes: &mut Notes) -> Vec<String> {
    let mut sources = Vec::new();
    for item in field::items(service, key, notes) {
        let source = match item.value {
            Value::Map(_) => field::string(item, "source", notes),
            _ => item.text().map(str::to_owned),
        };
        sources.extend(source);
    }
    sources
}
