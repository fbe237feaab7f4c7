//! What `plimsoll.toml` names and the Compose files lack.
//!
//! Owns: that comparison. Must never know: the file's syntax.

use super::{
    super::{
        finding::{Finding, FindingCode, Place},
        model::Model,
    },
    graph::did_you_mean,
};
use crate::domain::settings::Settings;

const FILE: &str = "plimsoll.toml";

/// Services and profiles that do not exist.
pub(super) fn names(model: &Model, settings: &Settings) -> Vec<Finding> {
    let place = Place::file(FILE);
    let known =
        |name: &str| model.services.iter().any(|s| s.name.as_str() == name) || model.inactive.iter().any(|i| i.name == name);
    let named = settings.services.keys().map(|name| (name, format!("[services.{name}]")));
    let release = settings.release_command.iter().map(|r| (&r.service, "[release]".to_owned()));
    let unknown = named.chain(release).filter(|(name, _)| !known(name.as_str())).map(|(name, table)| {
        let remedy = did_you_mean(name.as_str(), model.services.iter().map(|s| s.name.as_str()));
        Finding::error(FindingCode::UnknownService, &place, format!("{table} names {name}, which is no service"), remedy)
    });
    let used = |profile: &str| profile == "*" || model.services.iter().any(|s| s.profiles.iter().any(|p| p == profile));
    let idle = settings.profiles.iter().filter(|p| !used(p)).map(|profile| {
        let text = format!("the profile {profile} is switched on and no service has it");
        Finding::warning(FindingCode::UnknownProfile, &place, text, "Take it out of `profiles`, or mend its name.")
    });
    unknown.chain(idle).collect()
}
