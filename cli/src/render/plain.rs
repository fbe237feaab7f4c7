//! A deployment as lines in a file or a pipe: one per ended step, nothing is drawn over.
//!
//! Owns: which events become lines. Must never know: terminals' abilities.

use plimsoll_core::domain::event::{LogLine, Progress, StepEvent};

use super::{
    row::{self, Row},
    view::View,
};
use crate::terminal::Terminal;

/// Lines on standard error.
pub(crate) struct Plain {
    terminal: Terminal,
}

impl Plain {
    /// For a standard error that is no terminal.
    pub(crate) fn new(terminal: Terminal) -> Self {
        Self { terminal }
    }
}

/// The line of an event, if it has one.
pub(crate) fn line(event: &StepEvent) -> Option<String> {
    let remark = || row::remark(event).map(|(mark, text)| format!("{mark:<8} {text}"));
    Row::of(event).map(|row| row.printed()).or_else(remark)
}

impl View for Plain {
    fn event(&mut self, event: &StepEvent) {
        if let Some(line) = line(event) {
            self.terminal.tell(&line);
        }
    }

    fn progress(&mut self, _progress: &Progress) {}

    fn logs(&mut self, lines: &[LogLine]) {
        lines.iter().for_each(|line| self.terminal.tell(&row::log(line)));
    }

    fn end(&mut self) {}
}
