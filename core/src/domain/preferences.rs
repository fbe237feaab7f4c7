//! How the user wants the desktop app to be.
//!
//! Owns: the settings of this laptop's app and their defaults. Must never know: windows, files.

use serde::{Deserialize, Serialize};

/// What the Settings page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Preferences {
    /// Light, dark or as the system has it.
    pub theme: Theme,
    /// Size of everything in percent, 80 to 200.
    pub zoom: u16,
    /// Start when the user logs in, in the tray.
    pub start_at_login: bool,
    /// Closing the window leaves the tray.
    pub keep_in_tray: bool,
    /// Tell when a deployment ends and the window is not looked at.
    pub notify_ended: bool,
    /// Keys without a modifier do something (WCAG 2.1.4).
    pub single_letters: bool,
    /// Shortcuts that differ from the usual ones: the command's id and its keys; no keys take its shortcut away.
    pub shortcuts: Vec<(String, String)>,
    /// The steps of the first run were done or left.
    pub first_run_done: bool,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system has it.
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// The most shortcuts, and the longest id of a command or spelling of keys.
pub const SHORTCUTS: (usize, usize) = (200, 64);

/// The smallest and the largest zoom in percent.
pub const ZOOM: std::ops::RangeInclusive<u16> = 80..=200;

impl Default for Preferences {
    fn default() -> Self {
        Self {
            theme: Theme::System,
            zoom: 100,
            start_at_login: false,
            keep_in_tray: true,
            notify_ended: true,
            single_letters: true,
            shortcuts: Vec::new(),
            first_run_done: false,
        }
    }
}
