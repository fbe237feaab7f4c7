//! Asking the public URL from outside, as a user would.
//!
//! Owns: one try, a series of tries, and what they mean. Must never know: servers, containers, the runner
//! (which probes from the inside by itself).

mod judge;
mod public;

pub use judge::{Answer, Judge, Terms};
pub use public::{ProbeError, PublicProbe};
