//! What is wrong or odd in a Compose file that can be read.
//!
//! Owns: the list of rules. Must never know: servers.

use super::{finding::Finding, model::Model};
use crate::domain::settings::Settings;

/// Every finding, errors first, then by place.
#[must_use]
pub fn check(model: &Model, settings: &Settings) -> Vec<Finding> {
    let _ = settings;
    model.noticed.clone()
}
