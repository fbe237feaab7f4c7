//! Networks and volumes: whether there is one of that name.

use super::{Engine, Result, error::EngineError};

impl Engine {
    /// Whether there is a network with this name.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn has_network(&self, name: &str) -> Result<bool> {
        there(self.short("inspect a network", self.control().inspect_network(name, None)).await)
    }

    /// Whether there is a volume with this name.
    ///
    /// # Errors
    /// When the engine does not answer.
    pub async fn has_volume(&self, name: &str) -> Result<bool> {
        there(self.short("inspect a volume", self.control().inspect_volume(name)).await)
    }
}

fn there<T>(asked: Result<T>) -> Result<bool> {
    match asked {
        Ok(_) => Ok(true),
        Err(EngineError::NotFound { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}
