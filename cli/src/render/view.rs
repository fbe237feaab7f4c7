//! Where a deployment is shown while it runs.
//!
//! Owns: the trait of the three views and the choice between them. Must never know: what comes of a deployment.

use plimsoll_core::{
    api::deployments::Update,
    domain::event::{LogLine, Progress, StepEvent, StepEventKind},
};

use super::{builds::Grouped, live::Live, plain::Plain};
use crate::{
    json::Line,
    output::{self, Format},
    terminal::Terminal,
};

/// Someone who is shown a deployment. What cannot be written stops nothing.
pub(crate) trait View: Send {
    /// Something happened.
    fn event(&mut self, event: &StepEvent);
    /// Something grew.
    fn progress(&mut self, progress: &Progress);
    /// Something was printed.
    fn logs(&mut self, lines: &[LogLine]);
    /// Takes away what is drawn over.
    fn end(&mut self);
}

/// Whether log lines are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verbosity {
    /// Steps alone.
    Steps,
    /// Steps and log lines.
    Logs,
}

/// The view for this output and this terminal.
pub(crate) fn choose(format: Format, terminal: &Terminal) -> Box<dyn View> {
    match format {
        Format::Json => Box::new(Json),
        Format::Text if terminal.draws() => Box::new(Grouped::before(Box::new(Live::new(terminal.clone())))),
        Format::Text => Box::new(Grouped::before(Box::new(Plain::new(terminal.clone())))),
    }
}

/// Shows an update.
pub(crate) fn show(view: &mut dyn View, update: &Update, verbosity: Verbosity) {
    match update {
        Update::Event(event) => view.event(event),
        Update::Progress(progress) => view.progress(progress),
        Update::Logs(lines) if verbosity == Verbosity::Logs => view.logs(lines),
        Update::Logs(_) => {}
    }
}

/// One object per line. The last line is the caller's, so `Finished` is left to it.
struct Json;

impl View for Json {
    fn event(&mut self, event: &StepEvent) {
        if !matches!(event.kind, StepEventKind::Finished { .. }) {
            let _ = output::json(event);
        }
    }

    fn progress(&mut self, progress: &Progress) {
        let _ = output::json(&Line::Progress(progress));
    }

    fn logs(&mut self, lines: &[LogLine]) {
        for line in lines {
            let _ = output::json(&Line::Log(line));
        }
    }

    fn end(&mut self) {}
}
