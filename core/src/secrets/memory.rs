//! Secrets of this process only.
//!
//! Owns: what was asked for because no keychain could keep it. Must never know: any disk.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;

use super::{SecretKey, Secrets, SecretsError};
use crate::domain::secret::Secret;

/// Kept until the process ends.
#[derive(Default)]
pub struct MemorySecrets(Mutex<HashMap<SecretKey, Secret>>);

impl MemorySecrets {
    fn with<T>(&self, act: impl FnOnce(&mut HashMap<SecretKey, Secret>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Secrets for MemorySecrets {
    async fn get(&self, key: &SecretKey) -> Result<Option<Secret>, SecretsError> {
        Ok(self.with(|kept| kept.get(key).cloned()))
    }

    async fn set(&self, key: &SecretKey, secret: &Secret) -> Result<(), SecretsError> {
        self.with(|kept| kept.insert(key.clone(), secret.clone()));
        Ok(())
    }

    async fn delete(&self, key: &SecretKey) -> Result<(), SecretsError> {
        self.with(|kept| kept.remove(key));
        Ok(())
    }
}

impl fmt::Debug for MemorySecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemorySecrets(…)")
    }
}
