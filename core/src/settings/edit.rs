//! Changes to `plimsoll.toml` that leave everything else as the user wrote it.
//!
//! Owns: which changes there are and how they are written. Must never know: files.

use std::time::Duration;

use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use super::{
    duration,
    error::{Position, SettingsError},
    parse::parse,
};
use crate::domain::{
    name::{EnvironmentName, Name, ServiceName},
    probe::ProbeTarget,
    settings::{BuilderChoice, DEFAULT_KEEP, DEFAULT_SOAK, EnvironmentSettings, ReleaseCommand, ServiceSettings, Strategy},
};

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Which Compose files; empty means the standard names.
    ComposeFiles(Vec<String>),
    /// Which profiles.
    Profiles(Vec<String>),
    /// Which registry.
    Registry(Option<Name>),
    /// Who builds.
    Builder(Option<BuilderChoice>),
    /// An environment as a whole: made, or changed where it differs.
    Environment(EnvironmentName, EnvironmentSettings),
    /// An environment goes.
    RemoveEnvironment(EnvironmentName),
    /// What differs for a service, as a whole.
    Service(ServiceName, ServiceSettings),
    /// The release command.
    ReleaseCommand(Option<ReleaseCommand>),
}

/// The text after the changes. Comments, order and spelling of what does not change stay.
///
/// # Errors
/// When the text, before or after, is not a valid settings file.
pub fn edit(text: &str, changes: &[Change]) -> Result<String, SettingsError> {
    parse(text)?;
    let mut document: DocumentMut = text.parse().map_err(|e: toml_edit::TomlError| SettingsError::Syntax {
        at: Position::of(text, e.span()),
        reason: e.message().to_owned(),
    })?;
    for change in changes {
        apply(document.as_table_mut(), change);
    }
    let changed = document.to_string();
    parse(&changed)?;
    Ok(changed)
}

fn apply(root: &mut Table, change: &Change) {
    match change {
        Change::ComposeFiles(files) => put(root, "compose", list_or_none(files)),
        Change::Profiles(profiles) => put(root, "profiles", list_or_none(profiles)),
        Change::Registry(name) => put(root, "registry", name.as_ref().map(|n| n.as_str().into())),
        Change::Builder(None) => drop(root.remove("builder")),
        Change::Builder(Some(choice)) => builder(child(root, "builder"), choice),
        Change::Environment(name, settings) => environment(grandchild(root, "environments", name.as_str()), settings),
        Change::RemoveEnvironment(name) => remove_child(root, "environments", name.as_str()),
        Change::Service(name, settings) if *settings == ServiceSettings::default() => {
            remove_child(root, "services", name.as_str());
        }
        Change::Service(name, settings) => service(grandchild(root, "services", name.as_str()), settings),
        Change::ReleaseCommand(None) => drop(root.remove("release")),
        Change::ReleaseCommand(Some(command)) => {
            let table = child(root, "release");
            put(table, "service", Some(command.service.as_str().into()));
            put(table, "command", Some(list(&command.command)));
        }
    }
}

fn builder(table: &mut dyn TableLike, choice: &BuilderChoice) {
    let (kind, server) = match choice {
        BuilderChoice::BuildVm { server } => ("build-vm", Some(server)),
        BuilderChoice::GithubActions => ("github-actions", None),
        BuilderChoice::Local => ("local", None),
    };
    put(table, "kind", Some(kind.into()));
    put(table, "server", server.map(|s| s.as_str().into()));
}

fn environment(table: &mut dyn TableLike, settings: &EnvironmentSettings) {
    put(table, "server", Some(settings.server.as_str().into()));
    put(table, "stack", settings.stack.as_ref().map(|s| s.as_str().into()));
    put(table, "url", settings.url.as_deref().map(Value::from));
    put(table, "expect", settings.expect.as_deref().map(Value::from));
    let soak = (settings.soak != DEFAULT_SOAK || table.contains_key("soak")).then_some(settings.soak);
    put_duration(table, "soak", soak);
    put_unless_default(table, "keep", i64::from(settings.keep).into(), settings.keep == DEFAULT_KEEP);
}

fn service(table: &mut dyn TableLike, settings: &ServiceSettings) {
    put(table, "probe", settings.probe.as_ref().and_then(probe));
    put_duration(table, "deadline", settings.deadline);
    let strategy = settings.strategy.map(|s| match s {
        Strategy::Recreate => "recreate",
        Strategy::BlueGreen => "blue-green",
    });
    put(table, "strategy", strategy.map(Value::from));
    put_duration(table, "drain", settings.drain);
    put_unless_default(table, "overlap", settings.overlap.into(), !settings.overlap);
}

/// `None` for the public URL: that one belongs to the environment.
fn probe(target: &ProbeTarget) -> Option<Value> {
    let mut table = InlineTable::new();
    match target {
        ProbeTarget::Http { port, path, expect, .. } => {
            table.insert("http", path.as_str().into());
            table.insert("port", i64::from(*port).into());
            if let Some(expect) = expect {
                table.insert("expect", expect.as_str().into());
            }
        }
        ProbeTarget::Tcp { port, .. } => drop(table.insert("tcp", i64::from(*port).into())),
        ProbeTarget::Docker { .. } => drop(table.insert("docker", true.into())),
        ProbeTarget::Command { argv, .. } => drop(table.insert("command", list(argv))),
        ProbeTarget::Public { .. } => return None,
    }
    Some(Value::InlineTable(table))
}

/// Writes, replaces or removes a value; one that says the same already is left as it is written.
fn put(table: &mut dyn TableLike, key: &str, value: Option<Value>) {
    let Some(mut value) = value else {
        table.remove(key);
        return;
    };
    match table.get_mut(key).and_then(Item::as_value_mut) {
        Some(old) if same(old, &value) => {}
        Some(old) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        None => drop(table.insert(key, Item::Value(value))),
    }
}

/// `1m30s` and `90s` say the same: what is written stays.
fn put_duration(table: &mut dyn TableLike, key: &str, value: Option<Duration>) {
    let written = table.get(key).and_then(Item::as_str).and_then(duration::parse);
    if value.is_none() || written != value {
        put(table, key, value.map(|d| duration::show(d).into()));
    }
}

/// A default is only written where another value has to go.
fn put_unless_default(table: &mut dyn TableLike, key: &str, value: Value, is_default: bool) {
    if !is_default || table.contains_key(key) {
        put(table, key, Some(value));
    }
}

fn same(a: &Value, b: &Value) -> bool {
    plain(a) == plain(b)
}

/// A value without the way it is written.
fn plain(value: &Value) -> String {
    match value {
        Value::InlineTable(table) => {
            let parts: Vec<String> = table.iter().map(|(k, v)| format!("{k}={}", plain(v))).collect();
            parts.join(",")
        }
        Value::Array(array) => array.iter().map(plain).collect::<Vec<_>>().join(","),
        Value::String(text) => format!("{:?}", text.value()),
        Value::Integer(number) => number.value().to_string(),
        Value::Boolean(on) => on.value().to_string(),
        other => other.to_string(),
    }
}

fn list(items: &[String]) -> Value {
    Value::Array(items.iter().map(String::as_str).collect::<Array>())
}

fn list_or_none(items: &[String]) -> Option<Value> {
    (!items.is_empty()).then(|| list(items))
}

fn child<'a>(table: &'a mut Table, key: &str) -> &'a mut dyn TableLike {
    table_of(table.entry(key).or_insert_with(toml_edit::table))
}

fn grandchild<'a>(root: &'a mut Table, parent: &str, key: &str) -> &'a mut dyn TableLike {
    let item = root.entry(parent).or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    table_of(table_of(item).entry(key).or_insert_with(toml_edit::table))
}

fn remove_child(root: &mut Table, parent: &str, key: &str) {
    if let Some(table) = root.get_mut(parent).and_then(Item::as_table_like_mut) {
        table.remove(key);
    }
}

/// The item as a table; [`edit`] has checked that it is none other.
fn table_of(item: &mut Item) -> &mut dyn TableLike {
    if !item.is_table_like() {
        *item = toml_edit::table();
    }
    #[expect(clippy::expect_used, reason = "it is a table since the line above")]
    item.as_table_like_mut().expect("a table")
}
