//! What a series of answers means. Pure: the caller brings the clock.
//!
//! Owns: deadline, consecutive failures, the longest gap. Must never know: how an answer was got.

use std::time::Duration;

use crate::domain::probe::Verdict;

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// As wanted.
    Good,
    /// Not as wanted, in words.
    Bad(String),
}

/// When a series is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// How long the first good answer may take.
    pub deadline: Duration,
    /// How many bad answers in a row make a service unhealthy that was good before.
    pub failures: u32,
}

/// A series of answers about one target. Times count from the start of the series.
#[derive(Debug)]
pub struct Judge {
    terms: Terms,
    good_at: Option<Duration>,
    bad_since: Option<Duration>,
    bad_in_a_row: u32,
    longest_gap: Duration,
}

impl Judge {
    /// A series that has not begun.
    #[must_use]
    pub fn new(terms: Terms) -> Self {
        Self { terms, good_at: None, bad_since: None, bad_in_a_row: 0, longest_gap: Duration::ZERO }
    }

    /// Takes an answer in; the verdict, as soon as there is one.
    pub fn observe(&mut self, at: Duration, answer: &Answer) -> Option<Verdict> {
        match answer {
            Answer::Good => {
                self.close_gap(at);
                let after = *self.good_at.get_or_insert(at);
                Some(Verdict::Healthy { after })
            }
            Answer::Bad(reason) => {
                self.bad_since.get_or_insert(at);
                self.bad_in_a_row += 1;
                self.is_over(at).then(|| Verdict::Unhealthy { reason: reason.clone() })
            }
        }
    }

    /// The longest time between two good answers with bad ones between them; an open one is not counted.
    #[must_use]
    pub fn longest_gap(&self) -> Duration {
        self.longest_gap
    }

    fn close_gap(&mut self, at: Duration) {
        self.bad_in_a_row = 0;
        if let (Some(since), Some(_)) = (self.bad_since.take(), self.good_at) {
            self.longest_gap = self.longest_gap.max(at.saturating_sub(since));
        }
    }

    fn is_over(&self, at: Duration) -> bool {
        match self.good_at {
            None => at >= self.terms.deadline,
            Some(_) => self.bad_in_a_row >= self.terms.failures,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Answer, Judge, Terms};
    use crate::domain::probe::Verdict;

    const TERMS: Terms = Terms { deadline: Duration::from_millis(1000), failures: 3 };

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn bad() -> Answer {
        Answer::Bad("503".to_owned())
    }

    #[test]
    fn the_deadline_counts_until_the_first_good_answer() {
        let mut judge = Judge::new(TERMS);
        assert_eq!(judge.observe(ms(999), &bad()), None);
        assert_eq!(judge.observe(ms(1000), &bad()), Some(Verdict::Unhealthy { reason: "503".to_owned() }));
    }

    #[test]
    fn one_bad_answer_of_a_serving_target_is_not_a_verdict() {
        let mut judge = Judge::new(TERMS);
        assert_eq!(judge.observe(ms(10), &Answer::Good), Some(Verdict::Healthy { after: ms(10) }));
        assert_eq!(judge.observe(ms(2000), &bad()), None);
        assert_eq!(judge.observe(ms(2100), &Answer::Good), Some(Verdict::Healthy { after: ms(10) }));
        for at in [2200, 2300] {
            assert_eq!(judge.observe(ms(at), &bad()), None);
        }
        assert!(matches!(judge.observe(ms(2400), &bad()), Some(Verdict::Unhealthy { .. })));
    }

    #[test]
    fn the_gap_is_the_longest_closed_one_and_never_the_boot() {
        let mut judge = Judge::new(TERMS);
        judge.observe(ms(0), &bad());
        judge.observe(ms(500), &Answer::Good);
        assert_eq!(judge.longest_gap(), ms(0));
        for (at, answer) in [(600, bad()), (700, Answer::Good), (800, bad()), (900, bad()), (1100, Answer::Good), (1200, bad())] {
            judge.observe(ms(at), &answer);
        }
        assert_eq!(judge.longest_gap(), ms(300));
    }
}
