//! Plimsoll on real parts: its rooms and commands against the lab, and the lab itself.

#![expect(clippy::unwrap_used, reason = "all of this is tests, their helpers included")]

mod build;
mod compose;
mod deploying;
mod docker;
mod host;
mod host_lab;
mod lab_itself;
mod leftovers;
mod load;
mod registry;
mod runner;
mod shared;
mod store;
mod support;
mod switch;
