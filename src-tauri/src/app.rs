//! Putting the app together and running it.
//!
//! Owns: the order of the start, and when the process ends. Must never know: commands.

use std::{sync::PoisonError, time::Duration};

use tauri::{AppHandle, Manager as _, RunEvent};
use tauri_plugin_autostart::MacosLauncher;

#[cfg(target_os = "macos")]
use crate::menu;
use crate::{
    bindings, drawing, feed,
    goto::Goto,
    light, notice, path,
    questions::{Questions, QuestionsChanged},
    quit::{self, Verdict},
    state::Desktop,
    tray, window,
};

/// By then the other process has its answer; nothing tells when it is sent.
const ANSWERED: Duration = Duration::from_millis(100);

/// By then a desktop has its tray, if it has one.
const TRAY_BY: Duration = Duration::from_secs(15);

/// Runs the app until it is quit.
pub fn run() {
    path::take_over();
    drawing::choose();
    let bindings = bindings::builder();
    let builder = tauri::Builder::default()
        // Must be the first: a second start ends here and brings the first one's window forward.
        .plugin(tauri_plugin_single_instance::init(|app, _arguments, _folder| second_start(app)))
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_autostart::init(MacosLauncher::LaunchAgent, Some(vec![light::IN_TRAY])))
        .plugin(tauri_plugin_updater::Builder::new().build())
        .plugin(tauri_plugin_window_state::Builder::default().with_state_flags(window::REMEMBERED).build());
    // On Linux notifications are sent by another way, which says when one was clicked.
    #[cfg(not(target_os = "linux"))]
    let builder = builder.plugin(tauri_plugin_notification::init());
    #[cfg(target_os = "macos")]
    let builder = builder.menu(menu::bar).on_menu_event(menu::press);
    let app = builder
        .invoke_handler(bindings.invoke_handler())
        .on_window_event(window::on_event)
        .setup(move |app| {
            bindings.mount_events(app);
            begin(app.handle())
        })
        .build(tauri::generate_context!());
    match app {
        Ok(app) => app.run(on_event),
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "there is no window to say it in")]
            {
                eprintln!("Plimsoll cannot start: {error}");
            }
            std::process::exit(1);
        }
    }
}

fn begin(app: &AppHandle) -> Result<(), Box<dyn std::error::Error>> {
    let handle = app.clone();
    let questions = Questions::new(move || {
        let _ = tauri_specta::Event::emit(&QuestionsChanged, &handle);
        window::is_there(&handle)
    });
    // The store is opened while the window is made and the processes of its page start; what the page asks is heard when this
    // start is complete. On Windows making a window hears it at once.
    let opened = tauri::async_runtime::spawn(Desktop::open(questions));
    let early = !cfg!(windows) && !light::begins_in_tray();
    if early {
        window::make(app)?;
    }
    app.manage(tauri::async_runtime::block_on(opened)?);
    *app.state::<Desktop>().goto.lock().unwrap_or_else(PoisonError::into_inner) = wanted();
    tray::begin(app);
    if light::begins_in_tray() {
        tauri::async_runtime::spawn(shown_somewhere(app.clone()));
    } else if !early {
        window::make(app)?;
    }
    notice::begin(app);
    light::tidy();
    feed::begin(app);
    Ok(())
}

/// At login the tray may come after the app; where none comes, the window does.
async fn shown_somewhere(app: AppHandle) {
    tokio::time::sleep(TRAY_BY).await;
    if !app.state::<Desktop>().has_tray() {
        let shown = app.clone();
        let _ = app.run_on_main_thread(move || window::show(&shown));
    }
}

/// Where the app before this one was asked to go.
fn wanted() -> Option<Goto> {
    let place = std::env::args().skip_while(|argument| argument != light::AT).nth(1)?;
    serde_json::from_str(&place).ok()
}

/// Answers a second start first, since showing the window may begin this process anew; and shows it from the main thread,
/// which does nothing of the kind before this start is complete.
fn second_start(app: &AppHandle) {
    let app = app.clone();
    // Before this start is complete nothing begins anew either.
    let opening = app.try_state::<Desktop>().map(|desktop| desktop.opening());
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(ANSWERED).await;
        let shown = app.clone();
        let _ = app.run_on_main_thread(move || {
            window::show(&shown);
            drop(opening);
        });
    });
}

fn on_event(app: &AppHandle, event: RunEvent) {
    match event {
        RunEvent::ExitRequested { code, api, .. } => {
            match quit::may_exit(code, window::stays_in_tray(app), app.state::<Desktop>().flights.all().len()) {
                Verdict::Go => {}
                Verdict::Stay => {
                    api.prevent_exit();
                    light::begin(app);
                }
                Verdict::Ask => {
                    api.prevent_exit();
                    quit::ask(app);
                }
            }
        }
        RunEvent::Exit => quit::farewell(app),
        // macOS: a click on the icon in the Dock.
        #[cfg(target_os = "macos")]
        RunEvent::Reopen { .. } => window::show(app),
        _ => {}
    }
}
