//! Scenarios: Plimsoll's rooms and commands against the lab.

mod docker;
mod registry;
mod support;
