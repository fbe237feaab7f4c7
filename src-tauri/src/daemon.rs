//! The notification daemon of a Linux desktop, over the session bus (specifications.freedesktop.org/notification-spec).
//!
//! Owns: giving it notifications, and hearing what becomes of them. Must never know: what they say.
//!
//! Everything is heard on the main thread, where the app also begins anew: a click is either heard before that or not at all.

use std::{
    collections::HashMap,
    sync::{MutexGuard, PoisonError},
};

use gio::{
    BusNameWatcherFlags, BusType, Cancellable, DBusCallFlags, DBusConnection, DBusSignalFlags,
    glib::{Variant, variant::ToVariant as _},
};
use plimsoll_core::domain::id::DeploymentId;
use tauri::{AppHandle, Manager as _};

use crate::{
    clicks::Clicks,
    goto::{Goto, go},
    state::Desktop,
    words::Notice,
};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
/// A daemon may have to be started first.
const PATIENCE_MS: i32 = 10_000;
/// What a click anywhere on a notification does.
const CLICK: &str = "default";

/// Listens to it from now on; where there is no session bus, notifications are not shown either. From the main thread.
pub(crate) fn listen(app: &AppHandle) {
    let Some(bus) = bus() else { return };
    let heard = app.clone();
    bus.signal_subscribe(
        Some(NAME),
        Some(NAME),
        None,
        Some(PATH),
        None,
        DBusSignalFlags::NONE,
        move |_, _, _, _, name, values| {
            hear(&heard, name, values);
        },
    );
    let gone = app.clone();
    let vanished = move |_: DBusConnection, _: &str| clicks(&gone.state::<Desktop>()).clear();
    let _ = gio::bus_watch_name_on_connection(&bus, NAME, BusNameWatcherFlags::NONE, |_, _, _| (), vanished);
}

/// Shows a notification; a click on it leads to the deployment. A daemon that is not there is no reason to fail: what happened
/// is in the history.
pub(crate) fn send(app: &AppHandle, notice: Notice, deployment: Option<DeploymentId>) {
    if deployment.is_some() {
        clicks(&app.state::<Desktop>()).send();
    }
    let sender = app.clone();
    let _ = app.run_on_main_thread(move || give(sender, &notice, deployment));
}

fn give(app: AppHandle, notice: &Notice, deployment: Option<DeploymentId>) {
    let answer = move |id: Option<u32>| {
        let Some(place) = deployment else { return };
        let older = clicks(&app.state::<Desktop>()).answer(id, place);
        if let (Some(older), Some(bus)) = (older, bus()) {
            call(&bus, "CloseNotification", &(older,).to_variant(), |_| ());
        }
    };
    match bus() {
        Some(bus) => call(&bus, "Notify", &message(notice, deployment.is_some()), move |shown| {
            answer(shown.and_then(|shown| shown.get::<(u32,)>()).map(|(id,)| id));
        }),
        None => answer(None),
    }
}

/// What `Notify` takes.
fn message(notice: &Notice, leads: bool) -> Variant {
    let actions: Vec<&str> = if leads { vec![CLICK, "Open"] } else { Vec::new() };
    let (replaces, icon, expires) = (0_u32, "plimsoll-desktop", -1_i32);
    let hints = HashMap::<String, Variant>::new();
    ("Plimsoll", replaces, icon, &*notice.title, plain(&notice.body), actions, hints, expires).to_variant()
}

fn hear(app: &AppHandle, signal: &str, values: &Variant) {
    match signal {
        "ActionInvoked" => {
            let Some((id, action)) = values.get::<(u32, String)>() else { return };
            let place = clicks(&app.state::<Desktop>()).take(id);
            if let (CLICK, Some(id)) = (action.as_str(), place) {
                go(app, Goto::Deployment { id });
            }
        }
        "NotificationClosed" => {
            let Some((id, _)) = values.get::<(u32, u32)>() else { return };
            let _ = clicks(&app.state::<Desktop>()).take(id);
        }
        _ => {}
    }
}

fn call(bus: &DBusConnection, method: &str, values: &Variant, answer: impl FnOnce(Option<Variant>) + 'static) {
    let (flags, cancel) = (DBusCallFlags::NONE, Cancellable::NONE);
    bus.call(Some(NAME), PATH, NAME, method, Some(values), None, flags, PATIENCE_MS, cancel, |answered| answer(answered.ok()));
}

fn bus() -> Option<DBusConnection> {
    gio::bus_get_sync(BusType::Session, Cancellable::NONE).ok()
}

fn clicks(desktop: &Desktop) -> MutexGuard<'_, Clicks> {
    desktop.clicks.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The daemons read marks in the text.
fn plain(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::message;
    use crate::words::Notice;

    #[test]
    fn a_notification_has_the_types_that_the_specification_wants() {
        let notice = Notice { title: "shop is live".into(), body: "a < b".into() };
        for leads in [true, false] {
            assert_eq!(message(&notice, leads).type_().as_str(), "(susssasa{sv}i)");
        }
        assert!(message(&notice, true).print(false).contains("a &lt; b"));
    }
}
