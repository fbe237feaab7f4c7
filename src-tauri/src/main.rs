//! Plimsoll's desktop app.

// No console window beside it on Windows.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() {
    plimsoll_desktop::run();
}
