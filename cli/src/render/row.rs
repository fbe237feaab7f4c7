//! One line per stage and per step.
//!
//! Owns: its columns. Must never know: whether it is drawn over or printed once.

use plimsoll_core::domain::{
    bytes::Bytes,
    deployment::Stage,
    event::{LogLine, Progress, ProgressUnit, StepEvent, StepEventKind},
    name::ServiceName,
};

use super::{
    human,
    neutral::neutral,
    style::{BAD, DIM, GOOD, STRONG, WARN, paint},
    table::{cut, padded},
};

/// Width of the column of names.
pub(crate) const NAME: usize = 28;
/// How far a step stands behind its stage on a terminal.
pub(crate) const STEP_INDENT: &str = "  ";
/// Width of the column of durations.
pub(crate) const TIME: usize = 9;

/// How a stage or step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Well.
    Ok,
    /// Badly.
    Failed,
    /// There was nothing to do.
    Skipped,
}

/// A stage or step that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// How.
    pub(crate) mark: Mark,
    /// The stage it is, or is in.
    pub(crate) stage: Stage,
    /// The step, if it is none of the nine stages itself.
    pub(crate) step: Option<String>,
    /// How long it took.
    pub(crate) ms: Option<u64>,
    /// What is worth knowing.
    pub(crate) note: String,
}

impl Row {
    /// The row of an event, if the event ends something.
    pub(crate) fn of(event: &StepEvent) -> Option<Self> {
        match &event.kind {
            StepEventKind::StageFinished { stage, ms, note } => Some(Self::stage(Mark::Ok, *stage, Some(*ms), note)),
            StepEventKind::StageSkipped { stage, reason } => Some(Self::stage(Mark::Skipped, *stage, None, reason)),
            StepEventKind::StageFailed { stage, ms } => Some(Self::stage(Mark::Failed, *stage, Some(*ms), "")),
            StepEventKind::StepFinished { stage, step, service, ms, ok, note } => Some(Self {
                mark: if *ok { Mark::Ok } else { Mark::Failed },
                stage: *stage,
                step: Some(label(*stage, step, service.as_ref())),
                ms: Some(*ms),
                note: neutral(note).into_owned(),
            }),
            _ => None,
        }
    }

    fn stage(mark: Mark, stage: Stage, ms: Option<u64>, note: &str) -> Self {
        Self { mark, stage, step: None, ms, note: neutral(note).into_owned() }
    }

    /// For a terminal: a sign, nesting by indentation.
    pub(crate) fn drawn(&self) -> String {
        let sign = match self.mark {
            Mark::Ok => paint(GOOD, "✓"),
            Mark::Failed => paint(BAD, "✗"),
            Mark::Skipped => paint(DIM, "–"),
        };
        let (indent, name) = match &self.step {
            None => ("", self.stage.to_string()),
            Some(step) => (STEP_INDENT, step.clone()),
        };
        let name = padded(&name, NAME - indent.len());
        format!("{indent}{sign} {name} {}", self.tail()).trim_end().to_owned()
    }

    /// For a file or a pipe: words alone, one whole line per ended step.
    pub(crate) fn printed(&self) -> String {
        let mark = match self.mark {
            Mark::Ok => "ok",
            Mark::Failed => "failed",
            Mark::Skipped => "skipped",
        };
        let name = match &self.step {
            None => self.stage.to_string(),
            Some(step) => format!("{}: {step}", self.stage),
        };
        format!("{mark:<8} {} {}", padded(&name, NAME), self.tail()).trim_end().to_owned()
    }

    fn tail(&self) -> String {
        let time = self.ms.map(human::duration).unwrap_or_default();
        format!("{time:>TIME$}  {}", self.note)
    }
}

/// What a step is called: a build's step is its service, a swap's its act and service.
pub(crate) fn label(stage: Stage, step: &str, service: Option<&ServiceName>) -> String {
    let words = neutral(step).replace('_', " ");
    let label = match service {
        Some(service) if step == stage.to_string() || step == service.as_str() => service.to_string(),
        Some(service) => format!("{words} {service}"),
        None => words,
    };
    cut(&label, NAME - STEP_INDENT.len())
}

/// What an event says beside beginnings and ends, as a mark and a text.
pub(crate) fn remark(event: &StepEvent) -> Option<(&'static str, String)> {
    match &event.kind {
        StepEventKind::Note { text, .. } => Some(("note", neutral(text).into_owned())),
        StepEventKind::Detached { reason } => Some(("detached", neutral(reason).into_owned())),
        _ => None,
    }
}

/// A remark for a terminal.
pub(crate) fn drawn_remark(mark: &str, text: &str) -> String {
    let style = if mark == "note" { STRONG } else { WARN };
    format!("  {} {text}", paint(style, &format!("{mark}:")))
}

/// An amount: `41.2 MB of 700 MB`, `step 3 of 12`.
pub(crate) fn amount(progress: &Progress) -> String {
    match (progress.unit, progress.total) {
        (ProgressUnit::Bytes, Some(total)) => format!("{} of {}", Bytes(progress.done), Bytes(total)),
        (ProgressUnit::Bytes, None) => Bytes(progress.done).to_string(),
        (ProgressUnit::Steps, Some(total)) => format!("step {} of {total}", progress.done),
        (ProgressUnit::Steps, None) => format!("step {}", progress.done),
    }
}

/// A log line: its source, then its text.
pub(crate) fn log(line: &LogLine) -> String {
    let source = line.source.as_deref().map_or_else(|| line.stage.to_string(), |s| neutral(s).into_owned());
    format!("{} {}", paint(DIM, &format!("{source} |")), neutral(&line.text))
}
