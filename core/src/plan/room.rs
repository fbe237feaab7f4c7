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

/// What a deployment will probably pull: the most of what the last ones did. What is based on nothing is no estimate.
#[must_use]
pub fn estimate(pulled: &[Bytes]) -> Option<Estimate> {
    let most = pulled.iter().max_by_key(|bytes| bytes.0)?;
    Some(Estimate { needed: needed_for(*most), based_on: u32::try_from(pulled.len()).unwrap_or(u32::MAX) })
}

/// Disk that a deployment will probably take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// At its peak.
    pub needed: Bytes,
    /// From how many deployments.
    pub based_on: u32,
}

#[cfg(test)]
mod tests {
    use super::{Estimate, Fit, KEEP_FREE, estimate, fits, needed_for};
    use crate::domain::bytes::Bytes;

    #[test]
    fn a_full_disk_says_what_is_missing() {
        assert_eq!(fits(Bytes(1000), Bytes(500)), Fit::Short { by: Bytes(500 + KEEP_FREE.0) });
    }

    #[test]
    fn an_estimate_is_the_most_that_was_pulled() {
        let pulled = [Bytes(5), Bytes(90), Bytes(7)];
        assert_eq!(estimate(&pulled), Some(Estimate { needed: needed_for(Bytes(90)), based_on: 3 }));
        assert_eq!(estimate(&[]), None);
    }

    #[test]
    fn nothing_to_pull_still_needs_the_reserve() {
        assert_eq!(fits(Bytes(0), Bytes(KEEP_FREE.0)), Fit::Tight);
        assert!(matches!(fits(Bytes(0), Bytes(KEEP_FREE.0 - 1)), Fit::Short { .. }));
        assert_eq!(fits(needed_for(Bytes(10_000_000)), Bytes(10_000_000_000)), Fit::Fits);
    }
}
