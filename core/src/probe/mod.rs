//! Asking the public URL from outside, as a user would.
//!
//! Owns: one try and a series of tries. Must never know: servers, containers, the runner (which probes from the inside by
//! itself).

mod public;

pub use public::{Answer, ProbeError, PublicProbe};
