//! What the user chose for a workflow.
//!
//! Owns: the choices, and writing them down in the file itself, so that making it again asks nothing twice.
//! Must never know: how a choice is carried out.

use serde::{Deserialize, Serialize};

/// What begins the line that remembers the choices.
const LINE: &str = "# choices: ";

/// What may be chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Choices {
    /// How the run logs in to ECR.
    pub login: Login,
    /// Where images for another architecture than the usual runner's are built.
    pub runner: Runner,
    /// Where layers are kept between runs.
    pub cache: Cache,
    /// Whether the runner's disk is cleared first.
    pub room: Room,
    /// The branch whose pushes are built; `None` builds only when asked.
    pub branch: Option<String>,
}

/// How the run logs in to ECR.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Login {
    /// A role that trusts exactly this repository and environment; `None` is the one named after project and environment.
    Role(Option<String>),
    /// Access keys, as secrets of the repository.
    Keys,
}

impl Default for Login {
    fn default() -> Self {
        Self::Role(None)
    }
}

/// Where images for another architecture are built.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Runner {
    /// On a runner of that architecture, where GitHub has one.
    #[default]
    Native,
    /// On the usual one, under emulation.
    Emulate,
}

/// Where layers are kept between runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cache {
    /// At GitHub, one scope for each service.
    #[default]
    Gha,
    /// In the registry, beside the images.
    Registry,
}

/// Whether the runner's disk is cleared first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Room {
    /// It suffices as it is.
    #[default]
    AsItIs,
    /// Images are large: what the runner brings along goes first.
    Cleared,
}

impl Choices {
    /// The choices with which a file was made; `None` where it does not say, or not in words of this version.
    #[must_use]
    pub fn of(file: &str) -> Option<Self> {
        let line = file.lines().find_map(|line| line.strip_prefix(LINE))?;
        serde_json::from_str(line.trim()).ok()
    }

    /// The line that remembers them.
    pub(super) fn line(&self) -> String {
        // Texts and words alone: nothing in here can fail to be written.
        format!("{LINE}{}\n", serde_json::to_string(self).unwrap_or_default())
    }
}
