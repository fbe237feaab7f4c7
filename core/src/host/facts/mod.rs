//! What is known of a machine, and what it lacks.
//!
//! Owns: asking a server about itself. Must never know: what will be deployed there.

mod gather;
mod load;
mod parse;
mod remedy;
mod requirements;

pub use gather::gather;
pub use load::{Load, load};
pub use requirements::requirements;

/// What a machine is for; it decides what it must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Releases run there.
    Serve,
    /// Images are built there.
    Build,
}
