//! The menu bar of macOS.
//!
//! Owns: that its Quit, and Cmd+Q with it, asks like every other way to end the app. Must never know: what would be lost.

use tauri::{
    AppHandle,
    menu::{Menu, MenuEvent, MenuItem},
};

use crate::quit;

/// No act of the tray's menu has it: those are JSON.
const QUIT: &str = "quit";

/// The usual one. Its own Quit, the last entry of the app's own menu, ends the process without a word.
pub(crate) fn bar(app: &AppHandle) -> tauri::Result<Menu<tauri::Wry>> {
    let bar = Menu::default(app)?;
    let menus = bar.items()?;
    if let Some(own) = menus.first().and_then(|first| first.as_submenu()) {
        if let Some(last) = own.items()?.len().checked_sub(1) {
            own.remove_at(last)?;
        }
        own.append(&MenuItem::with_id(app, QUIT, "Quit Plimsoll", true, Some("Cmd+Q"))?)?;
    }
    Ok(bar)
}

/// Does what an entry of ours says.
#[expect(clippy::needless_pass_by_value, reason = "tauri gives it so")]
pub(crate) fn press(app: &AppHandle, event: MenuEvent) {
    if event.id() == QUIT {
        quit::ask(app);
    }
}
