//! `plimsoll.toml` of a project: reading it, and changing it without touching the user's comments.
//!
//! Owns: finding what differs. Must never know: TOML.

use std::path::PathBuf;

use serde::Serialize;

use super::{Session, world::load_settings};
use crate::{
    domain::settings::{ServiceSettings, Settings},
    problem::{Code, Problem},
    settings::{self, Change},
};

/// What a project's `plimsoll.toml` says.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ProjectSettings {
    /// The file.
    pub path: PathBuf,
    /// Whether it exists.
    pub exists: bool,
    /// Its values, defaults included.
    pub settings: Settings,
    /// Its text as it is.
    pub text: String,
}

/// The settings of a project.
///
/// # Errors
/// When there is no such project or its file cannot be read.
pub async fn read(session: &Session, project: &str) -> Result<ProjectSettings, Problem> {
    let project = session.store.projects().named(project).await?;
    let settings = load_settings(&project).await?;
    let path = project.path.join(settings::FILE);
    let text = tokio::fs::read_to_string(&path).await.ok();
    Ok(ProjectSettings { exists: text.is_some(), text: text.unwrap_or_default(), settings, path })
}

/// Writes the settings of a project; what is as before stays as it is written, with its comments.
///
/// # Errors
/// When there is no such project, or the file cannot be read or written, or would say what is not allowed.
pub async fn write(session: &Session, project: &str, wanted: Settings) -> Result<ProjectSettings, Problem> {
    let found = session.store.projects().named(project).await?;
    let now = load_settings(&found).await?;
    let (path, changes) = (found.path.join(settings::FILE), changes(&now, &wanted));
    let written = tokio::task::spawn_blocking(move || settings::save(&path, &changes)).await;
    written
        .map_err(|error| Problem::new(Code::Internal, "Writing plimsoll.toml broke off", error.to_string(), "Try again."))??;
    read(session, project).await
}

/// The changes that lead from one to the other.
fn changes(from: &Settings, to: &Settings) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut note = |differs: bool, change: Change| {
        if differs {
            changes.push(change);
        }
    };
    note(from.compose_files != to.compose_files, Change::ComposeFiles(to.compose_files.clone()));
    note(from.profiles != to.profiles, Change::Profiles(to.profiles.clone()));
    note(from.registry != to.registry, Change::Registry(to.registry.clone()));
    note(from.builder != to.builder, Change::Builder(to.builder.clone()));
    for (name, place) in &to.environments {
        note(from.environments.get(name) != Some(place), Change::Environment(name.clone(), place.clone()));
    }
    for name in from.environments.keys() {
        note(!to.environments.contains_key(name), Change::RemoveEnvironment(name.clone()));
    }
    for (name, service) in &to.services {
        let before = from.services.get(name).cloned().unwrap_or_default();
        note(before != *service, Change::Service(name.clone(), service.clone()));
    }
    for name in from.services.keys() {
        note(!to.services.contains_key(name), Change::Service(name.clone(), ServiceSettings::default()));
    }
    note(from.release_command != to.release_command, Change::ReleaseCommand(to.release_command.clone()));
    changes
}

#[cfg(test)]
mod tests {
    use super::{Settings, changes, settings};

    /// A comment, an environment, a service.
    const BEFORE: &str =
        "# ours\nregistry = \"hub\" # here\n\n[environments.production]\nserver = \"web\"\n\n[services.api]\ndrain = \"5s\"\n";

    fn after(change: impl Fn(&mut Settings)) -> String {
        let before = settings::parse(BEFORE).unwrap();
        let mut wanted = before.clone();
        change(&mut wanted);
        let text = settings::edit(BEFORE, &changes(&before, &wanted)).unwrap();
        assert_eq!(settings::parse(&text).unwrap(), wanted);
        text
    }

    #[test]
    fn nothing_changed_means_nothing_written() {
        assert_eq!(after(|_| ()), BEFORE);
    }

    #[test]
    fn what_differs_is_written_and_comments_stay() {
        let text = after(|settings| {
            settings.registry = Some("ecr".parse().unwrap());
            settings.services.clear();
            settings.environments.values_mut().for_each(|place| place.keep = 9);
        });
        assert!(text.starts_with("# ours\nregistry = \"ecr\" # here\n") && text.contains("keep = 9"), "{text}");
    }

    #[test]
    fn environments_come_and_go() {
        let text = after(|settings| {
            let place = settings.environments.pop_first().unwrap().1;
            settings.environments.insert("staging".parse().unwrap(), place);
        });
        assert!(text.contains("[environments.staging]") && !text.contains("production"), "{text}");
    }
}
