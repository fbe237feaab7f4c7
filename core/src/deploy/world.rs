//! Everything that one deployment works with, and what is asked of it.
//!
//! Owns: nothing but the bundle. Must never know: how its parts were found or opened.

use std::{collections::BTreeSet, sync::Arc};

use serde::Deserialize;

use super::{logins::Registries, machine::Machine, way_back::Accepts};
use crate::{
    build::Builder,
    domain::{
        environment::EnvironmentKey,
        name::ServiceName,
        project::Project,
        release::ReleaseId,
        settings::{EnvironmentSettings, Settings},
    },
    registry,
    store::Store,
};

/// What one deployment works with.
#[derive(Clone)]
pub struct World {
    /// This laptop's memory.
    pub store: Store,
    /// The project.
    pub project: Project,
    /// What `plimsoll.toml` says.
    pub settings: Settings,
    /// Where to, as a key.
    pub environment: EnvironmentKey,
    /// Where to, as `plimsoll.toml` has it.
    pub place: EnvironmentSettings,
    /// The server.
    pub server: Machine,
    /// Who builds; `None` when nothing is built (a rollback, only pulled services).
    pub builder: Option<Arc<dyn Builder>>,
    /// Where images go; `None` when nothing is built.
    pub registry: Option<Arc<registry::Client>>,
    /// Every registry that the user added: base images and pulled ones may live in another than the project's.
    pub registries: Arc<dyn Registries>,
    /// Who may accept that there is no way back.
    pub person: Arc<dyn Accepts>,
    /// Who deploys, for the lock: `user@laptop`.
    pub who: String,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What becomes live.
    pub what: What,
    /// Only these services; empty means all.
    pub services: BTreeSet<ServiceName>,
    /// Pulled services whose reference is resolved anew.
    pub refresh: BTreeSet<ServiceName>,
    /// Whether it must be possible to go back.
    pub undo: Undo,
}

/// Whether a deployment must be undoable.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Undo {
    /// Refused unless every image of the serving release is there or can be pulled again.
    #[default]
    Required,
    /// Where it is not possible a person is asked, and nothing has changed yet; a no cancels.
    Asked,
    /// The user accepts that there is no way back.
    Waived,
}

/// What becomes live.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A commit, branch or tag.
    Commit(String),
    /// Tracked changes and untracked files that git does not ignore.
    WorkTree,
    /// A restorable release; `None` takes the one that served before the current one.
    Release(Option<ReleaseId>),
}
