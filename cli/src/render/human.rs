//! Amounts as people read them.
//!
//! Owns: durations, points in time, counts, plurals. Must never know: what they measure.

use jiff::{Timestamp, tz::TimeZone};

/// A duration that is over: `0.4 s`, `12 s`, `1 m 24 s`, `1 h 07 m`.
pub(crate) fn duration(ms: u64) -> String {
    let tenths = (ms + 50) / 100;
    if tenths < 100 {
        return format!("{}.{} s", tenths / 10, tenths % 10);
    }
    let seconds = (ms + 500) / 1000;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} m {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} m", seconds / 3600, seconds / 60 % 60),
    }
}

/// A duration that still grows: `0:12`, `1:21`, `1:02:03`.
pub(crate) fn running(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0..3600 => format!("{}:{:02}", seconds / 60, seconds % 60),
        _ => format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60),
    }
}

/// The present moment and the clock that people here look at.
#[derive(Debug, Clone)]
pub(crate) struct Now {
    at: Timestamp,
    zone: TimeZone,
}

impl Now {
    /// By this machine's clock and zone.
    pub(crate) fn here() -> Self {
        Self { at: Timestamp::now(), zone: TimeZone::system() }
    }

    #[cfg(test)]
    pub(crate) fn at(text: &str) -> Self {
        Self { at: text.parse().unwrap(), zone: TimeZone::UTC }
    }

    /// `just now`, `4 min ago`, `2 h ago`, `yesterday 16:20`, `17 Nov 09:12`, `17 Nov 2025 09:12`.
    pub(crate) fn ago(&self, at: Timestamp) -> String {
        let seconds = self.at.as_second().saturating_sub(at.as_second());
        let (now, then) = (self.at.to_zoned(self.zone.clone()), at.to_zoned(self.zone.clone()));
        match seconds {
            ..45 if seconds > -45 => "just now".to_owned(),
            0..3600 => format!("{} min ago", (seconds / 60).max(1)),
            0.. if then.date() == now.date() => format!("{} h ago", seconds / 3600),
            0.. if now.date().yesterday().is_ok_and(|d| d == then.date()) => then.strftime("yesterday %H:%M").to_string(),
            _ if then.year() == now.year() => then.strftime("%-d %b %H:%M").to_string(),
            _ => then.strftime("%-d %b %Y %H:%M").to_string(),
        }
    }

    /// Milliseconds from a moment until now, never less than 0.
    pub(crate) fn since(&self, at: Timestamp) -> u64 {
        between(at, self.at)
    }
}

/// Milliseconds from one moment to another, never less than 0.
pub(crate) fn between(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_millisecond().saturating_sub(from.as_millisecond())).unwrap_or(0)
}

/// A count with its noun: `no services`, `1 service`, `12,000 lines`.
pub(crate) fn count(n: usize, noun: &str) -> String {
    match n {
        0 => format!("no {noun}s"),
        1 => format!("1 {noun}"),
        _ => format!("{} {noun}s", grouped(n as u64)),
    }
}

/// Digits in groups of three from 10,000 on.
pub(crate) fn grouped(n: u64) -> String {
    let digits = n.to_string();
    if n < 10_000 {
        return digits;
    }
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Now, count, duration, grouped, running};

    #[test]
    fn durations() {
        let table = [
            (0, "0.0 s"),
            (420, "0.4 s"),
            (9_949, "9.9 s"),
            (9_950, "10 s"),
            (12_300, "12 s"),
            (59_600, "1 m 00 s"),
            (84_000, "1 m 24 s"),
            (4_020_000, "1 h 07 m"),
        ];
        for (ms, text) in table {
            assert_eq!(duration(ms), text);
        }
    }

    #[test]
    fn durations_that_grow() {
        assert_eq!(running(12_900), "0:12");
        assert_eq!(running(81_000), "1:21");
        assert_eq!(running(3_723_000), "1:02:03");
    }

    #[test]
    fn times() {
        let now = Now::at("2026-11-20T14:00:00Z");
        let table = [
            ("2026-11-20T13:59:20Z", "just now"),
            ("2026-11-20T14:00:20Z", "just now"),
            ("2026-11-20T13:59:10Z", "1 min ago"),
            ("2026-11-20T13:55:30Z", "4 min ago"),
            ("2026-11-20T11:30:00Z", "2 h ago"),
            ("2026-11-19T16:20:00Z", "yesterday 16:20"),
            ("2026-11-17T09:12:00Z", "17 Nov 09:12"),
            ("2025-11-17T09:12:00Z", "17 Nov 2025 09:12"),
            ("2026-11-20T15:00:00Z", "20 Nov 15:00"),
        ];
        for (at, text) in table {
            assert_eq!(now.ago(at.parse().unwrap()), text);
        }
    }

    #[test]
    fn counts() {
        assert_eq!(count(0, "service"), "no services");
        assert_eq!(count(1, "service"), "1 service");
        assert_eq!(count(12_000, "line"), "12,000 lines");
        assert_eq!(grouped(9_999), "9999");
        assert_eq!(grouped(1_234_567), "1,234,567");
    }
}
