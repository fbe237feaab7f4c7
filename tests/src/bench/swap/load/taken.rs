//! What became of every request and of every stream.
//!
//! Owns: counting it. Must never know: how it was asked for.

use std::{collections::BTreeMap, time::Duration};

use super::{Kind, request::Loss};

/// A stream may seem to have ended a little before its time, as nobody saw the very moment of the turn.
const RESOLUTION: Duration = Duration::from_millis(100);

/// One request, in times since the start of the load.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    /// What was asked for.
    pub kind: Kind,
    /// When it was due.
    pub intended: Duration,
    /// When it was begun.
    pub sent: Duration,
    /// When it was over.
    pub ended: Duration,
    /// The version that answered, or why it is lost.
    pub outcome: Result<u32, Loss>,
}

/// What stays open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasting {
    /// A WebSocket.
    WebSocket,
    /// Server-sent events.
    Events,
}

/// One that stayed open for a while.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stream {
    /// What it was.
    pub kind: Lasting,
    /// Who it was opened to; `None` if it could not be opened.
    pub version: Option<u32>,
    /// When.
    pub opened: Duration,
    /// When it ended and how; `None` if it was there to the end.
    pub ended: Option<(Duration, Loss)>,
}

/// Which way versions go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To higher ones.
    Up,
    /// Back to lower ones.
    Down,
}

/// All of it.
#[derive(Debug, Default)]
pub struct Taken {
    pub(super) samples: Vec<Sample>,
    pub(super) streams: Vec<Stream>,
    pub(super) cuts: usize,
}

impl Taken {
    /// How many requests of a kind there were.
    #[must_use]
    pub fn asked(&self, kind: Kind) -> usize {
        self.of(kind).count()
    }

    /// How many of them were lost.
    #[must_use]
    pub fn lost(&self, kind: Kind) -> usize {
        self.of(kind).filter(|sample| sample.outcome.is_err()).count()
    }

    /// How many of them were lost that were due in this time.
    #[must_use]
    pub fn lost_between(&self, kind: Kind, from: Duration, to: Duration) -> usize {
        self.of(kind).filter(|sample| sample.outcome.is_err() && (from..to).contains(&sample.intended)).count()
    }

    /// Why requests of any kind were lost, in words.
    #[must_use]
    pub fn reasons(&self) -> BTreeMap<String, usize> {
        let mut reasons = BTreeMap::new();
        for sample in &self.samples {
            if let Err(loss) = sample.outcome {
                *reasons.entry(format!("{:?}: {loss}", sample.kind)).or_default() += 1;
            }
        }
        reasons
    }

    /// Connections that were to stay open and were closed without a word.
    #[must_use]
    pub fn cuts(&self) -> usize {
        self.cuts
    }

    /// How many streams were opened.
    #[must_use]
    pub fn opened(&self, kind: Lasting) -> usize {
        self.streams.iter().filter(|stream| stream.kind == kind && stream.version.is_some()).count()
    }

    /// Streams that could not be opened, and those that ended before the drain time after the turn away from them was over.
    #[must_use]
    pub fn broken(&self, kind: Lasting, drain: Duration) -> usize {
        self.streams.iter().filter(|stream| stream.kind == kind && self.is_broken(stream, drain)).count()
    }

    fn is_broken(&self, stream: &Stream, drain: Duration) -> bool {
        let Some((ended, _)) = stream.ended else { return false };
        let Some(version) = stream.version else { return true };
        let others = self.good().filter(|(sample, by)| sample.sent > stream.opened && *by != version);
        let turned = others.map(|(sample, _)| sample.sent).min();
        turned.is_none_or(|turned| ended + RESOLUTION < turned + drain)
    }

    /// When a request that was sent after `since` was first answered by this version.
    #[must_use]
    pub fn answered_by(&self, version: u32, since: Duration) -> Option<Duration> {
        let answers = self.good().filter(|(sample, by)| *by == version && sample.sent >= since);
        answers.map(|(sample, _)| sample.ended).min()
    }

    /// Requests that were sent when a later version (or, going down, an earlier one) had answered already, and were answered by
    /// one before it.
    #[must_use]
    pub fn went_back(&self, direction: Direction, from: Duration, to: Duration) -> usize {
        let mut answers: Vec<_> = self.good().filter(|(sample, _)| sample.sent >= from && sample.sent < to).collect();
        let rank = |version: u32| match direction {
            Direction::Up => i64::from(version),
            Direction::Down => -i64::from(version),
        };
        answers.sort_by_key(|(sample, _)| sample.ended);
        // The furthest that had answered by each moment.
        let mut reached: Vec<(Duration, i64)> = Vec::with_capacity(answers.len());
        for (sample, version) in &answers {
            let furthest = reached.last().map_or(i64::MIN, |(_, furthest)| *furthest);
            reached.push((sample.ended, furthest.max(rank(*version))));
        }
        let back = answers.iter().filter(|(sample, version)| {
            let before = reached.partition_point(|(ended, _)| *ended < sample.sent);
            before > 0 && rank(*version) < reached[before - 1].1
        });
        back.count()
    }

    /// So many of a hundred answers to pages came within this time, counted from when they were due.
    #[must_use]
    pub fn within(&self, percent: usize) -> Option<Duration> {
        let answers = self.of(Kind::Get).filter(|sample| sample.outcome.is_ok());
        let mut times: Vec<_> = answers.map(|sample| sample.ended.saturating_sub(sample.intended)).collect();
        times.sort_unstable();
        times.get((times.len() * percent / 100).min(times.len().saturating_sub(1))).copied()
    }

    /// The longest time without a page that was asked for and came.
    #[must_use]
    pub fn longest_gap(&self) -> Duration {
        let mut due: Vec<_> = self.of(Kind::Get).filter(|sample| sample.outcome.is_ok()).map(|sample| sample.intended).collect();
        due.sort_unstable();
        due.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).max().unwrap_or_default()
    }

    pub(super) fn of(&self, kind: Kind) -> impl Iterator<Item = &Sample> {
        self.samples.iter().filter(move |sample| sample.kind == kind)
    }

    fn good(&self) -> impl Iterator<Item = (&Sample, u32)> {
        self.samples.iter().filter_map(|sample| Some((sample, sample.outcome.ok()?)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Direction, Kind, Lasting, Loss, Sample, Stream, Taken};

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn answered(sent: u64, ended: u64, version: u32) -> Sample {
        Sample { kind: Kind::Get, intended: ms(sent), sent: ms(sent), ended: ms(ended), outcome: Ok(version) }
    }

    fn taken(samples: &[Sample]) -> Taken {
        Taken { samples: samples.to_vec(), ..Taken::default() }
    }

    #[test]
    fn what_was_under_way_did_not_go_back() {
        let slow = taken(&[answered(0, 3000, 1), answered(100, 120, 2), answered(130, 150, 2)]);
        assert_eq!(slow.went_back(Direction::Up, ms(0), ms(9000)), 0);
        let back = taken(&[answered(100, 120, 2), answered(121, 150, 1), answered(160, 180, 2), answered(200, 220, 1)]);
        assert_eq!(back.went_back(Direction::Up, ms(0), ms(9000)), 2);
        assert_eq!(back.went_back(Direction::Up, ms(0), ms(200)), 1, "the other was sent later");
        assert_eq!(back.went_back(Direction::Down, ms(0), ms(9000)), 1);
    }

    #[test]
    fn a_stream_may_end_when_the_drain_time_is_over() {
        let mut taken = taken(&[answered(900, 920, 1), answered(1000, 1020, 2)]);
        let end = |at: Option<u64>| at.map(|at| (ms(at), Loss::Cut));
        let one = |version, ended| Stream { kind: Lasting::Events, version, opened: ms(10), ended: end(ended) };
        for (stream, broken) in [
            (one(Some(1), None), 0),
            (one(Some(1), Some(6000)), 0),
            (one(Some(1), Some(5000)), 1),
            (one(Some(1), Some(500)), 1),
            (one(None, Some(20)), 1),
            (one(Some(2), Some(600)), 1),
        ] {
            taken.streams = vec![stream];
            assert_eq!(taken.broken(Lasting::Events, ms(5000)), broken, "{stream:?}");
        }
        taken.samples.truncate(1);
        taken.streams = vec![one(Some(1), Some(9000))];
        assert_eq!(taken.broken(Lasting::Events, ms(5000)), 1, "nobody had turned away");
    }

    #[test]
    fn a_gap_is_from_one_page_to_the_next() {
        let mut lost = answered(200, 220, 1);
        lost.outcome = Err(Loss::Late);
        assert_eq!(taken(&[answered(0, 20, 1), answered(100, 120, 1), lost, answered(450, 900, 1)]).longest_gap(), ms(350));
    }
}
