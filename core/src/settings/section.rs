//! One table of the file while it is read.
//!
//! Owns: getting typed values out of it, and errors that name line and key. Must never know: which keys there are.

use std::{ops::Range, str::FromStr, time::Duration};

use toml_edit::{Item, TableLike};

use super::{
    duration,
    error::{Position, SettingsError},
};
use crate::domain::nearest::nearest;

/// A table, with what is needed to speak about it.
#[derive(Clone)]
pub(super) struct Section<'a> {
    text: &'a str,
    path: String,
    table: &'a dyn TableLike,
    span: Option<Range<usize>>,
}

impl<'a> Section<'a> {
    pub(super) fn root(text: &'a str, table: &'a dyn TableLike) -> Self {
        Self { text, path: String::new(), table, span: None }
    }

    /// Refuses every key that is not among these.
    pub(super) fn allow(&self, keys: &[&str]) -> Result<(), SettingsError> {
        let Some((key, _)) = self.table.iter().find(|(key, _)| !keys.contains(key)) else { return Ok(()) };
        Err(SettingsError::UnknownKey {
            at: self.at_key(key),
            key: key.to_owned(),
            table: self.described(),
            nearest: nearest(key, keys.iter().copied()).map(str::to_owned),
            allowed: keys.iter().map(|k| (*k).to_owned()).collect(),
        })
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    pub(super) fn keys(&self) -> Vec<String> {
        self.table.iter().map(|(key, _)| key.to_owned()).collect()
    }

    /// The table of that key.
    pub(super) fn section(&self, key: &str) -> Result<Option<Section<'a>>, SettingsError> {
        let Some(item) = self.table.get(key) else { return Ok(None) };
        let table = item.as_table_like().ok_or_else(|| self.value_error(key, "must be a table", "a table of keys"))?;
        let span = item.span().or_else(|| self.table.key(key).and_then(|k| k.span()));
        Ok(Some(Self { text: self.text, path: self.full(key), table, span }))
    }

    pub(super) fn string(&self, key: &str) -> Result<Option<&'a str>, SettingsError> {
        self.typed(key, Item::as_str, "a text in double quotes")
    }

    pub(super) fn boolean(&self, key: &str) -> Result<Option<bool>, SettingsError> {
        self.typed(key, Item::as_bool, "true or false")
    }

    /// An integer within a range.
    pub(super) fn integer(&self, key: &str, range: Range<i64>) -> Result<Option<i64>, SettingsError> {
        let allowed = format!("a whole number from {} to {}", range.start, range.end - 1);
        self.typed(key, |item| item.as_integer().filter(|n| range.contains(n)), &allowed)
    }

    pub(super) fn duration(&self, key: &str) -> Result<Option<Duration>, SettingsError> {
        self.typed(key, |item| item.as_str().and_then(duration::parse), "a duration such as \"30s\" or \"2m\"")
    }

    pub(super) fn strings(&self, key: &str) -> Result<Option<Vec<String>>, SettingsError> {
        let read = |item: &Item| item.as_array()?.iter().map(|v| v.as_str().map(str::to_owned)).collect();
        self.typed(key, read, "a list of texts such as [\"a\", \"b\"]")
    }

    /// A text of a type that checks itself.
    pub(super) fn parsed<T: FromStr<Err: std::fmt::Display>>(
        &self,
        key: &str,
        allowed: &str,
    ) -> Result<Option<T>, SettingsError> {
        let Some(text) = self.string(key)? else { return Ok(None) };
        text.parse().map(Some).map_err(|e| self.value_error(key, &T::Err::to_string(&e), allowed))
    }

    /// A key as a name of a type that checks itself.
    pub(super) fn key_as<T: FromStr<Err: std::fmt::Display>>(&self, key: &str, allowed: &str) -> Result<T, SettingsError> {
        key.parse().map_err(|e: T::Err| SettingsError::Value {
            at: self.at_key(key),
            key: self.full(key),
            problem: e.to_string(),
            allowed: allowed.to_owned(),
        })
    }

    pub(super) fn missing(&self, key: &str) -> SettingsError {
        SettingsError::Missing { at: Position::of(self.text, self.span.clone()), table: self.described(), key: key.to_owned() }
    }

    pub(super) fn value_error(&self, key: &str, problem: &str, allowed: &str) -> SettingsError {
        let span = self.table.get(key).and_then(Item::span);
        let at = span.map_or_else(|| self.at_key(key), |span| Position::of(self.text, Some(span)));
        SettingsError::Value { at, key: self.full(key), problem: problem.to_owned(), allowed: allowed.to_owned() }
    }

    fn typed<T>(&self, key: &str, read: impl FnOnce(&'a Item) -> Option<T>, allowed: &str) -> Result<Option<T>, SettingsError> {
        let Some(item) = self.table.get(key) else { return Ok(None) };
        read(item).map(Some).ok_or_else(|| self.value_error(key, &format!("must be {allowed}"), allowed))
    }

    fn at_key(&self, key: &str) -> Position {
        Position::of(self.text, self.table.key(key).and_then(|k| k.span()))
    }

    fn full(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn described(&self) -> String {
        if self.path.is_empty() { "the top level".to_owned() } else { format!("[{}]", self.path) }
    }
}
