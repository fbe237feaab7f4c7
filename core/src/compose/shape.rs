//! Short forms turned into long ones, so that files can be merged and read in one shape.
//!
//! Owns: which keys have several forms. Must never know: what they mean.

use super::{
    node::{Entry, Node, Value},
    notes::Notes,
};

/// Keys of a service that are lists of `NAME=value` or mappings.
const KEY_VALUES: [&str; 4] = ["environment", "labels", "annotations", "sysctls"];
const BUILD_KEY_VALUES: [&str; 3] = ["args", "labels", "additional_contexts"];
/// Keys of a service that are one text or a list.
const LISTS: [&str; 5] = ["env_file", "tmpfs", "dns", "dns_search", "dns_opt"];
const BUILD_LISTS: [&str; 3] = ["cache_from", "cache_to", "platforms"];
/// Keys of a service that are a list of names or a mapping by name.
const NAMED: [&str; 2] = ["depends_on", "networks"];

/// Brings every service of a document into the long form.
pub(crate) fn services(document: &mut Node, notes: &mut Notes) {
    let Some(services) = document.get_mut("services") else { return };
    for entry in services.entries_mut().into_iter().flatten() {
        service(&mut entry.node, &entry.key, notes);
    }
}

fn service(node: &mut Node, name: &str, notes: &mut Notes) {
    if node.value == Value::Null {
        node.value = Value::Map(Vec::new());
    }
    let place = node.place.clone();
    KEY_VALUES.iter().for_each(|key| in_place(node, key, |n| key_values(n, notes, &format!("services.{name}.{key}"))));
    LISTS.iter().for_each(|key| in_place(node, key, list));
    NAMED.iter().for_each(|key| in_place(node, key, by_name));
    in_place(node, "build", |build| {
        if build.text().is_some() {
            let context = Node { tag: Default::default(), ..build.clone() };
            build.value = Node::empty_map(place.clone()).value;
            build.set("context", context);
        }
        let what = |key: &str| format!("services.{name}.build.{key}");
        BUILD_KEY_VALUES.iter().for_each(|key| in_place(build, key, |n| key_values(n, notes, &what(key))));
        BUILD_LISTS.iter().for_each(|key| in_place(build, key, list));
    });
    in_place(node, "extends", |extends| {
        if extends.text().is_some() {
            let service = extends.clone();
            extends.value = Node::empty_map(place.clone()).value;
            extends.set("service", service);
        }
    });
}

fn in_place(node: &mut Node, key: &str, change: impl FnOnce(&mut Node)) {
    if let Some(child) = node.get_mut(key).filter(|n| n.value != Value::Null) {
        change(child);
    }
}

/// `[A=1, B]` → `{A: 1, B: null}`.
fn key_values(node: &mut Node, notes: &mut Notes, what: &str) {
    let Value::List(items) = &node.value else { return };
    let mut entries: Vec<Entry> = Vec::new();
    for item in items {
        let Some(text) = item.text() else {
            notes.wrong_type(item, what, "a text NAME=value");
            continue;
        };
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (key, part(item, value)),
            None => (text, Node::new(item.place.clone(), Value::Null)),
        };
        let entry = Entry { key: key.to_owned(), place: item.place.clone(), node: value };
        match entries.iter_mut().find(|e| e.key == key) {
            Some(old) => *old = entry,
            None => entries.push(entry),
        }
    }
    node.value = Value::Map(entries);
}

/// The value of a `NAME=value`, with what was written there before interpolation.
fn part(item: &Node, value: &str) -> Node {
    let mut node = Node::scalar(item.place.clone(), value);
    if let (Value::Scalar(whole), Value::Scalar(part)) = (&item.value, &mut node.value) {
        part.written = whole.written.as_deref().and_then(|w| w.split_once('=')).map(|(_, value)| value.to_owned());
    }
    node
}

/// `a` → `[a]`.
fn list(node: &mut Node) {
    if matches!(node.value, Value::Scalar(_) | Value::Map(_)) {
        let item = Node { tag: Default::default(), ..node.clone() };
        node.value = Value::List(vec![item]);
    }
}

/// `[a, b]` → `{a: null, b: null}`.
fn by_name(node: &mut Node) {
    let Value::List(items) = &node.value else { return };
    if items.iter().any(|i| i.text().is_none()) {
        return;
    }
    let entry = |i: &Node| {
        let key = i.text().unwrap_or_default().to_owned();
        Entry { key, place: i.place.clone(), node: Node::new(i.place.clone(), Value::Null) }
    };
    node.value = Value::Map(items.iter().map(entry).collect());
}
