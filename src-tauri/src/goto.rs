//! Where the page shall go: from a notification or from the tray.
//!
//! Owns: the places. Must never know: routes.

use plimsoll_core::domain::{id::DeploymentId, name::Name};
use serde::{Deserialize, Serialize};
use specta::Type;
use tauri::{AppHandle, Manager as _};
use tauri_specta::Event;

use crate::{state::Desktop, window};

/// A place in the app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case", tag = "to")]
pub(crate) enum Goto {
    /// A deployment's page.
    Deployment {
        /// Which.
        id: DeploymentId,
    },
    /// A project's page.
    Project {
        /// Its name.
        name: Name,
    },
    /// A project's page with the question whether to roll back.
    RollBack {
        /// Its name.
        name: Name,
    },
}

/// Tells the page that somewhere to go waits for it (`goto_take`).
#[derive(Debug, Clone, Serialize, Deserialize, Type, Event)]
pub(crate) struct Going;

/// Brings the window forward at a place. A page that is made anew asks for the place itself.
pub(crate) fn go(app: &AppHandle, place: Goto) {
    *app.state::<Desktop>().goto.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(place);
    window::show(app);
    let _ = Going.emit(app);
}
