//! Plimsoll's window on a desktop of its own, in front of real machines.
//!
//! Needs the app itself: `cargo build -p plimsoll-desktop --features custom-protocol`, with `ui/dist` made before.

mod full_disk;
mod hostile;
mod keychain;
mod long_line;
mod notices;
mod package;
mod rough_day;
mod shared;
mod shop;
mod small;
mod starts;
mod story;
mod without;
