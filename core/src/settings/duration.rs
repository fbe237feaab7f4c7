//! Durations as people write them: `30s`, `2m`, `1m30s`, `500ms`.
//!
//! Owns: that notation. Must never know: what is timed.

use std::time::Duration;

/// A duration from its text; units are `ms`, `s`, `m`, `h`, largest first or not.
#[must_use]
pub(crate) fn parse(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let unit = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let ms: u64 = match &rest[..unit] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return None,
        };
        total = total.checked_add(Duration::from_millis(number.checked_mul(ms)?))?;
        rest = &rest[unit..];
    }
    Some(total)
}

/// The shortest text that [`parse`] reads as this duration; parts below a millisecond are dropped.
#[must_use]
pub(crate) fn show(duration: Duration) -> String {
    let ms = duration.as_millis();
    let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000, ms / 1_000);
    match ms {
        0 => "0s".to_owned(),
        ms if ms % 3_600_000 == 0 => format!("{hours}h"),
        ms if ms % 60_000 == 0 => format!("{minutes}m"),
        ms if ms % 1_000 == 0 => format!("{seconds}s"),
        ms => format!("{ms}ms"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{parse, show};

    #[test]
    fn what_is_shown_is_read_back() {
        for ms in [0, 1, 999, 1_000, 1_500, 60_000, 90_000, 3_600_000, 86_400_000] {
            let duration = Duration::from_millis(ms);
            assert_eq!(parse(&show(duration)), Some(duration), "{ms}");
        }
        assert_eq!(parse("1m30s"), Some(Duration::from_secs(90)));
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in ["", "s", "30", "-1s", "1.5m", "2 m", "1d", "99999999999999999999s", "18446744073709551615h"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
