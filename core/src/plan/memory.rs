//! Whether old and new fit into a server's memory together.
//!
//! Owns: what must stay free, and the answer. Must never know: how the figures were measured.

use crate::domain::{bytes::Bytes, name::ServiceName};

/// What must stay available whatever happens.
pub const KEEP_FREE: Bytes = Bytes(64_000_000);
/// What a switch takes.
const SWITCH: Bytes = Bytes(25_000_000);

/// A service that is about to run twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twice {
    /// Which.
    pub service: ServiceName,
    /// What it uses now: the new one will use about as much.
    pub uses: Bytes,
    /// Whether it has a switch already.
    pub switched: bool,
}

/// What is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Short {
    /// Memory for every new one beside its old one.
    pub needed: Bytes,
    /// Memory that can be had.
    pub available: Bytes,
}

/// Whether all of them can run beside their old ones at the same time.
///
/// # Errors
/// The figures, when they cannot.
pub fn fits_twice(services: &[Twice], available: Bytes) -> Result<(), Short> {
    let of = |twice: &Twice| twice.uses.0 + if twice.switched { 0 } else { SWITCH.0 };
    let needed = Bytes(services.iter().map(of).fold(0, u64::saturating_add));
    if needed.0 == 0 || needed.0.saturating_add(KEEP_FREE.0) <= available.0 { Ok(()) } else { Err(Short { needed, available }) }
}

#[cfg(test)]
mod tests {
    use super::{Bytes, Short, Twice, fits_twice};

    fn twice(uses: u64, switched: bool) -> Twice {
        Twice { service: "api".parse().unwrap(), uses: Bytes(uses), switched }
    }

    #[test]
    fn all_new_ones_run_at_once() {
        let both = [twice(100_000_000, true), twice(50_000_000, true)];
        assert_eq!(fits_twice(&both, Bytes(214_000_000)), Ok(()));
        let short = Short { needed: Bytes(150_000_000), available: Bytes(213_999_999) };
        assert_eq!(fits_twice(&both, short.available), Err(short));
    }

    #[test]
    fn a_first_switch_counts_and_nothing_needs_nothing() {
        assert!(fits_twice(&[twice(100_000_000, false)], Bytes(188_000_000)).is_err());
        assert_eq!(fits_twice(&[], Bytes(0)), Ok(()));
    }
}
