//! From what is wanted and what was observed to a plan. Pure.
//!
//! Owns: every decision that needs no machine. Must never know: how anything is observed or carried out.

pub mod deploy;
pub mod ecr_cleanup;
pub mod fit;
pub mod gate;
pub mod images;
pub mod memory;
pub mod room;
pub mod strategy;
