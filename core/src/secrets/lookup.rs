//! Where the password of a registry is looked for, in order.
//!
//! Owns: the order, and saying what was looked at. Must never know: how a password is used.

use super::{DockerLogins, SecretKey, Secrets, SecretsError};
use crate::domain::{name::Name, registry::Registry, secret::Secret};

/// The places to look at.
pub struct Lookup<'a> {
    /// Reads an environment variable.
    pub variables: &'a (dyn Fn(&str) -> Option<String> + Sync),
    /// What was asked for in this process.
    pub memory: &'a dyn Secrets,
    /// The keychain.
    pub keychain: &'a dyn Secrets,
    /// Docker's own stores, where there are any.
    pub docker: Option<&'a DockerLogins>,
}

/// A password and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The user that goes with it, where the place knows one.
    pub user: Option<String>,
    /// The password.
    pub password: Secret,
    /// Where it was.
    pub origin: Origin,
}

/// A place where a password can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// An environment variable, see [`variable`].
    Variable,
    /// This process's memory.
    Memory,
    /// The keychain.
    Keychain,
    /// One of Docker's credential helpers or its configuration file.
    Docker,
}

/// The variable of a registry: `my-hub` is `PLIMSOLL_REGISTRY_MY_HUB_PASSWORD`.
#[must_use]
pub fn variable(registry: &Name) -> String {
    let name: String =
        registry.as_str().chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    format!("PLIMSOLL_REGISTRY_{name}_PASSWORD")
}

impl Lookup<'_> {
    /// The password of a registry on this host: the variable, this process's memory, the keychain, Docker. A
    /// place that fails is noted and the next one is asked.
    ///
    /// # Errors
    /// [`SecretsError::Missing`] when no place knows it.
    pub async fn registry(&self, registry: &Registry, host: &str) -> Result<Found, SecretsError> {
        let (variable, key) = (variable(&registry.name), SecretKey::registry(registry.id));
        if let Some(password) = (self.variables)(&variable).filter(|value| !value.is_empty()) {
            return Ok(Found { user: None, password: Secret::new(password), origin: Origin::Variable });
        }
        let mut looked_at = vec![format!("the variable {variable} (not set)")];
        if let Ok(Some(password)) = self.memory.get(&key).await {
            return Ok(Found { user: None, password, origin: Origin::Memory });
        }
        match self.keychain.get(&key).await {
            Ok(Some(password)) => return Ok(Found { user: None, password, origin: Origin::Keychain }),
            Ok(None) => looked_at.push("the keychain (no entry)".to_owned()),
            Err(error) => looked_at.push(format!("the keychain ({error})")),
        }
        if let Some(docker) = self.docker {
            match docker.get(host).await {
                Ok(Some(login)) => {
                    return Ok(Found { user: Some(login.user), password: login.password, origin: Origin::Docker });
                }
                Ok(None) => looked_at.push(format!("{} (no login for {host})", docker.path().display())),
                Err(error) => looked_at.push(error.to_string()),
            }
        }
        Err(SecretsError::Missing { registry: registry.name.to_string(), variable, looked_at: looked_at.join(", ") })
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use jiff::Timestamp;

    use super::{Lookup, Origin, variable};
    use crate::{
        domain::{
            id::RegistryId,
            registry::{Registry, RegistryKind},
            secret::Secret,
        },
        secrets::{MemorySecrets, SecretKey, Secrets, SecretsError},
    };

    /// A keychain that nobody unlocks.
    struct Locked;

    #[async_trait]
    impl Secrets for Locked {
        async fn get(&self, _: &SecretKey) -> Result<Option<Secret>, SecretsError> {
            Err(SecretsError::Locked("shut".into()))
        }
        async fn set(&self, _: &SecretKey, _: &Secret) -> Result<(), SecretsError> {
            Err(SecretsError::Locked("shut".into()))
        }
        async fn delete(&self, _: &SecretKey) -> Result<(), SecretsError> {
            Err(SecretsError::Locked("shut".into()))
        }
    }

    fn hub() -> Registry {
        let kind = RegistryKind::Oci { host: "r.test".into(), prefix: String::new(), user: None, plain_http: false };
        Registry { id: RegistryId::new(), name: "my hub-2".parse().unwrap(), kind, added: Timestamp::UNIX_EPOCH }
    }

    #[tokio::test]
    async fn the_variable_comes_first() {
        let (hub, memory) = (hub(), MemorySecrets::default());
        memory.set(&SecretKey::registry(hub.id), &Secret::new("from memory")).await.unwrap();
        let set = |name: &str| (name == "PLIMSOLL_REGISTRY_MY_HUB_2_PASSWORD").then(|| "from env".to_owned());
        let found = Lookup { variables: &set, memory: &memory, keychain: &Locked, docker: None }.registry(&hub, "r.test").await;
        let found = found.unwrap();
        assert_eq!((found.password.reveal(), found.origin), ("from env", Origin::Variable));
        assert_eq!(variable(&hub.name), "PLIMSOLL_REGISTRY_MY_HUB_2_PASSWORD");
    }

    #[tokio::test]
    async fn a_locked_keychain_is_no_dead_end_and_is_named() {
        let (hub, memory) = (hub(), MemorySecrets::default());
        let unset = |_: &str| None;
        let lookup = Lookup { variables: &unset, memory: &memory, keychain: &Locked, docker: None };
        let error = lookup.registry(&hub, "r.test").await.unwrap_err().to_string();
        assert!(error.contains("locked: shut") && error.contains("PLIMSOLL_REGISTRY_MY_HUB_2_PASSWORD"), "{error}");
        memory.set(&SecretKey::registry(hub.id), &Secret::new("asked")).await.unwrap();
        assert_eq!(lookup.registry(&hub, "r.test").await.unwrap().origin, Origin::Memory);
    }
}
