//! Chance that can be repeated.
//!
//! Owns: numbers that follow from the seed and a name. Must never know: what they are for.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// The one of everybody who sets no other.
const SEED: u64 = 7;

/// The seed of this run.
pub(super) fn seed() -> u64 {
    std::env::var("PLIMSOLL_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(SEED)
}

/// A number below `end` that follows from the seed and this name.
pub(super) fn below(end: u64, name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (seed(), name).hash(&mut hasher);
    hasher.finish() % end
}
