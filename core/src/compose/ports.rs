//! The ports of a service.
//!
//! Owns: the short and the long form of a port, and ranges. Must never know: which ports are free.

use super::{
    field,
    finding::{Finding, FindingCode},
    model::PortModel,
    mounts,
    node::{Node, Value},
    notes::Notes,
};

/// The `ports:` of a service, each once.
pub(crate) fn read(service: &Node, notes: &mut Notes) -> Vec<PortModel> {
    let mut ports: Vec<PortModel> = Vec::new();
    for item in field::items(service, "ports", notes) {
        let found = match item.value {
            Value::Map(_) => long(item, notes),
            _ => field::text_of(item, "a port", notes).and_then(|text| short(item, text).or_else(|| invalid(item, text, notes))),
        };
        for port in found.into_iter().flatten() {
            let same = |p: &PortModel| {
                (p.target, &p.published, &p.host_ip, &p.protocol) == (port.target, &port.published, &port.host_ip, &port.protocol)
            };
            if !ports.iter().any(same) {
                ports.push(port);
            }
        }
    }
    ports
}

/// The `expose:` of a service: its TCP ports.
pub(crate) fn exposed(service: &Node, notes: &mut Notes) -> Vec<u16> {
    let mut ports = Vec::new();
    for item in field::items(service, "expose", notes) {
        let Some(text) = field::text_of(item, "an exposed port", notes) else { continue };
        let (numbers, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        match range(numbers) {
            Some((first, last)) if protocol == "tcp" => ports.extend(first..=last),
            None if !text.contains('$') => drop(invalid(item, text, notes)),
            _ => {}
        }
    }
    ports.dedup();
    ports
}

/// `[[IP:]HOST[-END]:]CONTAINER[-END][/PROTOCOL]`
fn short(item: &Node, text: &str) -> Option<Vec<PortModel>> {
    let (address, protocol) = match text.rsplit_once('/') {
        Some((address, protocol)) if !protocol.contains('}') => (address, protocol),
        _ => (text, "tcp"),
    };
    let (host_ip, address) = match address.strip_prefix('[').and_then(|rest| rest.split_once("]:")) {
        Some((ip, rest)) => (Some(ip), rest),
        None => (None, address),
    };
    let (host_ip, published, target) = match (host_ip, &mounts::split(address)[..]) {
        (ip, [target]) => (ip, None, *target),
        (ip, [published, target]) => (ip, Some(*published), *target),
        (None, [ip, published, target]) => (Some(*ip), Some(*published), *target),
        _ => return None,
    };
    let port = |target, published: Option<String>| PortModel {
        target,
        published,
        host_ip: host_ip.filter(|ip| !ip.is_empty()).map(str::to_owned),
        protocol: protocol.to_owned(),
        place: item.place.clone(),
    };
    let published = published.filter(|p| !p.is_empty());
    if text.contains('$') {
        return Some(vec![port(target.parse().ok(), published.map(str::to_owned))]);
    }
    let (first, last) = range(target)?;
    let Some(published) = published else { return Some((first..=last).map(|t| port(Some(t), None)).collect()) };
    let (from, to) = range(published)?;
    match (last - first, to - from) {
        (0, 0) => Some(vec![port(Some(first), Some(from.to_string()))]),
        (0, _) => Some(vec![port(Some(first), Some(format!("{from}-{to}")))]),
        (n, m) if n == m => Some((first..=last).zip(from..=to).map(|(t, p)| port(Some(t), Some(p.to_string()))).collect()),
        _ => None,
    }
}

fn long(item: &Node, notes: &mut Notes) -> Option<Vec<PortModel>> {
    let text = field::text(item, "target", notes).or_else(|| {
        notes.add(Finding::error(
            FindingCode::WrongType,
            &item.place,
            "a port without `target`",
            "Add the container's port as `target`.",
        ));
        None
    })?;
    let target = text.parse().ok();
    if target.is_none() && !text.contains('$') {
        return invalid(item, text, notes);
    }
    Some(vec![PortModel {
        target,
        published: field::text(item, "published", notes).filter(|p| !p.is_empty()).map(str::to_owned),
        host_ip: field::text(item, "host_ip", notes).map(str::to_owned),
        protocol: field::text(item, "protocol", notes).unwrap_or("tcp").to_owned(),
        place: item.place.clone(),
    }])
}

fn range(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let number = |t: &str| t.parse::<u16>().ok().filter(|n| *n > 0);
    Some((number(first)?, number(last)?)).filter(|(first, last)| first <= last)
}

fn invalid(item: &Node, text: &str, notes: &mut Notes) -> Option<Vec<PortModel>> {
    notes.add(Finding::error(
        FindingCode::WrongType,
        &item.place,
        format!("`{text}` is no port"),
        "Write HOST:CONTAINER, such as \"8080:80\"; both sides of a range have the same length.",
    ));
    None
}
