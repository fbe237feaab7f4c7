//! The `build:` of a service.
//!
//! Owns: reading it. Must never know: who builds.

use std::collections::BTreeMap;

use super::{
    field,
    finding::{Finding, FindingCode},
    model::{BuildModel, BuildSecret},
    node::{Node, Value},
    notes::Notes,
    paths,
};

/// Keys that Compose knows and a bake file has no word for.
const NOT_CARRIED: [&str; 5] = ["extra_hosts", "entitlements", "isolation", "privileged", "cgroup_parent"];

/// The build section, in its long form.
pub(crate) fn read(build: &Node, notes: &mut Notes) -> BuildModel {
    for entry in build.entries().iter().filter(|e| NOT_CARRIED.contains(&e.key.as_str())) {
        notes.add(Finding::warning(
            FindingCode::IgnoredKey,
            &entry.place,
            format!("`build.{}` is not passed on to the builder", entry.key),
            "Take it out if the build does not need it; otherwise move what it does into the Dockerfile.",
        ));
    }
    let context = field::text(build, "context", notes).unwrap_or(".");
    let remote = paths::is_remote(context);
    BuildModel {
        place: build.place.clone(),
        context: local(context),
        remote,
        dockerfile: field::string(build, "dockerfile", notes),
        dockerfile_inline: field::string(build, "dockerfile_inline", notes),
        target: field::string(build, "target", notes),
        args: args(build, notes),
        secrets: secrets(build, notes),
        ssh: ssh(build, notes),
        additional_contexts: contexts(build, notes),
        cache_from: field::strings(build, "cache_from", notes),
        cache_to: field::strings(build, "cache_to", notes),
        platforms: field::strings(build, "platforms", notes),
        labels: field::text_map(build, "labels", notes),
        tags: field::strings(build, "tags", notes),
        network: field::string(build, "network", notes),
        shm_size: field::string(build, "shm_size", notes),
        ulimits: ulimits(build, notes),
        no_cache: field::flag(build, "no_cache", notes).unwrap_or(false),
        pull: field::flag(build, "pull", notes).unwrap_or(false),
    }
}

fn local(path: &str) -> String {
    if paths::is_remote(path) { path.to_owned() } else { paths::normalize(path) }
}

fn contexts(build: &Node, notes: &mut Notes) -> BTreeMap<String, String> {
    let written = field::text_map(build, "additional_contexts", notes);
    written.into_iter().map(|(name, path)| (name, local(&path))).collect()
}

/// As written: which variables may be filled in is the builder's business.
fn args(build: &Node, notes: &mut Notes) -> BTreeMap<String, Option<String>> {
    let entries = field::map(build, "args", notes).map(Node::entries).unwrap_or_default();
    let mut args = BTreeMap::new();
    for entry in entries {
        let value = match &entry.node.value {
            Value::Null => None,
            Value::Scalar(scalar) => Some(scalar.written.as_ref().unwrap_or(&scalar.text).clone()),
            _ => {
                notes.wrong_type(&entry.node, "a build argument", "a single value");
                continue;
            }
        };
        args.insert(entry.key.clone(), value);
    }
    args
}

fn secrets(build: &Node, notes: &mut Notes) -> Vec<BuildSecret> {
    let mut secrets = Vec::new();
    for item in field::items(build, "secrets", notes) {
        let (source, id) = match item.value {
            Value::Map(_) => (field::string(item, "source", notes), field::string(item, "target", notes)),
            _ => (field::text_of(item, "a build secret", notes).map(str::to_owned), None),
        };
        if let Some(source) = source {
            secrets.push(BuildSecret { id: id.unwrap_or_else(|| source.clone()), source });
        }
    }
    secrets
}

/// `[default, key=path]` or `{default: null, key: path}`.
fn ssh(build: &Node, notes: &mut Notes) -> Vec<String> {
    match build.get("ssh") {
        Some(Node { value: Value::Map(entries), .. }) => {
            let line = |key: &str, node: &Node| node.text().map_or(key.to_owned(), |path| format!("{key}={path}"));
            entries.iter().map(|e| line(&e.key, &e.node)).collect()
        }
        _ => field::strings(build, "ssh", notes),
    }
}

fn ulimits(build: &Node, notes: &mut Notes) -> Vec<String> {
    let entries = field::map(build, "ulimits", notes).map(Node::entries).unwrap_or_default();
    let line = |name: &str, node: &Node, notes: &mut Notes| match node.value {
        Value::Map(_) => {
            let (soft, hard) = (field::string(node, "soft", notes)?, field::string(node, "hard", notes)?);
            Some(format!("{name}={soft}:{hard}"))
        }
        _ => Some(format!("{name}={}", field::text_of(node, "a limit", notes)?)),
    };
    entries.iter().filter_map(|e| line(&e.key, &e.node, notes)).collect()
}
