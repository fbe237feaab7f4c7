//! The one window.
//!
//! Owns: making it, bringing it forward, what happens when it is closed. Must never know: what it shows.

use std::{sync::atomic::Ordering, time::Duration};

use tauri::{
    AppHandle, Manager as _, WebviewWindow, WebviewWindowBuilder, Window, WindowEvent,
    webview::{NewWindowResponse, PageLoadEvent},
};
use tauri_plugin_window_state::{AppHandleExt as _, StateFlags};

use crate::{light, origin, quit, state::Desktop};

const LABEL: &str = "main";
/// Longer than a page takes to load on a busy machine.
const SHOWN_BY: Duration = Duration::from_secs(3);
/// What is remembered of the window.
pub(crate) const REMEMBERED: StateFlags =
    StateFlags::SIZE.union(StateFlags::POSITION).union(StateFlags::MAXIMIZED).union(StateFlags::FULLSCREEN);

/// Brings the window forward; makes it anew when it was closed to the tray.
pub(crate) fn show(app: &AppHandle) {
    match app.get_webview_window(LABEL) {
        Some(window) => {
            let _ = window.unminimize();
            let _ = window.show();
            let _ = window.set_focus();
        }
        None => {
            // From this moment on: nobody begins anew without a page meanwhile.
            let opening = app.state::<Desktop>().opening();
            let app = app.clone();
            // Windows cannot make a window from within an event of another one.
            tauri::async_runtime::spawn(async move {
                light::end(&app).await;
                let made = make(&app);
                drop(opening);
                made
            });
        }
    }
}

/// Makes the window as tauri.conf.json describes it. It is shown when the page is there: a window that is drawn before waits
/// half a second for its webview on Linux, and flashes white elsewhere.
pub(crate) fn make(app: &AppHandle) -> tauri::Result<()> {
    let described = app.config().app.windows.iter().find(|window| window.label == LABEL);
    let Some(described) = described else { return Ok(()) };
    let dev = if cfg!(feature = "custom-protocol") { None } else { app.config().build.dev_url.clone() };
    WebviewWindowBuilder::from_config(app, described)?
        .on_navigation(move |url| origin::is_own(url, dev.as_ref()))
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .visible(false)
        .on_page_load(|window, load| {
            if load.event() == PageLoadEvent::Finished {
                present(&window);
            }
        })
        .build()?;
    // Whatever keeps the page: there is a window to close.
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(SHOWN_BY).await;
        app.get_webview_window(LABEL).map(|window| present(&window))
    });
    Ok(())
}

/// Shows it before the others, once: a page that is loaded again takes nobody's keys away.
fn present(window: &WebviewWindow) {
    if !window.is_visible().unwrap_or_default() {
        let _ = window.show();
        let _ = window.set_focus();
    }
}

/// Whether there is a page.
pub(crate) fn is_there(app: &AppHandle) -> bool {
    app.get_webview_window(LABEL).is_some()
}

/// Whether the person looks at it.
pub(crate) fn is_looked_at(app: &AppHandle) -> bool {
    app.get_webview_window(LABEL).is_some_and(|window| window.is_focused().unwrap_or_default())
}

/// Whether closing the window leaves the app in the tray.
pub(crate) fn stays_in_tray(app: &AppHandle) -> bool {
    let desktop = app.state::<Desktop>();
    desktop.session().is_ok() && desktop.keep_in_tray.load(Ordering::Relaxed) && desktop.has_tray()
}

/// Closing destroys the webview, which is most of the app's memory. Where that would end the app in mid-deployment, it is
/// asked first.
pub(crate) fn on_event(window: &Window, event: &WindowEvent) {
    let app = window.app_handle();
    match event {
        WindowEvent::CloseRequested { api, .. } => {
            let _ = app.save_window_state(REMEMBERED);
            if !stays_in_tray(app) && quit::is_worth_a_question(app) {
                api.prevent_close();
                quit::ask(app);
            }
        }
        WindowEvent::Destroyed => {
            let desktop = app.state::<Desktop>();
            desktop.streams.stop_all();
            desktop.questions.abandon();
        }
        _ => {}
    }
}
