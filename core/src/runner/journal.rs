//! The runner's journal: what it says and how it is read.
//!
//! Owns: the line format and its meaning. Must never know: where the bytes come from.
//!
//! A line is `seq ms event step subject detail .`, TAB-separated; the last column proves that the line is whole,
//! so a line torn by a power cut is ignored even after a later runner has closed it with a newline.

use jiff::Timestamp;

use super::outcome::Outcome;
use crate::{domain::name::ServiceName, problem::Code};

/// One fact from the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEvent {
    /// 1, 2, 3, …; a reader that knows one never needs it again.
    pub seq: u64,
    /// When, by the server's clock.
    pub at: Timestamp,
    /// What.
    pub kind: JournalKind,
}

/// What happened on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JournalKind {
    /// A runner began to work; several times when it was interrupted.
    Started {
        /// Whether an earlier runner had begun.
        resumed: bool,
    },
    /// It is about to do this.
    Begin {
        /// What.
        step: Step,
        /// For which service.
        service: Option<ServiceName>,
    },
    /// It did this.
    End {
        /// What.
        step: Step,
        /// For which service.
        service: Option<ServiceName>,
        /// Whether it went well.
        ok: bool,
        /// What came of it.
        detail: String,
    },
    /// A fact worth keeping.
    Note {
        /// About what.
        topic: String,
        /// In words.
        text: String,
    },
    /// The longest time the public URL gave no good answer during the swap.
    Gap {
        /// That time, in milliseconds.
        ms: u64,
        /// Time between two tries: the gap is known to this precision.
        resolution_ms: u64,
    },
    /// From here on everything is being undone.
    Undo {
        /// Why; `None` when the user cancelled.
        code: Option<Code>,
        /// In words.
        reason: String,
    },
    /// The end, always last.
    Finished(Outcome),
}

/// What the runner does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// The boot hook is armed.
    Arm,
    /// The release command runs.
    ReleaseCommand,
    /// A changed service is replaced and becomes ready.
    Swap,
    /// A new colour starts beside the one that serves.
    Candidate,
    /// Every switch turns to its new colour.
    Turn,
    /// The old colour's connections end; until then it may serve again.
    Drain,
    /// A service that the new release does not have is stopped.
    Stop,
    /// The probes are asked until they answer well.
    Probe,
    /// The running images are compared with the wanted ones.
    Verify,
    /// The new release is watched.
    Soak,
    /// The new release becomes the current one; from here on there is no way back.
    Commit,
    /// The old colour is stopped and removed.
    Retire,
    /// What the retention does not keep is removed.
    Retain,
    /// A service is brought back.
    Restore,
    /// The old release is proven serving.
    Prove,
    /// The boot hook is removed.
    Disarm,
}

impl Step {
    const TEXT: [(Self, &'static str); 16] = [
        (Self::Arm, "arm"),
        (Self::ReleaseCommand, "release_command"),
        (Self::Swap, "swap"),
        (Self::Candidate, "candidate"),
        (Self::Turn, "turn"),
        (Self::Drain, "drain"),
        (Self::Stop, "stop"),
        (Self::Probe, "probe"),
        (Self::Verify, "verify"),
        (Self::Soak, "soak"),
        (Self::Commit, "commit"),
        (Self::Retire, "retire"),
        (Self::Retain, "retain"),
        (Self::Restore, "restore"),
        (Self::Prove, "prove"),
        (Self::Disarm, "disarm"),
    ];

    /// The word in the journal.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::TEXT.iter().find(|(step, _)| *step == self).map_or("", |(_, text)| text)
    }

    fn parse(text: &str) -> Option<Self> {
        Self::TEXT.iter().find(|(_, t)| *t == text).map(|(step, _)| *step)
    }
}

/// One line without its newline; `None` for a torn or foreign one.
#[must_use]
pub fn parse(line: &[u8]) -> Option<JournalEvent> {
    let line = String::from_utf8_lossy(line);
    let columns: Vec<&str> = line.split('\t').collect();
    let [seq, ms, event, step, subject, detail, "."] = columns[..] else { return None };
    Some(JournalEvent {
        seq: seq.parse().ok()?,
        at: Timestamp::from_millisecond(ms.parse().ok()?).ok()?,
        kind: kind(event, step, subject, detail)?,
    })
}

/// Splits what was read into events and the number of bytes they took; an unfinished last line is left for later.
#[must_use]
pub fn parse_all(bytes: &[u8]) -> (Vec<JournalEvent>, usize) {
    let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    (bytes[..whole].split(|b| *b == b'\n').filter_map(parse).collect(), whole)
}

/// The end that a whole journal tells of, if it has one.
#[must_use]
pub fn outcome_of(bytes: &[u8]) -> Option<Outcome> {
    parse_all(bytes).0.into_iter().rev().find_map(|event| match event.kind {
        JournalKind::Finished(outcome) => Some(outcome),
        _ => None,
    })
}

fn kind(event: &str, step: &str, subject: &str, detail: &str) -> Option<JournalKind> {
    Some(match event {
        "started" => JournalKind::Started { resumed: subject == "resumed" },
        "begin" => JournalKind::Begin { step: Step::parse(step)?, service: subject.parse().ok().filter(|_| subject != "-") },
        "end" => end(Step::parse(step)?, subject, detail)?,
        "note" => JournalKind::Note { topic: subject.to_owned(), text: detail.to_owned() },
        "gap" => JournalKind::Gap { ms: subject.parse().ok()?, resolution_ms: detail.parse().ok()? },
        "undo" => JournalKind::Undo { code: code(subject), reason: detail.to_owned() },
        "finished" => JournalKind::Finished(outcome(step, subject, detail)?),
        _ => return None,
    })
}

fn end(step: Step, subject: &str, detail: &str) -> Option<JournalKind> {
    let (word, rest) = detail.split_once(' ').unwrap_or((detail, ""));
    let ok = match word {
        "ok" => true,
        "fail" => false,
        _ => return None,
    };
    let service = subject.parse().ok().filter(|_| subject != "-");
    Some(JournalKind::End { step, service, ok, detail: rest.to_owned() })
}

fn outcome(word: &str, cause: &str, detail: &str) -> Option<Outcome> {
    let detail = detail.to_owned();
    Some(match word {
        "live" => Outcome::Live,
        "rolled_back" => Outcome::RolledBack { code: code(cause), detail },
        "failed" => Outcome::Failed { code: code(cause), detail },
        "rollback_failed" => Outcome::RollbackFailed { detail },
        _ => return None,
    })
}

/// The cause's code; `cancelled` is none, and a word from a newer script is a failed swap.
fn code(word: &str) -> Option<Code> {
    if word == "cancelled" {
        return None;
    }
    Some(Code::ALL.iter().copied().find(|code| code.as_str() == word).unwrap_or(Code::SwapFailed))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{JournalKind, Outcome, Step, outcome_of, parse, parse_all};
    use crate::problem::Code;

    const WHOLE: &str = "1\t1700000000000\tstarted\t-\tfresh\t/x\t.\n\
        2\t1700000000100\tbegin\tswap\tapi\t-\t.\n\
        3\t1700000000900\tend\tswap\tapi\tfail api ends with status 3\t.\n\
        4\t1700000001000\tundo\t-\tcrash_loop\tapi ends with status 3\t.\n\
        5\t1700000001500\tgap\t-\t420\t100\t.\n\
        6\t1700000002000\tfinished\trolled_back\tcrash_loop\tapi ends with status 3\t.\n";

    #[test]
    fn a_journal_tells_what_happened() {
        let (events, read) = parse_all(WHOLE.as_bytes());
        assert_eq!(read, WHOLE.len());
        let service = Some("api".parse().unwrap());
        let detail = "api ends with status 3".to_owned();
        let code = Some(Code::CrashLoop);
        let expected = [
            JournalKind::Started { resumed: false },
            JournalKind::Begin { step: Step::Swap, service: service.clone() },
            JournalKind::End { step: Step::Swap, service, ok: false, detail: detail.clone() },
            JournalKind::Undo { code, reason: detail.clone() },
            JournalKind::Gap { ms: 420, resolution_ms: 100 },
            JournalKind::Finished(Outcome::RolledBack { code, detail }),
        ];
        assert_eq!(events.iter().map(|e| e.seq).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
        assert_eq!(events.into_iter().map(|e| e.kind).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn cancelling_is_no_problem_and_an_unknown_cause_is_a_failed_swap() {
        let cause = |word: &str| match parse(format!("1\t1\tundo\t-\t{word}\twhy\t.").as_bytes()).unwrap().kind {
            JournalKind::Undo { code, .. } => code,
            other => panic!("{other:?}"),
        };
        assert_eq!(cause("cancelled"), None);
        assert_eq!(cause("from_the_future"), Some(Code::SwapFailed));
    }

    #[test]
    fn every_step_has_a_word_of_its_own() {
        for (step, text) in Step::TEXT {
            assert_eq!((Step::parse(text), step.as_str()), (Some(step), text));
        }
    }

    proptest! {
        /// Wherever the power is cut, and whatever the next runner appends, no torn line is ever believed.
        #[test]
        fn a_torn_line_is_never_an_event(cut in 0..WHOLE.len()) {
            let torn = [&WHOLE.as_bytes()[..cut], b"\n"].concat();
            let whole_lines = WHOLE.as_bytes()[..cut].iter().filter(|b| **b == b'\n').count();
            let cut_at_the_end_of_a_line = WHOLE.as_bytes()[cut] == b'\n';
            prop_assert_eq!(parse_all(&torn).0.len(), whole_lines + usize::from(cut_at_the_end_of_a_line));
        }

        /// Read in two parts, at any border, it tells the same.
        #[test]
        fn reading_in_parts_changes_nothing(cut in 0..WHOLE.len()) {
            let (mut events, read) = parse_all(&WHOLE.as_bytes()[..cut]);
            events.extend(parse_all(&WHOLE.as_bytes()[read..]).0);
            prop_assert_eq!(events, parse_all(WHOLE.as_bytes()).0);
        }

        #[test]
        fn garbage_is_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = parse(&bytes);
            let (_, read) = parse_all(&bytes);
            prop_assert!(read <= bytes.len());
        }

        #[test]
        fn garbage_between_lines_hides_none(noise in "[^\n]{0,60}") {
            let journal = WHOLE.replacen("2\t", &format!("{noise}\n2\t"), 1);
            prop_assert!(parse_all(journal.as_bytes()).0.len() >= 6);
            prop_assert_eq!(outcome_of(journal.as_bytes()), outcome_of(WHOLE.as_bytes()));
        }
    }
}
