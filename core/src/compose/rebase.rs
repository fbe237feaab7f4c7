//! Relative paths of a file in another folder, seen from the project's folder.
//!
//! Owns: which keys hold paths. Must never know: what is at those paths.

use super::{
    mounts,
    node::{Node, Scalar, Value},
    paths,
};

/// Rewrites the paths of a document (services in their long form) that starts from `base`.
pub(crate) fn rebase(document: &mut Node, base: &str) {
    if base.is_empty() {
        return;
    }
    let children = |node: Option<&mut Node>, change: &mut dyn FnMut(&mut Node)| {
        node.and_then(Node::entries_mut).into_iter().flatten().for_each(|e| change(&mut e.node));
    };
    children(document.get_mut("services"), &mut |s| service(s, base));
    for key in ["configs", "secrets"] {
        children(document.get_mut(key), &mut |object| change(object.get_mut("file"), |path| plain(path, base)));
    }
}

fn service(service: &mut Node, base: &str) {
    if let Some(build) = service.get_mut("build") {
        change(build.get_mut("context"), |path| context(path, base));
        for entry in build.get_mut("additional_contexts").and_then(Node::entries_mut).into_iter().flatten() {
            change(Some(&mut entry.node), |path| context(path, base));
        }
    }
    if let Some(extends) = service.get_mut("extends") {
        change(extends.get_mut("file"), |path| plain(path, base));
    }
    for item in items(service, "env_file") {
        match item.value {
            Value::Map(_) => change(item.get_mut("path"), |path| plain(path, base)),
            _ => change(Some(item), |path| plain(path, base)),
        }
    }
    for item in items(service, "volumes") {
        match item.value {
            Value::Map(_) if item.get("type").and_then(Node::text) == Some("bind") => {
                change(item.get_mut("source"), |path| plain(path, base));
            }
            _ => change(Some(item), |short| mount(short, base)),
        }
    }
}

fn items<'a>(service: &'a mut Node, key: &str) -> impl Iterator<Item = &'a mut Node> {
    let list = service.get_mut(key).and_then(|n| if let Value::List(items) = &mut n.value { Some(items) } else { None });
    list.into_iter().flatten()
}

fn change(node: Option<&mut Node>, rewrite: impl FnOnce(&str) -> String) {
    if let Some(Node { value: Value::Scalar(Scalar { text, .. }), .. }) = node {
        *text = rewrite(text);
    }
}

fn plain(path: &str, base: &str) -> String {
    if path.starts_with(['/', '~', '$']) { path.to_owned() } else { paths::join(base, path) }
}

fn context(path: &str, base: &str) -> String {
    if paths::is_remote(path) { path.to_owned() } else { plain(path, base) }
}

/// `./data:/data:ro` → `./BASE/data:/data:ro`; volume names stay.
fn mount(short: &str, base: &str) -> String {
    let (source, rest) = match mounts::split(short)[..] {
        [source, ..] if source.starts_with('.') => (source, &short[source.len()..]),
        _ => return short.to_owned(),
    };
    let moved = paths::join(base, source);
    let prefix = if moved.starts_with(['.', '/']) { "" } else { "./" };
    format!("{prefix}{moved}{rest}")
}
