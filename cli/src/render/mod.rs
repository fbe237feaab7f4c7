//! Results in words for people.
//!
//! Owns: every text that is neither help nor JSON. Must never know: how a result was obtained.

pub(crate) mod builds;
pub(crate) mod ecr;
pub(crate) mod ending;
pub(crate) mod github;
pub(crate) mod history;
pub(crate) mod human;
pub(crate) mod live;
pub(crate) mod machine;
pub(crate) mod neutral;
pub(crate) mod plain;
pub(crate) mod plan;
pub(crate) mod problem;
pub(crate) mod project;
pub(crate) mod question;
pub(crate) mod registry;
pub(crate) mod row;
pub(crate) mod server;
pub(crate) mod status;
pub(crate) mod story;
pub(crate) mod style;
pub(crate) mod table;
pub(crate) mod variables;
pub(crate) mod view;
pub(crate) mod workflow;

#[cfg(test)]
mod tests;
