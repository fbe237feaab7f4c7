//! The mounts of a service.
//!
//! Owns: the short and the long form of a mount. Must never know: volumes of an engine.

use super::{
    field,
    finding::{Finding, FindingCode},
    model::{MountKind, MountModel},
    node::{Node, Value},
    notes::Notes,
    paths,
};

/// The `volumes:` of a service; of two with the same target the later one counts.
pub(crate) fn read(service: &Node, notes: &mut Notes) -> Vec<MountModel> {
    let mut mounts: Vec<MountModel> = Vec::new();
    for item in field::items(service, "volumes", notes) {
        let mount = match item.value {
            Value::Map(_) => long(item, notes),
            _ => short(item, notes),
        };
        let Some(mount) = mount else { continue };
        match mounts.iter_mut().find(|m| m.target == mount.target) {
            Some(old) => *old = mount,
            None => mounts.push(mount),
        }
    }
    mounts
}

/// A short form's parts; a `:` inside `${…}` separates nothing.
pub(crate) fn split(short: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0usize);
    for (at, c) in short.char_indices() {
        match c {
            '{' if short[..at].ends_with('$') => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => {
                parts.push(&short[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&short[start..]);
    parts
}

fn short(item: &Node, notes: &mut Notes) -> Option<MountModel> {
    let text = field::text_of(item, "a mount", notes)?;
    let mut parts = split(text);
    if let [drive, rest, ..] = parts[..]
        && is_drive(drive)
        && rest.starts_with(['/', '\\'])
    {
        parts.splice(..2, [&text[..drive.len() + 1 + rest.len()]]);
        notes.add(Finding::warning(
            FindingCode::Surprising,
            &item.place,
            format!("Compose reads `{}` as a Windows path, so no volume `{drive}` is mounted", parts[0]),
            "Give the volume a name of two letters or more.",
        ));
    }
    let (source, target, options) = match parts[..] {
        [target] => (None, target, ""),
        [source, target] => (Some(source), target, ""),
        [source, target, options] => (Some(source), target, options),
        _ => return invalid(item, text, notes),
    };
    if target.is_empty() || source == Some("") {
        return invalid(item, text, notes);
    }
    let kind = match source {
        Some(source) if source.starts_with(['.', '/', '~', '$', '\\']) || source.contains(':') => MountKind::Bind,
        _ => MountKind::Volume,
    };
    let mut mount = mount(kind, source, target, item);
    mount.create_host_path = kind == MountKind::Bind;
    for option in options.split(',') {
        match option {
            "ro" => mount.read_only = true,
            "z" | "Z" => mount.selinux = Some(option.to_owned()),
            "rprivate" | "private" | "rshared" | "shared" | "rslave" | "slave" => mount.propagation = Some(option.to_owned()),
            _ => {}
        }
    }
    Some(mount)
}

fn is_drive(text: &str) -> bool {
    text.len() == 1 && text.starts_with(|c: char| c.is_ascii_alphabetic())
}

fn long(item: &Node, notes: &mut Notes) -> Option<MountModel> {
    let kind = match field::text(item, "type", notes)? {
        "volume" => MountKind::Volume,
        "bind" => MountKind::Bind,
        "tmpfs" => MountKind::Tmpfs,
        _ => MountKind::Other,
    };
    let target = field::text(item, "target", notes)?;
    let mut mount = mount(kind, field::text(item, "source", notes), target, item);
    mount.read_only = field::flag(item, "read_only", notes).unwrap_or(false);
    if let Some(bind) = item.get("bind") {
        mount.propagation = field::text(bind, "propagation", notes).map(str::to_owned);
        mount.selinux = field::text(bind, "selinux", notes).map(str::to_owned);
        mount.create_host_path = field::flag(bind, "create_host_path", notes).unwrap_or(false);
    }
    Some(mount)
}

fn mount(kind: MountKind, source: Option<&str>, target: &str, item: &Node) -> MountModel {
    let relative = kind == MountKind::Bind && source.is_some_and(|s| !s.starts_with(['~', '$', '\\']) && !s.contains(':'));
    MountModel {
        kind,
        source: source.map(|s| if relative { paths::normalize(s) } else { s.to_owned() }),
        target: if target.contains(':') { target.to_owned() } else { trimmed(target) },
        read_only: false,
        propagation: None,
        selinux: None,
        create_host_path: false,
        place: item.place.clone(),
    }
}

/// `/data/` and `/data` are the same place.
fn trimmed(target: &str) -> String {
    if target.starts_with('/') { paths::normalize(target) } else { target.to_owned() }
}

fn invalid(item: &Node, text: &str, notes: &mut Notes) -> Option<MountModel> {
    notes.add(Finding::error(
        FindingCode::WrongType,
        &item.place,
        format!("`{text}` is no mount"),
        "Write SOURCE:TARGET or SOURCE:TARGET:ro.",
    ));
    None
}
