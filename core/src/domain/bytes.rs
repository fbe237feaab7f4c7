//! Amounts of bytes, shown decimal with three significant digits.
//!
//! Owns: the number and its text. Must never know: what it measures.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A count of bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(transparent)]
pub struct Bytes(pub u64);

const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 1000 {
            return write!(f, "{} B", self.0);
        }
        let mut value = self.0 as f64 / 1000.0;
        let mut unit = 0;
        while value >= 999.5 && unit + 1 < UNITS.len() {
            value /= 1000.0;
            unit += 1;
        }
        let decimals = if value < 9.995 {
            2
        } else if value < 99.95 {
            1
        } else {
            0
        };
        write!(f, "{value:.decimals$} {}", UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::Bytes;

    #[test]
    fn three_significant_digits() {
        let shown = |n| Bytes(n).to_string();
        assert_eq!(shown(999), "999 B");
        assert_eq!(shown(1_000), "1.00 kB");
        assert_eq!(shown(41_200_000_000), "41.2 GB");
        assert_eq!(shown(999_600), "1.00 MB");
        assert_eq!(shown(700_000_000), "700 MB");
    }
}
