//! Whether something fits on a disk.
//!
//! Owns: how much must stay free, and the answer. Must never know: how the figures were measured.

use crate::domain::bytes::Bytes;

/// What must stay free on a server's disk whatever happens: databases grow while a deployment runs.
pub const KEEP_FREE: Bytes = Bytes(200_000_000);

/// Layers are compressed in the registry; unpacked they take about this many times as much
/// (gzip on Debian and Alpine trees gives 2.3 to 2.8), and the download lies beside them for a while.
const UNPACKED: u64 = 3;

/// How an amount fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// It fits with room to spare.
    Fits,
    /// It fits, but less than [`KEEP_FREE`] twice remains.
    Tight,
    /// It does not fit.
    Short {
        /// What is missing.
        by: Bytes,
    },
}

/// Disk that pulling compressed layers takes at its peak.
#[must_use]
pub fn needed_for(compressed: Bytes) -> Bytes {
    Bytes(compressed.0.saturating_mul(UNPACKED + 1))
}

/// Whether `needed` fits into `free`.
#[must_use]
pub fn fits(needed: Bytes, free: Bytes) -> Fit {
    let wanted = needed.0.saturating_add(KEEP_FREE.0);
    if free.0 < wanted {
        Fit::Short { by: Bytes(wanted - free.0) }
    } else if free.0 < wanted.saturating_add(KEEP_FREE.0) {
        Fit::Tight
    } else {
        Fit::Fits
    }
}

#[cfg(test)]
mod tests {
    use super::{Fit, KEEP_FREE, fits, needed_for};
    use crate::domain::bytes::Bytes;

    #[test]
    fn a_full_disk_says_what_is_missing() {
        assert_eq!(fits(Bytes(1000), Bytes(500)), Fit::Short { by: Bytes(500 + KEEP_FREE.0) });
    }

    #[test]
    fn nothing_to_pull_still_needs_the_reserve() {
        assert_eq!(fits(Bytes(0), Bytes(KEEP_FREE.0)), Fit::Tight);
        assert!(matches!(fits(Bytes(0), Bytes(KEEP_FREE.0 - 1)), Fit::Short { .. }));
        assert_eq!(fits(needed_for(Bytes(10_000_000)), Bytes(10_000_000_000)), Fit::Fits);
    }
}
