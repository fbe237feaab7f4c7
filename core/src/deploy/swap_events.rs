//! The runner's journal in the words of events.
//!
//! Owns: that translation. Must never know: how the journal is read.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::{
    domain::{deployment::Stage, event::StepEventKind, name::ServiceName},
    runner::journal::{JournalEvent, JournalKind, Step},
};

/// Translates one journal after another line; remembers when steps began.
#[derive(Default)]
pub(super) struct Translator {
    began: BTreeMap<(&'static str, Option<ServiceName>), Timestamp>,
    /// The longest gap at the public URL, in milliseconds, once the journal told it.
    pub(super) gap_ms: Option<u64>,
    /// The release command ran.
    pub(super) migrated: bool,
}

impl Translator {
    /// The event for a journal line; the end is none, it is the deployment's own.
    pub(super) fn event(&mut self, line: &JournalEvent) -> Option<StepEventKind> {
        let stage = Stage::Swap;
        match &line.kind {
            JournalKind::Begin { step, service } => {
                self.began.insert((step.as_str(), service.clone()), line.at);
                Some(StepEventKind::StepStarted { stage, step: words(*step).into(), service: service.clone() })
            }
            JournalKind::End { step, service, ok, detail } => Some(self.end(line.at, *step, service.as_ref(), *ok, detail)),
            JournalKind::Started { resumed: false } => note("the server goes on by itself from here"),
            JournalKind::Started { resumed: true } => note("the server took the swap up again"),
            JournalKind::Note { text, .. } => note(text),
            JournalKind::Gap { ms, resolution_ms } => {
                self.gap_ms = Some(*ms);
                note(&format!("longest gap at the public URL: {ms} ms (measured every {resolution_ms} ms)"))
            }
            JournalKind::Undo { reason, .. } => note(&format!("undoing: {reason}")),
            JournalKind::Finished(_) => None,
        }
    }

    fn end(&mut self, at: Timestamp, step: Step, service: Option<&ServiceName>, ok: bool, detail: &str) -> StepEventKind {
        self.migrated |= step == Step::ReleaseCommand && ok;
        let began = self.began.remove(&(step.as_str(), service.cloned())).unwrap_or(at);
        let ms = u64::try_from(at.as_millisecond() - began.as_millisecond()).unwrap_or(0);
        StepEventKind::StepFinished {
            stage: Stage::Swap,
            step: words(step).into(),
            service: service.cloned(),
            ms,
            ok,
            note: detail.to_owned(),
        }
    }
}

fn note(text: &str) -> Option<StepEventKind> {
    Some(StepEventKind::Note { stage: Stage::Swap, text: text.to_owned() })
}

fn words(step: Step) -> &'static str {
    match step {
        Step::Arm => "arm boot hook",
        Step::ReleaseCommand => "release command",
        Step::Swap => "swap",
        Step::Candidate => "start new",
        Step::Turn => "switch over",
        Step::Drain => "drain old",
        Step::Stop => "stop",
        Step::Probe => "probe",
        Step::Verify => "verify images",
        Step::Soak => "soak",
        Step::Commit => "commit",
        Step::Retire => "stop old",
        Step::Retain => "prune old releases",
        Step::Restore => "restore",
        Step::Prove => "prove the old release",
        Step::Disarm => "disarm boot hook",
    }
}
