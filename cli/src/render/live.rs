//! A deployment on a terminal: the running stage and its steps are drawn over, ended stages scroll away.
//!
//! Owns: the drawing. Must never know: what comes of the deployment.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use plimsoll_core::domain::event::{LogLine, Progress, StepEvent, StepEventKind};

use super::{
    human,
    neutral::neutral,
    row::{self, NAME, Row, STEP_INDENT, TIME},
    table::padded,
    view::View,
};
use crate::terminal::Terminal;

const TICK: Duration = Duration::from_millis(120);

/// What is drawn now: the stage first, its steps after it.
pub(crate) struct Live {
    terminal: Terminal,
    drawn: Vec<Drawn>,
}

struct Drawn {
    name: String,
    bar: ProgressBar,
    ended: Option<String>,
}

impl Live {
    /// For a standard error that is a terminal.
    pub(crate) fn new(terminal: Terminal) -> Self {
        Self { terminal, drawn: Vec::new() }
    }

    fn begin(&mut self, name: String, indent: &'static str, note: String) {
        let bar = self.terminal.bars().add(ProgressBar::new_spinner());
        bar.set_style(running_style(indent));
        bar.set_prefix(padded(&name, NAME - indent.len()));
        bar.set_message(note);
        bar.enable_steady_tick(TICK);
        self.drawn.push(Drawn { name, bar, ended: None });
    }

    fn end_step(&mut self, row: Row) {
        let name = row.step.as_deref().unwrap_or_default();
        let Some(drawn) = self.drawn.iter_mut().skip(1).find(|d| d.name == name && d.ended.is_none()) else {
            return self.terminal.tell(&row.drawn());
        };
        drawn.end(self.terminal.styled(row.drawn()));
    }

    /// A remark goes below the running stage, among its steps.
    fn remark(&mut self, text: String) {
        if self.drawn.is_empty() {
            return self.terminal.tell(&text);
        }
        let bar = self.terminal.bars().add(ProgressBar::new_spinner());
        let mut drawn = Drawn { name: String::new(), bar, ended: None };
        drawn.end(self.terminal.styled(text));
        self.drawn.push(drawn);
    }

    /// Prints a stage that ended and its steps above everything drawn, and stops drawing them.
    fn end_stage(&mut self, row: &Row) {
        let steps: Vec<String> = self.drawn.iter_mut().filter_map(|d| d.ended.take()).collect();
        self.end();
        self.terminal.tell(&row.drawn());
        steps.iter().for_each(|step| self.terminal.tell(step));
    }
}

impl Drawn {
    fn end(&mut self, line: String) {
        self.bar.disable_steady_tick();
        self.bar.set_style(ended_style());
        self.bar.finish_with_message(line.clone());
        self.ended = Some(line);
    }
}

impl View for Live {
    fn event(&mut self, event: &StepEvent) {
        match &event.kind {
            StepEventKind::StageStarted { stage, estimate_ms } => self.begin(stage.to_string(), "", about(*estimate_ms)),
            StepEventKind::StepStarted { stage, step, service } => {
                self.begin(row::label(*stage, step, service.as_ref()), STEP_INDENT, String::new());
            }
            _ => match (Row::of(event), row::remark(event)) {
                (Some(row), _) if row.step.is_some() => self.end_step(row),
                (Some(row), _) => self.end_stage(&row),
                (None, Some((mark, text))) => self.remark(row::drawn_remark(mark, &text)),
                (None, None) => {}
            },
        }
    }

    fn progress(&mut self, progress: &Progress) {
        let step = self.drawn.iter().skip(1).find(|d| d.ended.is_none() && d.name == progress.subject);
        match (step, self.drawn.first()) {
            (Some(step), _) => step.bar.set_message(row::amount(progress)),
            (None, Some(stage)) => stage.bar.set_message(format!("{} {}", neutral(&progress.subject), row::amount(progress))),
            (None, None) => {}
        }
    }

    fn logs(&mut self, lines: &[LogLine]) {
        lines.iter().for_each(|line| self.terminal.tell(&row::log(line)));
    }

    fn end(&mut self) {
        for drawn in self.drawn.drain(..) {
            drawn.bar.disable_steady_tick();
            self.terminal.bars().remove(&drawn.bar);
        }
    }
}

fn about(estimate_ms: Option<u64>) -> String {
    estimate_ms.map(|ms| format!("of about {}", human::duration(ms))).unwrap_or_default()
}

/// `⠋ build                       1:21  of about 2 m 10 s`
fn running_style(indent: &str) -> ProgressStyle {
    let clock = |state: &ProgressState, out: &mut dyn std::fmt::Write| {
        let ms = u64::try_from(state.elapsed().as_millis()).unwrap_or(u64::MAX);
        let _ = write!(out, "{:>TIME$}", human::running(ms));
    };
    styled(&format!("{indent}{{spinner}} {{prefix}} {{clock}}  {{wide_msg}}")).with_key("clock", clock)
}

fn ended_style() -> ProgressStyle {
    styled("{wide_msg}")
}

fn styled(template: &str) -> ProgressStyle {
    let plain = ProgressStyle::default_spinner();
    plain.clone().template(template).unwrap_or(plain)
}
