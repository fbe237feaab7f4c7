//! The room on real repositories.

mod content;
mod opening;
mod packs;
mod snapshots;
