//! What storage costs a month, as an estimate. Pure.

use serde::Serialize;

use crate::domain::bytes::Bytes;

/// What AWS asked for a GB-month of private storage in most regions when this was written. Free tiers, taxes, transfer and
/// archived images are left out, which is why it is called an estimate wherever it is shown.
const CENTS_PER_GB: u64 = 10;

/// Dollars a month, about.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// US dollars a month.
    pub usd_per_month: f64,
    /// The price it is worked out with: US dollars for a GB a month.
    pub usd_per_gb: f64,
}

impl Estimate {
    /// Of so many bytes.
    #[must_use]
    pub fn of(bytes: Bytes) -> Self {
        let usd_per_gb = CENTS_PER_GB as f64 / 100.0;
        Self { usd_per_month: bytes.0 as f64 / 1e9 * usd_per_gb, usd_per_gb }
    }
}

#[cfg(test)]
mod tests {
    use super::{Bytes, Estimate};

    #[test]
    fn a_hundred_gigabytes_are_about_ten_dollars() {
        assert!((Estimate::of(Bytes(100_000_000_000)).usd_per_month - 10.0).abs() < 1e-9);
        assert!(Estimate::of(Bytes(0)).usd_per_month.abs() < 1e-9);
    }
}
