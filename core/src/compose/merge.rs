//! One file laid over another, as Compose does it.
//!
//! Owns: those rules. Must never know: where the files come from.
//!
//! Scalars are replaced, mappings merged, lists appended (duplicates by target fall away when the service is read);
//! `command`, `entrypoint` and a health check's `test` are replaced as a whole; `!reset` removes, `!override` replaces.

use super::node::{Node, Tag, Value};

/// Lays `over` on `base`.
pub(crate) fn merge(base: &mut Node, over: &Node) {
    merge_at(base, over, &mut Vec::new());
}

/// Lays the fields of a service on those of the service that it extends.
pub(crate) fn merge_service(base: &mut Node, over: &Node) {
    merge_at(base, over, &mut vec!["services".to_owned(), "*".to_owned()]);
}

/// Takes out what `!reset` marks, in a document that nothing lies under.
pub(crate) fn drop_resets(node: &mut Node) {
    if let Some(entries) = node.entries_mut() {
        entries.retain(|e| e.node.tag != Tag::Reset);
        entries.iter_mut().for_each(|e| drop_resets(&mut e.node));
    }
}

fn merge_at(base: &mut Node, over: &Node, path: &mut Vec<String>) {
    for entry in over.entries() {
        match entry.node.tag {
            Tag::Reset => drop(base.remove(&entry.key)),
            Tag::Override => base.set(&entry.key, Node { tag: Tag::None, ..entry.node.clone() }),
            Tag::None => {
                path.push(entry.key.clone());
                merge_value(base, &entry.key, &entry.node, path);
                path.pop();
            }
        }
    }
}

fn merge_value(base: &mut Node, key: &str, over: &Node, path: &mut Vec<String>) {
    let whole = replaced_as_a_whole(path);
    let Some(old) = base.get_mut(key) else {
        let mut node = over.clone();
        drop_resets(&mut node);
        base.set(key, node);
        return;
    };
    match (&mut old.value, &over.value) {
        (_, Value::Null) if !whole => {}
        (Value::List(items), Value::List(more)) if !whole => items.extend(more.iter().cloned()),
        (Value::Map(_), Value::Map(_)) if !whole => merge_at(old, over, path),
        _ => {
            let mut node = over.clone();
            drop_resets(&mut node);
            *old = node;
        }
    }
}

fn replaced_as_a_whole(path: &[String]) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    matches!(path[..], ["services", _, "command" | "entrypoint"] | ["services", _, "healthcheck", "test"])
}
