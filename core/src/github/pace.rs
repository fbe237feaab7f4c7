//! How fast GitHub may be asked. Pure: times in, "not before" out.
//!
//! Owns: its limits as its answers tell them, and our own cap for what nobody waits for. Must never know: the clock, HTTP.
//!
//! Times are those of a clock that never jumps. What GitHub gives as a time of day arrives here as a span, measured by
//! GitHub's own clock, so that a wrong clock on this machine changes nothing.

use std::{collections::VecDeque, time::Duration};

/// So many requests that count may the watching of repositories cost in any hour.
const IDLE_CAP: usize = 50;
/// An hour, and what a request may take: it counts when it arrives, not when it is sent.
const IDLE_WINDOW: Duration = Duration::from_secs(3_600 + 30);
/// What is left for acts of a person when everything else stops.
const RESERVE: u64 = 100;
/// The first pause after a limit that names no time; it doubles.
const PAUSE: Duration = Duration::from_secs(60);
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);
/// No limit of GitHub's lasts longer; an answer that says so is broken.
const LONGEST_WAIT: Duration = Duration::from_secs(86_400);
/// Between two writes.
const WRITES: Duration = Duration::from_secs(1);

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// A person waits for it.
    Act,
    /// A run that is going on is followed.
    Active,
    /// Whether anything is new.
    Idle,
}

/// Whether a request changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Read,
    Write,
}

/// A request that was let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    class: Class,
    at: Duration,
}

/// What an answer says about limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) outcome: Outcome,
    pub(super) remaining: Option<u64>,
    pub(super) reset_in: Option<Duration>,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// 304: it does not count.
    Unchanged,
    /// It counts.
    Counted,
    /// It counts, and GitHub wants no more for now.
    Limited { retry_after: Option<Duration> },
    /// No answer came; it may count.
    Lost,
}

/// What is known of GitHub's limits.
#[derive(Debug, Default)]
pub(super) struct Pace {
    idle: VecDeque<Duration>,
    not_before: Duration,
    left: Option<Left>,
    limits_in_a_row: u32,
    wrote: Option<Duration>,
}

#[derive(Debug, Clone, Copy)]
struct Left {
    remaining: u64,
    until: Duration,
}

impl Pace {
    /// Lets a request go now, or says before when it may not.
    pub(super) fn admit(&mut self, class: Class, verb: Verb, now: Duration) -> Result<Slot, Duration> {
        let not_before = self.not_before.max(self.quota(class, now)).max(self.cap(class, now)).max(self.after_writes(verb));
        if now < not_before {
            return Err(not_before);
        }
        if class == Class::Idle {
            self.idle.push_back(now);
        }
        if verb == Verb::Write {
            self.wrote = Some(now);
        }
        Ok(Slot { class, at: now })
    }

    /// Learns from what became of it.
    pub(super) fn heard(&mut self, slot: Slot, heard: Heard, now: Duration) {
        if let (Some(remaining), Some(reset_in)) = (heard.remaining, heard.reset_in) {
            self.left = Some(Left { remaining, until: now + reset_in.min(LONGEST_WAIT) });
        }
        match heard.outcome {
            Outcome::Unchanged => {
                self.give_back(slot);
                self.limits_in_a_row = 0;
            }
            Outcome::Counted => self.limits_in_a_row = 0,
            Outcome::Limited { retry_after } => {
                let wait = retry_after.or(heard.reset_in.filter(|_| heard.remaining == Some(0))).unwrap_or_else(|| self.pause());
                self.not_before = self.not_before.max(now + wait.min(LONGEST_WAIT));
            }
            Outcome::Lost => {}
        }
    }

    /// How many requests are left in GitHub's hour, as it said last.
    pub(super) fn remaining(&self) -> Option<u64> {
        self.left.map(|left| left.remaining)
    }

    fn quota(&self, class: Class, now: Duration) -> Duration {
        let reserve = if class == Class::Act { 1 } else { RESERVE };
        self.left.filter(|left| now < left.until && left.remaining < reserve).map_or(Duration::ZERO, |left| left.until)
    }

    fn cap(&mut self, class: Class, now: Duration) -> Duration {
        if class != Class::Idle {
            return Duration::ZERO;
        }
        while self.idle.front().is_some_and(|at| *at + IDLE_WINDOW <= now) {
            self.idle.pop_front();
        }
        let full = self.idle.len() >= IDLE_CAP;
        self.idle.front().filter(|_| full).map_or(Duration::ZERO, |first| *first + IDLE_WINDOW)
    }

    fn after_writes(&self, verb: Verb) -> Duration {
        self.wrote.filter(|_| verb == Verb::Write).map_or(Duration::ZERO, |wrote| wrote + WRITES)
    }

    fn give_back(&mut self, slot: Slot) {
        if slot.class == Class::Idle
            && let Some(at) = self.idle.iter().position(|at| *at == slot.at)
        {
            self.idle.remove(at);
        }
    }

    fn pause(&mut self) -> Duration {
        let pause = PAUSE.saturating_mul(1_u32.checked_shl(self.limits_in_a_row.min(16)).unwrap_or(u32::MAX));
        self.limits_in_a_row += 1;
        pause.min(LONGEST_PAUSE)
    }
}

#[cfg(test)]
mod tests;
