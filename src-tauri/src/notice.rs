//! Notifications of the desktop.
//!
//! Owns: whether one is shown and how. Must never know: what it says.

use plimsoll_core::{
    api::{Session, preferences},
    domain::id::DeploymentId,
};
use tauri::{AppHandle, Manager as _};

#[cfg(target_os = "linux")]
use std::{
    sync::{PoisonError, atomic::Ordering},
    time::Instant,
};

use crate::{state::Desktop, window, words::Notice};

/// Shows a notification, unless the user wants none or looks at the window; a click leads to the deployment where the
/// platform says that there was one.
pub(crate) async fn show(app: &AppHandle, session: &Session, notice: Notice, deployment: Option<DeploymentId>) {
    // Settings that cannot be read silence nothing.
    let wanted = preferences::read(session).await.map_or(true, |wanted| wanted.notify_ended);
    if wanted && !app.state::<Desktop>().is_quiet() && !window::is_looked_at(app) {
        send(app, notice, deployment);
    }
}

/// Shows one of the app itself, whoever looks at what: it is said nowhere else.
pub(crate) fn tell(app: &AppHandle, notice: Notice) {
    send(app, notice, None);
}

/// A daemon that is not there is no reason to fail: what happened is in the history.
#[cfg(target_os = "linux")]
fn send(app: &AppHandle, notice: Notice, deployment: Option<DeploymentId>) {
    use crate::goto::{Goto, go};
    let (app, open) = (app.clone(), Open::new(app));
    // The call that waits for the click blocks as long as the notification is there.
    std::thread::spawn(move || {
        let mut notification = notify_rust::Notification::new();
        notification.appname("Plimsoll").icon("plimsoll-desktop").summary(&notice.title).body(&plain(&notice.body));
        if deployment.is_some() {
            notification.action("default", "Open");
        }
        let Ok(shown) = notification.show() else { return };
        let Some(id) = deployment else { return };
        shown.wait_for_action(move |action| {
            drop(open);
            if action == "default" {
                go(&app, Goto::Deployment { id });
            }
        });
    });
}

/// A notification that can be clicked: whoever begins anew would not hear of it.
#[cfg(target_os = "linux")]
struct Open(AppHandle);

#[cfg(target_os = "linux")]
impl Open {
    fn new(app: &AppHandle) -> Self {
        let desktop = app.state::<Desktop>();
        desktop.notices.fetch_add(1, Ordering::Relaxed);
        *desktop.noticed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        Self(app.clone())
    }
}

#[cfg(target_os = "linux")]
impl Drop for Open {
    fn drop(&mut self) {
        self.0.state::<Desktop>().notices.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The daemons of Linux read marks in the text.
#[cfg(target_os = "linux")]
fn plain(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(not(target_os = "linux"))]
fn send(app: &AppHandle, notice: Notice, _deployment: Option<DeploymentId>) {
    use tauri_plugin_notification::NotificationExt as _;
    let _ = app.notification().builder().title(notice.title).body(notice.body).show();
}
