//! Registries in words.
//!
//! Owns: their list, and what a check says. Must never know: passwords.

use plimsoll_core::domain::registry::{Registry, RegistryKind};

use super::{human::Now, neutral::neutral, table::Table};

/// All registries.
pub(crate) fn list(registries: &[Registry], now: &Now) -> Vec<String> {
    if registries.is_empty() {
        return vec!["No registries yet. Add one with `plimsoll registry add NAME oci HOST` or `… NAME ecr`.".to_owned()];
    }
    let mut table = Table::new(&["NAME", "KIND", "WHERE", "LOGIN", "ADDED"]);
    for registry in registries {
        let (kind, place, login) = described(&registry.kind);
        table.row([registry.name.as_str(), kind, &place, &login, &now.ago(registry.added)]);
    }
    table.lines()
}

/// A registry that answered.
pub(crate) fn checked(registry: &Registry) -> Vec<String> {
    let takes = match &registry.kind {
        RegistryKind::Oci { user: None, .. } => "asks for no login",
        RegistryKind::Oci { user: Some(_), .. } | RegistryKind::Ecr { .. } => "takes the login",
    };
    vec![format!("Registry {} answers and {takes}.", neutral(registry.name.as_str()))]
}

fn described(kind: &RegistryKind) -> (&'static str, String, String) {
    match kind {
        RegistryKind::Oci { host, prefix, user, plain_http } => {
            let plain = if *plain_http { " (plain HTTP)" } else { "" };
            ("oci", format!("{}{plain}", joined(host, prefix)), user.clone().unwrap_or_else(|| "none".to_owned()))
        }
        RegistryKind::Ecr { region, profile, prefix, endpoint } => {
            let place = endpoint.as_deref().or(region.as_deref()).unwrap_or("the profile's region");
            let profile = profile.as_ref().map_or_else(|| "AWS credentials".to_owned(), |p| format!("AWS profile {p}"));
            ("ecr", joined(place, prefix), profile)
        }
    }
}

fn joined(place: &str, prefix: &str) -> String {
    if prefix.is_empty() { place.to_owned() } else { format!("{place}/{prefix}") }
}
