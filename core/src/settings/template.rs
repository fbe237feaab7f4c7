//! A first `plimsoll.toml`.
//!
//! Owns: its text. Must never know: where it is put.

use std::fmt::Write as _;

use super::{
    SettingsError,
    edit::{Change, edit},
};
use crate::{
    compose::{self, Healthcheck, Model, ServiceModel},
    domain::{name::EnvironmentName, settings::Settings},
};

const HEAD: &str = "\
# How Plimsoll ships this project. This file belongs in the repository; secrets and what belongs to one laptop do not.

";
const TAIL: &str = "
# A command that runs once per release, in the new image, before anything is swapped (migrations).
# [release]
# service = \"NAME\"
# command = [\"./migrate\"]
";

/// A small, commented first file: what `settings` says already, and, commented out, what this project is likely to add.
///
/// # Errors
/// When `settings` says something that the file's own rules refuse.
pub fn template(model: &Model, settings: &Settings) -> Result<String, SettingsError> {
    let mut text = format!("{HEAD}{}", edit("", &changes(settings))?);
    hints(&mut text, settings);
    for service in &model.services {
        probe_hint(&mut text, service, settings);
    }
    if settings.release_command.is_none() {
        text.push_str(TAIL);
    }
    Ok(text)
}

fn changes(settings: &Settings) -> Vec<Change> {
    let mut changes = vec![
        Change::ComposeFiles(settings.compose_files.clone()),
        Change::Profiles(settings.profiles.clone()),
        Change::Registry(settings.registry.clone()),
        Change::Builder(settings.builder.clone()),
        Change::ReleaseCommand(settings.release_command.clone()),
    ];
    changes.extend(settings.environments.iter().map(|(name, own)| Change::Environment(name.clone(), own.clone())));
    changes.extend(settings.services.iter().map(|(name, own)| Change::Service(name.clone(), own.clone())));
    changes
}

/// What every project needs and this file does not say yet.
fn hints(text: &mut String, settings: &Settings) {
    if settings.registry.is_none() {
        // Top-level keys have to stand before the first table, even as comments that somebody uncomments.
        let at = text.find("\n[").map_or(text.len(), |at| at + 1);
        text.insert_str(at, "# registry = \"NAME\"            # where images are pushed: plimsoll registry list\n\n");
    }
    if settings.builder.is_none() {
        text.push_str(
            "\n# Who builds the images: \"build-vm\" (a server with buildx), \"github-actions\" or \"local\".\n\
             # [builder]\n# kind = \"build-vm\"\n# server = \"NAME\"              # plimsoll server list\n",
        );
    }
    if settings.environments.is_empty() {
        let name = EnvironmentName::production();
        let _ = write!(
            text,
            "\n# Where it runs. `expect` proves which release answers, if the app says so.\n# [environments.{name}]\n\
             # server = \"NAME\"\n# url = \"https://example.com\"\n# expect = \"{{release}}\"\n# soak = \"60s\"\n# keep = 5\n",
        );
    }
}

/// A probe for a service that has a port and nothing that says when it is ready.
fn probe_hint(text: &mut String, service: &ServiceModel, settings: &Settings) {
    let unprobed = service.healthcheck != Healthcheck::Declared && !settings.services.contains_key(&service.name);
    let port = service.ports.iter().find_map(|p| p.target).or(service.told_ports().next());
    let Some(port) = port.filter(|_| unprobed && service.build.is_some() && !compose::is_worker(service)) else { return };
    let _ = write!(
        text,
        "\n# [services.{}]\n# probe = {{ http = \"/health\", port = {port} }}   # else: its port accepts connections\n",
        quoted(service.name.as_str()),
    );
}

/// A name as a TOML key.
fn quoted(name: &str) -> String {
    if name.contains('.') { format!("\"{name}\"") } else { name.to_owned() }
}
