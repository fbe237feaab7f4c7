//! The tray of a desktop: who is in it, and pressing what is in their menus.
//!
//! Owns: the watcher that icons register with, and their menus over D-Bus. Must never know: what an entry does.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use zbus::{
    Connection, interface,
    message::Header,
    zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value},
};

use super::Outcome;
use crate::lab::until;

const MENU: &str = "com.canonical.dbusmenu";
const ITEM: &str = "org.kde.StatusNotifierItem";

/// An icon: whose, and where.
type Item = (String, String);
type Items = Arc<Mutex<Vec<Item>>>;
type Layout = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

/// The tray.
pub struct Tray {
    bus: Connection,
    items: Items,
}

/// An entry of a menu, with those below it.
#[derive(Debug, Clone)]
struct Entry {
    id: i32,
    label: String,
    enabled: bool,
    below: Vec<Entry>,
}

struct Watcher(Items);

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    /// Some give the path of their icon, some the name under which they are on the bus.
    async fn register_status_notifier_item(&self, #[zbus(header)] header: Header<'_>, service: String) {
        let sender = header.sender().map(ToString::to_string).unwrap_or_default();
        let item = if service.starts_with('/') { (sender, service) } else { (service, "/StatusNotifierItem".to_owned()) };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(item);
    }

    fn register_status_notifier_host(&self, _service: String) {}

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        let items = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        items.iter().map(|(name, path)| format!("{name}{path}")).collect()
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }
}

impl Tray {
    pub(super) fn new(bus: Connection) -> Self {
        Self { bus, items: Items::default() }
    }

    /// From now on it is there.
    ///
    /// # Errors
    /// When somebody else has its name.
    pub async fn serve(&self) -> Outcome<()> {
        self.bus.object_server().at("/StatusNotifierWatcher", Watcher(self.items.clone())).await?;
        Ok(self.bus.request_name("org.kde.StatusNotifierWatcher").await?)
    }

    /// Every label of the newest icon's menu, those below others after a tab each.
    ///
    /// # Errors
    /// When there is no icon, or it does not answer.
    pub async fn labels(&self) -> Outcome<Vec<String>> {
        let mut labels = Vec::new();
        for entry in self.entries().await?.1 {
            labels.push(entry.label.clone());
            labels.extend(entry.below.iter().map(|entry| format!("\t{}", entry.label)));
        }
        Ok(labels)
    }

    /// Waits for an entry, and presses it: `["shop", "Deploy"]` is `Deploy` in the menu whose label begins with `shop`.
    ///
    /// # Errors
    /// When no such entry can be pressed in time.
    pub async fn press(&self, path: &[&str], within: Duration) -> Outcome<()> {
        let press = async || self.try_press(path).await.map_err(|error| error.to_string());
        Ok(until(&format!("{path:?} in the tray's menu"), within, press).await?)
    }

    async fn try_press(&self, path: &[&str]) -> Outcome<()> {
        let ((owner, menu), entries) = self.entries().await?;
        let found = find(&entries, path).ok_or_else(|| format!("the menu is {entries:?}"))?;
        if !found.enabled {
            return Err(format!("{path:?} cannot be pressed").into());
        }
        let event = (found.id, "clicked", Value::I32(0), 0_u32);
        self.bus.call_method(Some(owner.as_str()), menu.as_str(), Some(MENU), "Event", &event).await?;
        Ok(())
    }

    async fn entries(&self) -> Outcome<(Item, Vec<Entry>)> {
        let newest = self.items.lock().unwrap_or_else(PoisonError::into_inner).last().cloned();
        let (owner, path) = newest.ok_or("nobody is in the tray")?;
        let menu = self.menu(&owner, &path).await?;
        self.bus.call_method(Some(owner.as_str()), &menu, Some(MENU), "AboutToShow", &0_i32).await?;
        let asked = (0_i32, -1_i32, Vec::<String>::new());
        let answer = self.bus.call_method(Some(owner.as_str()), &menu, Some(MENU), "GetLayout", &asked).await?;
        let (_, (_, _, children)): (u32, Layout) = answer.body().deserialize()?;
        Ok(((owner, menu.to_string()), children.iter().filter_map(|child| entry(child)).collect()))
    }

    async fn menu(&self, owner: &str, path: &str) -> Outcome<OwnedObjectPath> {
        let asked = (ITEM, "Menu");
        let properties = Some("org.freedesktop.DBus.Properties");
        let answer = self.bus.call_method(Some(owner), ObjectPath::try_from(path)?, properties, "Get", &asked).await?;
        let value: OwnedValue = answer.body().deserialize()?;
        Ok(OwnedObjectPath::try_from(value)?)
    }
}

fn find<'a>(entries: &'a [Entry], path: &[&str]) -> Option<&'a Entry> {
    let (first, rest) = path.split_first()?;
    let matches = |label: &str| if rest.is_empty() { label == *first } else { label.starts_with(first) };
    let found = entries.iter().find(|entry| matches(&entry.label))?;
    if rest.is_empty() { Some(found) } else { find(&found.below, rest) }
}

fn entry(value: &Value<'_>) -> Option<Entry> {
    let Value::Structure(structure) = bare(value) else { return None };
    let [Value::I32(id), Value::Dict(properties), Value::Array(children)] = structure.fields() else { return None };
    let property = |wanted: &str| {
        let named = |key: &Value<'_>| matches!(key, Value::Str(key) if key.as_str() == wanted);
        properties.iter().find(|(key, _)| named(key)).and_then(|(_, value)| bare(value).try_clone().ok())
    };
    let label = match property("label") {
        // An underscore marks the letter that is the entry's key.
        Some(Value::Str(label)) => label.replace('_', ""),
        _ => String::new(),
    };
    let enabled = !matches!(property("enabled"), Some(Value::Bool(false)));
    Some(Entry { id: *id, label, enabled, below: children.iter().filter_map(entry).collect() })
}

/// What a variant holds.
fn bare<'a, 'v>(value: &'a Value<'v>) -> &'a Value<'v> {
    match value {
        Value::Value(inner) => bare(inner),
        other => other,
    }
}
