//! From text to [`Node`]s.
//!
//! Owns: YAML with anchors and `<<`, the limits on hostile files, and errors with line and column.
//! Must never know: Compose's keys.

use std::{borrow::Cow, collections::BTreeMap};

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, Tag as YamlTag};

use super::{
    finding::{Finding, FindingCode, Place},
    node::{Entry, Node, Scalar, Tag, Value},
    notes::Notes,
    number,
};

/// Nodes in one file, those that aliases repeat included: enough for any real file, too few for a bomb.
const MAX_NODES: usize = 100_000;
/// Nesting.
const MAX_DEPTH: usize = 64;

/// Every document of a file; what is read as something else than it looks like is noted.
pub(crate) fn parse(text: &str, file: &str, notes: &mut Notes) -> Result<Vec<Node>, Finding> {
    let mut builder = Builder { file, notes, stack: Vec::new(), anchors: BTreeMap::new(), documents: Vec::new(), nodes: 0 };
    let mut parser = Parser::new_from_str(text.trim_start_matches('\u{feff}'));
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|e| builder.error(*e.marker(), e.info()))?;
        builder.take(event, span)?;
    }
    Ok(builder.documents)
}

struct Builder<'a> {
    file: &'a str,
    notes: &'a mut Notes,
    stack: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    documents: Vec<Node>,
    nodes: usize,
}

/// A list or mapping whose end has not come yet.
struct Open {
    node: Node,
    anchor: usize,
    /// The key that waits for its value.
    key: Option<(String, Place)>,
    /// What `<<` names, in order.
    merged: Vec<Node>,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Finding> {
        match event {
            Event::MappingStart(anchor, tag) => self.open(Value::Map(Vec::new()), anchor, tag, span),
            Event::SequenceStart(anchor, tag) => self.open(Value::List(Vec::new()), anchor, tag, span),
            Event::MappingEnd | Event::SequenceEnd => self.close(span),
            Event::Scalar(text, style, anchor, tag) => self.scalar(&text, style, anchor, tag, span),
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).cloned();
                let node = node.ok_or_else(|| self.error(span.start, "an alias of an anchor that is not complete"))?;
                self.nodes += count(&node);
                self.add(node, 0, span.start)
            }
            _ => Ok(()),
        }
    }

    fn open(&mut self, value: Value, anchor: usize, tag: Option<Cow<'_, YamlTag>>, span: Span) -> Result<(), Finding> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(self.error(span.start, "more than 64 levels of nesting"));
        }
        let node = Node { place: self.place(span.start), value, tag: own_tag(tag.as_deref()) };
        self.stack.push(Open { node, anchor, key: None, merged: Vec::new() });
        Ok(())
    }

    fn close(&mut self, span: Span) -> Result<(), Finding> {
        let Some(mut open) = self.stack.pop() else { return Ok(()) };
        for merged in std::mem::take(&mut open.merged) {
            merge_keys(&mut open.node, &merged);
        }
        self.add(open.node, open.anchor, span.start)
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<Cow<'_, YamlTag>>,
        span: Span,
    ) -> Result<(), Finding> {
        let place = self.place(span.start);
        let is_key = self.stack.last().is_some_and(|open| matches!(open.node.value, Value::Map(_)) && open.key.is_none());
        let is_text = style != ScalarStyle::Plain || tag.as_deref().is_some_and(|t| t.is_yaml_core_schema() && t.suffix == "str");
        let value = match text {
            _ if is_text || is_key => plain_text(text),
            "" | "~" | "null" | "Null" | "NULL" => Value::Null,
            _ => {
                let read = number::canonical(text);
                self.note_lost_digits(text, &read, &place);
                plain_text(&read)
            }
        };
        self.add(Node { place, value, tag: own_tag(tag.as_deref()) }, anchor, span.start)
    }

    /// `PYTHON: 3.10` is the number 3.1: Compose passes that on.
    fn note_lost_digits(&mut self, written: &str, read: &str, place: &Place) {
        let texts = ["args", "environment", "labels"];
        let is_text = self.stack.iter().any(|o| o.key.as_ref().is_some_and(|(key, _)| texts.contains(&key.as_str())));
        if is_text && written.contains('.') && written != read {
            let text = format!("`{written}` is read as the number {read}");
            let remedy = format!("Put it in quotes: \"{written}\".");
            self.notes.add(Finding::warning(FindingCode::Surprising, place, text, remedy));
        }
    }

    /// Puts a complete node where it belongs.
    fn add(&mut self, node: Node, anchor: usize, at: Marker) -> Result<(), Finding> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(self.error(at, "more values than any Compose file needs (aliases repeat them)"));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.stack.last_mut() else {
            self.documents.push(node);
            return Ok(());
        };
        if let Value::List(items) = &mut open.node.value {
            items.push(node);
            return Ok(());
        }
        match open.key.take() {
            None => {
                let key = match node.value {
                    Value::Scalar(scalar) => scalar.text,
                    Value::Null => String::new(),
                    _ => return Err(self.error(at, "a list or mapping as a key")),
                };
                open.key = Some((key, node.place));
                Ok(())
            }
            Some((key, place)) => self.put(key, place, node, at),
        }
    }

    fn put(&mut self, key: String, place: Place, node: Node, at: Marker) -> Result<(), Finding> {
        let Some(open) = self.stack.last_mut() else { return Ok(()) };
        if key == "<<" {
            let maps = match node.value {
                Value::Map(_) => vec![node],
                Value::List(items) if items.iter().all(|i| matches!(i.value, Value::Map(_))) => items,
                _ => return Err(self.error(at, "`<<` takes a mapping or a list of mappings")),
            };
            open.merged.extend(maps);
            return Ok(());
        }
        if let Some(first) = open.node.entry(&key) {
            let text = format!("the key `{key}` a second time (the first is in line {})", first.place.line);
            return Err(Finding::error(
                FindingCode::YamlSyntax,
                &place,
                text,
                "Take one of the two out: a mapping has each key once.",
            ));
        }
        if let Some(entries) = open.node.entries_mut() {
            entries.push(Entry { key, place, node });
        }
        Ok(())
    }

    fn place(&self, mark: Marker) -> Place {
        Place { file: self.file.to_owned(), line: mark.line(), column: mark.col() + 1 }
    }

    fn error(&self, mark: Marker, reason: &str) -> Finding {
        let place = self.place(mark);
        let text = format!("not valid YAML at column {}: {reason}", place.column);
        let remedy = match reason {
            r if r.contains("tab") => "Indent with spaces: YAML does not allow tabs.",
            _ => "Mend the line or the one before it: check the indentation, the colons and the quotes.",
        };
        Finding::error(FindingCode::YamlSyntax, &place, text, remedy)
    }
}

/// The keys of `from` that `into` lacks; a key written out wins over a merged one.
fn merge_keys(into: &mut Node, from: &Node) {
    for entry in from.entries() {
        if into.entry(&entry.key).is_none()
            && let Some(entries) = into.entries_mut()
        {
            entries.push(entry.clone());
        }
    }
}

fn plain_text(text: &str) -> Value {
    Value::Scalar(Scalar { text: text.to_owned(), written: None })
}

fn own_tag(tag: Option<&YamlTag>) -> Tag {
    match tag {
        Some(tag) if tag.handle == "!" && tag.suffix == "reset" => Tag::Reset,
        Some(tag) if tag.handle == "!" && tag.suffix == "override" => Tag::Override,
        _ => Tag::None,
    }
}

/// How many values an alias repeats.
fn count(node: &Node) -> usize {
    match &node.value {
        Value::List(items) => 1 + items.iter().map(count).sum::<usize>(),
        Value::Map(entries) => 1 + entries.iter().map(|e| 1 + count(&e.node)).sum::<usize>(),
        _ => 1,
    }
}
