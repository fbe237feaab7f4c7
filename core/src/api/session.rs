//! What every act shares: the store, the secrets and someone to ask.
//!
//! Owns: opening them. Must never know: any single act.

use std::{path::PathBuf, sync::Arc};

use super::Ask;
use crate::problem::Problem;

/// How a session is opened.
pub struct SessionOptions {
    /// Where this laptop's data lives; `None` takes `PLIMSOLL_HOME` or the platform's own folder.
    pub home: Option<PathBuf>,
    /// Who is asked.
    pub ask: Arc<dyn Ask>,
}

/// The open store, the connections made so far, and someone to ask.
#[expect(dead_code, reason = "the acts come next")]
pub struct Session {
    pub(super) ask: Arc<dyn Ask>,
    /// A sentence for the user when the database had to be restored from a backup.
    pub notice: Option<String>,
}

impl Session {
    /// Opens this laptop's data.
    ///
    /// # Errors
    /// When the database is newer than this program or cannot be opened.
    pub async fn open(options: SessionOptions) -> Result<Self, Problem> {
        Ok(Self { ask: options.ask, notice: None })
    }
}
