//! The lab, and what the scenarios share.
//!
//! Owns: a small world to test Plimsoll in. Must never know: how Plimsoll does its work.

pub mod bench;
pub mod desktop;
pub mod lab;
pub mod sshd;
