//! Whether this desktop has a tray at all.
//!
//! Owns: asking it. Must never know: what would be put there.

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
        Some(&("org.kde.StatusNotifierWatcher",).to_variant()),
        None,
        DBusCallFlags::NONE,
        PATIENCE_MS,
        gio::Cancellable::NONE,
    );
    asked.ok().and_then(|answer| answer.get::<(bool,)>()).is_some_and(|(owned,)| owned)
}

/// macOS and Windows always have one.
#[cfg(not(target_os = "linux"))]
pub(super) fn is_there() -> bool {
    true
}
