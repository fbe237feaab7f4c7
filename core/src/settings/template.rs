//! A first `plimsoll.toml`.
//!
//! Owns: its text. Must never know: where it is put.

use std::fmt::Write as _;

use crate::{
    compose::{self, Healthcheck, Model},
    domain::{name::EnvironmentName, settings::Settings},
};

/// A small, commented first file: what `settings` says already, and, commented out, what this project could say.
#[must_use]
pub fn template(model: &Model, settings: &Settings) -> String {
    let mut text = String::from(
        "# How Plimsoll ships this project. It belongs in the repository; secrets and this laptop's own setup do not.\n\n",
    );
    top(&mut text, settings);
    text.push_str(
        "# Who builds the images: \"build-vm\" (a server with buildx), \"github-actions\" or \"local\".\n\
         # [builder]\n# kind = \"build-vm\"\n# server = \"NAME\"                # from `plimsoll server list`\n\n",
    );
    environments(&mut text, settings);
    services(&mut text, model);
    text.push_str(
        "# A command that runs once per release in the new image, before anything is swapped (migrations).\n\
         # [release]\n# service = \"NAME\"\n# command = [\"./migrate\"]\n",
    );
    let _ = model;
    text
}

fn top(text: &mut String, settings: &Settings) {
    let list = |items: &[String]| items.iter().map(|i| format!("{i:?}")).collect::<Vec<_>>().join(", ");
    if !settings.compose_files.is_empty() {
        let _ = writeln!(text, "compose = [{}]", list(&settings.compose_files));
    }
    if !settings.profiles.is_empty() {
        let _ = writeln!(text, "profiles = [{}]", list(&settings.profiles));
    }
    match &settings.registry {
        Some(name) => drop(writeln!(text, "registry = {:?}\n", name.as_str())),
        None => text.push_str("# registry = \"NAME\"              # from `plimsoll registry list`\n\n"),
    }
}

fn environments(text: &mut String, settings: &Settings) {
    let production = EnvironmentName::production();
    let _ = writeln!(text, "# Where it runs.\n# [environments.{production}]");
    let _ = settings;
}

fn services(text: &mut String, model: &Model) {
    for service in &model.services {
        if compose::is_worker(service) || service.healthcheck == Healthcheck::Declared {
            continue;
        }
        let _ = writeln!(text, "# [services.{}]", service.name);
    }
}
