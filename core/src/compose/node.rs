//! A YAML tree that remembers where everything is written.
//!
//! Owns: the tree and looking into it. Must never know: Compose.

use super::finding::Place;

/// One value and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) value: Value,
    pub(crate) tag: Tag,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A scalar as text: numbers as the YAML reader of Compose prints them again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scalar {
    pub(crate) text: String,
    /// Before interpolation, where that changed or could change it.
    pub(crate) written: Option<String>,
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) place: Place,
    pub(crate) node: Node,
}

/// Compose's own tags.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Tag {
    #[default]
    None,
    Reset,
    Override,
}

impl Node {
    pub(crate) fn new(place: Place, value: Value) -> Self {
        Self { place, value, tag: Tag::None }
    }

    pub(crate) fn scalar(place: Place, text: impl Into<String>) -> Self {
        Self::new(place, Value::Scalar(Scalar { text: text.into(), written: None }))
    }

    pub(crate) fn empty_map(place: Place) -> Self {
        Self::new(place, Value::Map(Vec::new()))
    }

    /// The value of a key; a null counts as absent.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|e| &e.node).filter(|n| n.value != Value::Null)
    }

    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|e| e.key == key)
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        if let Value::Map(entries) = &self.value { entries } else { &[] }
    }

    pub(crate) fn entries_mut(&mut self) -> Option<&mut Vec<Entry>> {
        if let Value::Map(entries) = &mut self.value { Some(entries) } else { None }
    }

    pub(crate) fn items(&self) -> &[Node] {
        if let Value::List(items) = &self.value { items } else { &[] }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        if let Value::Scalar(scalar) = &self.value { Some(&scalar.text) } else { None }
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries_mut()?.iter_mut().find(|e| e.key == key).map(|e| &mut e.node)
    }

    /// Sets a key, in its old position if there was one.
    pub(crate) fn set(&mut self, key: &str, node: Node) {
        let place = node.place.clone();
        let Some(entries) = self.entries_mut() else { return };
        match entries.iter_mut().find(|e| e.key == key) {
            Some(entry) => entry.node = node,
            None => entries.push(Entry { key: key.to_owned(), place, node }),
        }
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<Node> {
        let entries = self.entries_mut()?;
        let at = entries.iter().position(|e| e.key == key)?;
        Some(entries.remove(at).node)
    }

    /// Calls `change` for every scalar, with the keys that lead there.
    pub(crate) fn for_each_scalar(&mut self, path: &mut Vec<String>, change: &mut dyn FnMut(&[String], &Place, &mut Scalar)) {
        match &mut self.value {
            Value::Null => {}
            Value::Scalar(scalar) => change(path, &self.place, scalar),
            Value::List(items) => items.iter_mut().for_each(|item| item.for_each_scalar(path, change)),
            Value::Map(entries) => {
                for entry in entries {
                    path.push(entry.key.clone());
                    entry.node.for_each_scalar(path, change);
                    path.pop();
                }
            }
        }
    }

    /// What it is, for "expected …, found …".
    pub(crate) fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Scalar(_) => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}
