//! Where a project runs, resolved: names replaced by the things they name.
//!
//! Owns: the identity of an environment and of the folders it has on its server. Must never know: how they are reached.

use serde::{Deserialize, Serialize};

use super::{
    id::ProjectId,
    name::{EnvironmentName, StackName},
};

/// One environment of one project: the key under which releases and deployments are kept.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct EnvironmentKey {
    /// The project.
    pub project: ProjectId,
    /// The environment's name in `plimsoll.toml`.
    pub name: EnvironmentName,
}

/// The folders of an environment on its server, all below `~/.plimsoll/stacks/<stack>`.
/// Paths are relative to the login user's home; the host room resolves them once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folders {
    root: String,
}

impl Folders {
    /// The folders of a stack, below the home folder that the server reported (absolute).
    #[must_use]
    pub fn new(home: &str, stack: &StackName) -> Self {
        Self { root: format!("{}/.plimsoll/stacks/{stack}", home.trim_end_matches('/')) }
    }

    /// Programs of ours that all environments on that server share, named by their content.
    #[must_use]
    pub fn bin(&self) -> String {
        let plimsoll = self.root.rsplitn(3, '/').last().unwrap_or_default();
        format!("{plimsoll}/bin")
    }

    /// Everything of this environment.
    #[must_use]
    pub fn root(&self) -> &str {
        &self.root
    }

    /// What never moves: `.env`, untracked files, relative bind mounts that git does not track.
    #[must_use]
    pub fn fixed(&self) -> String {
        format!("{}/fixed", self.root)
    }

    /// What the stack's switches read: their configurations, which colours serve, and the sockets that turn them.
    #[must_use]
    pub fn switches(&self) -> String {
        format!("{}/switch", self.root)
    }

    /// One release: `files/` (read-only, from git), `compose.json` (rendered), `.env` (as it was), `release.json`.
    #[must_use]
    pub fn release(&self, release: &str) -> String {
        format!("{}/releases/{release}", self.root)
    }

    /// One deployment: `in/` (data for the runner), `journal`, `log`.
    #[must_use]
    pub fn deployment(&self, deployment: &str) -> String {
        format!("{}/deployments/{deployment}", self.root)
    }

    /// What was delivered under this name (a deployment's id) while it is worked on.
    #[must_use]
    pub fn work(&self, name: &str) -> String {
        format!("{}/work/{name}", self.root)
    }

    /// The lock's folder; it exists while somebody holds it.
    #[must_use]
    pub fn lock(&self) -> String {
        format!("{}/lock", self.root)
    }

    /// A file with the id of the release that serves, replaced by rename.
    #[must_use]
    pub fn current(&self) -> String {
        format!("{}/current", self.root)
    }
}
