//! Notifications of the desktop.
//!
//! Owns: whether one is shown and how. Must never know: what it says.

use plimsoll_core::{
    api::{Session, preferences},
    domain::id::DeploymentId,
};
use tauri::{AppHandle, Manager as _};

#[cfg(target_os = "linux")]
use crate::daemon::send;
use crate::{state::Desktop, window, words::Notice};

/// Listens to clicks where the platform tells of them.
pub(crate) fn begin(app: &AppHandle) {
    #[cfg(target_os = "linux")]
    crate::daemon::listen(app);
    #[cfg(not(target_os = "linux"))]
    let _ = app;
}

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

#[cfg(not(target_os = "linux"))]
fn send(app: &AppHandle, notice: Notice, _deployment: Option<DeploymentId>) {
    use tauri_plugin_notification::NotificationExt as _;
    let _ = app.notification().builder().title(notice.title).body(notice.body).show();
}
