//! Typed values out of a node.
//!
//! Owns: taking them and noting what has the wrong type. Must never know: which keys there are.

use std::{collections::BTreeMap, time::Duration};

use super::{
    finding::{Finding, FindingCode},
    node::{Node, Value},
    notes::Notes,
};

/// A node as text.
pub(crate) fn text_of<'a>(node: &'a Node, what: &str, notes: &mut Notes) -> Option<&'a str> {
    node.text().or_else(|| {
        notes.wrong_type(node, what, "a single value");
        None
    })
}

/// A key's text.
pub(crate) fn text<'a>(node: &'a Node, key: &str, notes: &mut Notes) -> Option<&'a str> {
    text_of(node.get(key)?, &format!("`{key}`"), notes)
}

/// A key's text, owned, an empty one left out.
pub(crate) fn string(node: &Node, key: &str, notes: &mut Notes) -> Option<String> {
    text(node, key, notes).filter(|t| !t.is_empty()).map(str::to_owned)
}

/// A key's list.
pub(crate) fn items<'a>(node: &'a Node, key: &str, notes: &mut Notes) -> &'a [Node] {
    match node.get(key) {
        Some(list) if !matches!(list.value, Value::List(_)) => {
            notes.wrong_type(list, &format!("`{key}`"), "a list");
            &[]
        }
        Some(list) => list.items(),
        None => &[],
    }
}

/// A key's list of texts.
pub(crate) fn strings(node: &Node, key: &str, notes: &mut Notes) -> Vec<String> {
    let what = format!("an item of `{key}`");
    items(node, key, notes).iter().filter_map(|item| text_of(item, &what, notes)).map(str::to_owned).collect()
}

/// A key's mapping.
pub(crate) fn map<'a>(node: &'a Node, key: &str, notes: &mut Notes) -> Option<&'a Node> {
    let map = node.get(key)?;
    if matches!(map.value, Value::Map(_)) {
        return Some(map);
    }
    notes.wrong_type(map, &format!("`{key}`"), "a mapping");
    None
}

/// A key's mapping of texts; nulls become empty.
pub(crate) fn text_map(node: &Node, key: &str, notes: &mut Notes) -> BTreeMap<String, String> {
    let entries = map(node, key, notes).map(Node::entries).unwrap_or_default();
    let what = format!("a value of `{key}`");
    let value = |n: &Node, notes: &mut Notes| match n.value {
        Value::Null => Some(String::new()),
        _ => text_of(n, &what, notes).map(str::to_owned),
    };
    entries.iter().filter_map(|e| Some((e.key.clone(), value(&e.node, notes)?))).collect()
}

/// A key's truth; a text with an open variable is none.
pub(crate) fn flag(node: &Node, key: &str, notes: &mut Notes) -> Option<bool> {
    match text(node, key, notes)?.to_lowercase().as_str() {
        "true" | "yes" | "y" | "on" => Some(true),
        "false" | "no" | "n" | "off" => Some(false),
        other if other.contains('$') => None,
        _ => {
            notes.wrong_type(node.get(key)?, &format!("`{key}`"), "true or false");
            None
        }
    }
}

/// A key's whole number; a text with an open variable is none.
pub(crate) fn number(node: &Node, key: &str, notes: &mut Notes) -> Option<u32> {
    let text = text(node, key, notes)?;
    text.parse().ok().or_else(|| {
        if !text.contains('$') {
            notes.wrong_type(node.get(key)?, &format!("`{key}`"), "a whole number");
        }
        None
    })
}

/// A key's duration in Compose's notation (`1m30s`, `1.5s`); a text with an open variable is none.
pub(crate) fn duration(node: &Node, key: &str, notes: &mut Notes) -> Option<Duration> {
    let text = text(node, key, notes)?;
    go_duration(text).or_else(|| {
        if !text.contains('$') {
            let place = &node.get(key)?.place;
            let problem = format!("`{key}` is `{text}`, which is no duration");
            notes.add(Finding::error(FindingCode::WrongType, place, problem, "Write a number and a unit, such as 30s or 1m30s."));
        }
        None
    })
}

fn go_duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(rest.len());
        let seconds = match &rest[..unit] {
            "ns" => 1e-9,
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86400.0,
            _ => return None,
        };
        total = total.checked_add(Duration::try_from_secs_f64(number * seconds).ok()?)?;
        rest = &rest[unit..];
    }
    (!text.is_empty()).then_some(total)
}
