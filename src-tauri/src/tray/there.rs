//! Whether this desktop has a tray at all.
//!
//! Owns: asking it. Must never know: what would be put there.

#[cfg(target_os = "linux")]
const WATCHER: &str = "org.kde.StatusNotifierWatcher";

/// Asked on the session bus, because an icon that nobody shows is put there without an error.
#[cfg(target_os = "linux")]
pub(super) fn is_there() -> bool {
    use gio::{BusType, DBusCallFlags, prelude::ToVariant as _};
    const PATIENCE_MS: i32 = 2000;
    let Ok(bus) = gio::bus_get_sync(BusType::Session, gio::Cancellable::NONE) else { return false };
    let asked = bus.call_sync(
        Some("org.freedesktop.DBus"),
        "/org/freedesktop/DBus",
        "org.freedesktop.DBus",
        "NameHasOwner",
        Some(&(WATCHER,).to_variant()),
        None,
        DBusCallFlags::NONE,
        PATIENCE_MS,
        gio::Cancellable::NONE,
    );
    asked.ok().and_then(|answer| answer.get::<(bool,)>()).is_some_and(|(owned,)| owned)
}

/// Says whenever one is there or not any more: at login it may come after the app, and a panel may be started again. From the
/// main thread, on which it is said too.
#[cfg(target_os = "linux")]
pub(super) fn watch(say: impl Fn(bool) + Send + Sync + 'static) {
    let say = std::sync::Arc::new(say);
    let (came, flags) = (say.clone(), gio::BusNameWatcherFlags::NONE);
    let _ = gio::bus_watch_name(gio::BusType::Session, WATCHER, flags, move |_, _, _| came(true), move |_, _| say(false));
}

/// macOS and Windows always have one.
#[cfg(not(target_os = "linux"))]
pub(super) fn watch(_: impl Fn(bool) + Send + Sync + 'static) {}

/// macOS and Windows always have one.
#[cfg(not(target_os = "linux"))]
pub(super) fn is_there() -> bool {
    true
}
