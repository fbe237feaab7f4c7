//! How the user wants the app to be.
//!
//! Owns: reading and changing that. Must never know: windows.

use super::Session;
use crate::{
    domain::preferences::ZOOM,
    problem::{Code, Problem},
};

pub use crate::domain::preferences::{Preferences, Theme};

/// The preferences of this laptop's app.
///
/// # Errors
/// When the store cannot be read.
pub async fn read(session: &Session) -> Result<Preferences, Problem> {
    Ok(session.store.preferences().read().await?)
}

/// Replaces them.
///
/// # Errors
/// When a value is out of its range or the store cannot be written.
pub async fn write(session: &Session, preferences: &Preferences) -> Result<(), Problem> {
    if !ZOOM.contains(&preferences.zoom) {
        return Err(Problem::new(
            Code::InvalidInput,
            format!("A zoom of {} % is not possible", preferences.zoom),
            format!("it goes from {} to {} %", ZOOM.start(), ZOOM.end()),
            "Choose another one.",
        ));
    }
    Ok(session.store.preferences().write(preferences).await?)
}
