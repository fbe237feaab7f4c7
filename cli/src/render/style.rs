//! The few styles in use.
//!
//! Owns: which meaning has which style. Must never know: whether colour is shown; the output drops it where not.

use anstyle::{AnsiColor, Style};

/// Things are well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// Something failed.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// Something may hurt.
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default();
/// Less important.
pub(crate) const DIM: Style = Style::new().dimmed();
/// A heading.
pub(crate) const STRONG: Style = Style::new().bold();

/// The text in a style.
pub(crate) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}
