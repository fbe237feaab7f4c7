//! Being small in the tray.
//!
//! Owns: on Linux, where the webview's libraries stay in a process that has had one, the app begins anew in place when its
//! window is closed: the same process, without a page. Opening the window leads back. Must never know: what is shown.
//!
//! Nothing may be lost by it: it waits for deployments, and is not done at all once somebody has given a secret that only
//! this process remembers.

use tauri::AppHandle;

/// Begin in the tray.
pub(crate) const IN_TRAY: &str = "--tray";
/// Begin with the page at this place: JSON follows.
pub(crate) const AT: &str = "--at";

/// Whether this start is to show no window, where there is a tray.
pub(crate) fn begins_in_tray() -> bool {
    std::env::args().any(|argument| argument == IN_TRAY)
}

/// The window was closed: be small as soon as nothing is lost by it, unless the window comes back first.
pub(crate) fn begin(app: &AppHandle) {
    #[cfg(target_os = "linux")]
    linux::begin(app);
    #[cfg(not(target_os = "linux"))]
    let _ = app;
}

/// The window shall be opened: the app begins anew for it, at the place that waits, where that loses nothing; else this
/// comes back.
pub(crate) async fn end(app: &AppHandle) {
    #[cfg(target_os = "linux")]
    linux::end(app).await;
    #[cfg(not(target_os = "linux"))]
    let _ = app;
}

/// What the app before this one left behind; to be called once at the start.
pub(crate) fn tidy() {
    #[cfg(target_os = "linux")]
    linux::tidy();
}

#[cfg(target_os = "linux")]
mod linux {
    use std::{env, fs, os::unix::process::CommandExt as _, path::PathBuf, process::Command, sync::PoisonError, time::Duration};

    use gio::glib::MainContext;
    use rustix::process::{Pid, WaitOptions, waitpid};
    use tauri::{AppHandle, Manager as _};
    use tokio::sync::oneshot;

    use super::{AT, IN_TRAY, begins_in_tray};
    use crate::{pages, state::Desktop, window};

    /// A window that is opened again at once is not worth a new beginning.
    const PAUSE: Duration = Duration::from_secs(2);
    /// What is heard at once; more is heard a moment later.
    const MOST: u32 = 100;
    /// Helpers of the page end when they are alone.
    const SOON: Duration = Duration::from_secs(5);
    /// The longest pause between looks at them.
    const SELDOM: Duration = Duration::from_mins(5);
    /// The helpers of the page that was, and what was opened: they are still our children. Their numbers follow.
    const LEFT: &str = "--left";

    pub(super) fn begin(app: &AppHandle) {
        let app = app.clone();
        tauri::async_runtime::spawn(async move {
            loop {
                tokio::time::sleep(PAUSE).await;
                if window::is_there(&app) {
                    return;
                }
                if app.state::<Desktop>().may_shrink() {
                    let small = app.clone();
                    let _ = app.run_on_main_thread(move || hear(small));
                    return;
                }
            }
        });
    }

    /// Hears what is pressed in the menu at this moment; all of it is done before what is queued after it.
    fn hear(app: AppHandle) {
        let main = MainContext::default();
        for _ in 0..MOST {
            if !main.iteration(false) {
                break;
            }
        }
        tauri::async_runtime::spawn(async move {
            let small = app.clone();
            let _ = app.run_on_main_thread(move || shrink(&small));
        });
    }

    /// From the main thread: whatever was pressed before has been heard, and counts as something to lose.
    fn shrink(app: &AppHandle) {
        if app.state::<Desktop>().may_shrink() && !window::is_there(app) {
            // One that cannot begin anew stays as it is, only larger.
            let _ = anew(Command::new(own()).arg(IN_TRAY));
        } else {
            begin(app);
        }
    }

    /// Looked at and done in one go on the main thread, where everything else begins.
    pub(super) async fn end(app: &AppHandle) {
        let (failed, back) = oneshot::channel();
        let grown = app.clone();
        let _ = app.run_on_main_thread(move || {
            grow(&grown);
            let _ = failed.send(());
        });
        let _ = back.await;
    }

    /// One that cannot begin anew opens its window as it is, at the place that still waits.
    fn grow(app: &AppHandle) {
        let desktop = app.state::<Desktop>();
        if !begins_in_tray() || !desktop.has_nothing_to_lose() || window::is_there(app) {
            return;
        }
        let mut command = Command::new(own());
        let place = desktop.goto.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(place) = place.and_then(|place| serde_json::to_string(&place).ok()) {
            command.args([AT, &place]);
        }
        let _ = anew(&mut command);
    }

    pub(super) fn tidy() {
        let mut left = left(env::args());
        std::thread::spawn(move || {
            std::thread::sleep(SOON);
            if begins_in_tray() {
                pages::give_back();
            }
            let mut pause = SOON;
            while still_there(&mut left) {
                std::thread::sleep(pause);
                pause = (pause * 2).min(SELDOM);
            }
        });
    }

    fn left(mut arguments: impl Iterator<Item = String>) -> Vec<Pid> {
        let numbers = arguments.find(|argument| argument == LEFT).and_then(|_| arguments.next()).unwrap_or_default();
        numbers.split_whitespace().filter_map(|child| Pid::from_raw(child.parse().ok()?)).collect()
    }

    /// Takes note of those that ended, or they would stay as shadows; whether there are others.
    fn still_there(left: &mut Vec<Pid>) -> bool {
        left.retain(|child| matches!(waitpid(Some(*child), WaitOptions::NOHANG), Ok(None)));
        !left.is_empty()
    }

    /// The same process becomes a new app; it comes back only when that fails. Nothing is closed before: what is stored is
    /// durable, and an app that stays goes on with it.
    fn anew(command: &mut Command) -> std::io::Error {
        command.args([LEFT, &children()]).exec()
    }

    /// The program that runs, also while an upgrade has replaced its file.
    fn own() -> PathBuf {
        env::current_exe().ok().filter(|own| own.exists()).unwrap_or_else(|| "/proc/self/exe".into())
    }

    /// Of all threads of this process.
    fn children() -> String {
        let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok()).collect::<Vec<_>>().join(" ")
    }

    #[cfg(test)]
    mod tests {
        use std::process::Command;

        use plimsoll_core::api::preferences;

        use crate::testing::bench;

        #[test]
        fn what_is_left_behind_is_noticed_whenever_it_ends() {
            let mut child = Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
            let arguments = ["plimsoll-desktop", "--tray", super::LEFT, &format!("{} 0 x", child.id())].map(str::to_owned);
            let mut left = super::left(arguments.into_iter());
            assert_eq!(left.len(), 1);
            assert!(super::still_there(&mut left), "it goes on");
            drop(child.stdin.take());
            let waiting = std::time::Instant::now();
            while super::still_there(&mut left) {
                assert!(waiting.elapsed().as_secs() < 10, "it has ended");
                std::thread::yield_now();
            }
            assert!(child.try_wait().is_err(), "nobody else has to");
        }

        #[tokio::test]
        async fn an_app_that_cannot_begin_anew_goes_on() {
            let bench = bench().await;
            let failed = super::anew(&mut Command::new("/nonexistent/plimsoll"));
            assert_eq!(failed.kind(), std::io::ErrorKind::NotFound);
            preferences::read(&bench.session).await.unwrap();
        }
    }
}
