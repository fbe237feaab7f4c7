//! Putting what a deployment tells into few messages.
//!
//! Owns: what one message holds. Must never know: channels, clocks.

use std::mem;

use plimsoll_core::{
    api::log::LogRow,
    domain::event::{Progress, StepEvent},
};
use serde::Serialize;
use specta::Type;

/// Lines of one message; more wait where they are stored.
pub(crate) const LINES: usize = 2000;

/// What a watcher of a deployment is sent: once a snapshot, then batches, at most ten messages a second.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "snake_case", tag = "type")]
pub(crate) enum WatchMessage {
    /// Everything so far: the events from the asked one on, and how many lines the log has. The batches go on from there.
    Snapshot {
        /// In order.
        events: Vec<StepEvent>,
        /// Lines of the log; the ones after are sent.
        line_count: u64,
        /// It is carried out by this process, which can stop it.
        here: bool,
    },
    /// New events.
    Events {
        /// In order.
        events: Vec<StepEvent>,
    },
    /// New lines, without gaps.
    Lines {
        /// In order.
        rows: Vec<LogRow>,
    },
    /// The latest amount of each thing that grows.
    Progress {
        /// One for each stage and subject.
        progress: Vec<Progress>,
    },
}

/// What waits to be sent.
#[derive(Default)]
pub(crate) struct Batch {
    events: Vec<StepEvent>,
    lines: Vec<LogRow>,
    progress: Vec<Progress>,
}

impl Batch {
    /// An event happened.
    pub(crate) fn event(&mut self, event: StepEvent) {
        self.events.push(event);
    }

    /// Lines were printed.
    pub(crate) fn lines(&mut self, lines: impl IntoIterator<Item = LogRow>) {
        self.lines.extend(lines);
    }

    /// Something grew: only the latest amount counts.
    pub(crate) fn progress(&mut self, latest: Progress) {
        let same = |one: &&mut Progress| one.stage == latest.stage && one.subject == latest.subject;
        match self.progress.iter_mut().find(same) {
            Some(one) => *one = latest,
            None => self.progress.push(latest),
        }
    }

    /// No more lines shall be read now.
    pub(crate) fn is_full(&self) -> bool {
        self.lines.len() >= LINES
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty() && self.lines.is_empty() && self.progress.is_empty()
    }

    /// The messages to send now: lines before events, so that nothing that was printed comes after the end.
    pub(crate) fn take(&mut self) -> Vec<WatchMessage> {
        let mut messages = Vec::new();
        while !self.lines.is_empty() {
            let rest = self.lines.split_off(self.lines.len().min(LINES));
            messages.push(WatchMessage::Lines { rows: mem::replace(&mut self.lines, rest) });
        }
        if !self.events.is_empty() {
            messages.push(WatchMessage::Events { events: mem::take(&mut self.events) });
        }
        if !self.progress.is_empty() {
            messages.push(WatchMessage::Progress { progress: mem::take(&mut self.progress) });
        }
        messages
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use plimsoll_core::{
        api::log::LogRow,
        domain::{
            deployment::Stage,
            event::{Progress, ProgressUnit, StepEvent, StepEventKind},
        },
    };

    use super::{Batch, WatchMessage};

    fn row(number: u64) -> LogRow {
        let (at, text) = (Timestamp::UNIX_EPOCH, String::new());
        LogRow { number, at, stage: Stage::Build, source: None, text, more_bytes: 0, error: false }
    }

    fn progress(subject: &str, done: u64) -> Progress {
        Progress { stage: Stage::Pull, subject: subject.into(), done, total: None, unit: ProgressUnit::Bytes }
    }

    #[test]
    fn a_burst_becomes_one_message_of_each_kind() {
        let mut batch = Batch::default();
        let kind = StepEventKind::Note { stage: Stage::Build, text: String::new() };
        let event = StepEvent { index: 7, at: Timestamp::UNIX_EPOCH, journal: None, kind };
        batch.event(event.clone());
        for number in 5..2005 {
            batch.lines([row(number)]);
            batch.progress(progress(if number % 2 == 0 { "even" } else { "odd" }, number));
        }
        assert!(batch.is_full());
        let messages = batch.take();
        let [WatchMessage::Lines { rows }, WatchMessage::Events { events }, WatchMessage::Progress { progress: latest }] =
            &messages[..]
        else {
            panic!("other messages")
        };
        assert_eq!((rows.len(), rows[0].number, events), (2000, 5, &vec![event]));
        assert_eq!(latest, &[progress("odd", 2003), progress("even", 2004)]);
        assert!(batch.is_empty() && batch.take().is_empty());
    }
}
