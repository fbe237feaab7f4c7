//! Registries: adding, listing, forgetting.
//!
//! Owns: those acts, and opening a registry with its password. Must never know: registry protocols.

use std::{env, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;

use super::{
    Question, Session,
    names::{consent, name},
};
use crate::{
    deploy::Registries,
    domain::{
        id::RegistryId,
        name::Name,
        registry::{Registry, RegistryKind},
        secret::Secret,
    },
    problem::{Code, Problem},
    registry::{Client, canonical_host},
    secrets::{DockerLogins, Keychain, Lookup, SecretKey, Secrets as _, SecretsError, variable},
};

pub use crate::secrets::KeychainState;

/// A registry that was added.
#[derive(Debug, Clone, serde::Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Added {
    /// The registry.
    pub registry: Registry,
    /// The password could not be kept: where to give it next time.
    pub note: Option<String>,
}

/// Adds a registry after logging in to it once. A given password goes to the keychain; without a keychain it is
/// kept for this process only and the answer says so.
///
/// # Errors
/// When the name is taken, the registry does not answer or refuses the login.
pub async fn add(session: &Session, name: &str, kind: RegistryKind, password: Option<Secret>) -> Result<Added, Problem> {
    let name = super::names::name("registry", name)?;
    if session.store.registries().find(name.as_str()).await?.is_some() {
        return Err(Problem::new(
            Code::AlreadyExists,
            format!("There is a registry called {name} already"),
            "names are unique on this laptop",
            "Choose another name, or remove that one first.",
        ));
    }
    refuse_address(&kind)?;
    let registry = Registry { id: RegistryId::new(), name, kind, added: Timestamp::now() };
    let password = match password {
        Some(password) => Some(password),
        None => looked_up(session, &registry).await.ok().flatten(),
    };
    Client::open(&registry, password.clone()).await?.check().await?;
    let note = match &password {
        Some(password) => keep(session, &registry, password).await,
        None => None,
    };
    session.store.registries().add(&registry).await?;
    Ok(Added { registry, note })
}

/// All registries by name.
///
/// # Errors
/// When the store cannot be read.
pub async fn list(session: &Session) -> Result<Vec<Registry>, Problem> {
    Ok(session.store.registries().list().await?)
}

/// Logs in to a registry once, to see that it answers and takes the password.
///
/// # Errors
/// When there is no such registry, it does not answer or refuses the login.
pub async fn check(session: &Session, registry: &str) -> Result<Registry, Problem> {
    let registry = session.store.registries().named(registry).await?;
    Client::open(&registry, looked_up(session, &registry).await?).await?.check().await?;
    Ok(registry)
}

/// Replaces a registry's password after logging in with it once; kept as by [`add`].
///
/// # Errors
/// When there is no such registry, it does not answer or refuses the login.
pub async fn set_password(session: &Session, registry: &str, password: Secret) -> Result<Added, Problem> {
    let registry = session.store.registries().named(registry).await?;
    Client::open(&registry, Some(password.clone())).await?.check().await?;
    let note = keep(session, &registry, &password).await;
    Ok(Added { registry, note })
}

/// Changes what a registry is and where, after logging in to it once; its name and its id stay. A given password replaces the
/// one that is kept; without one the kept one must do, unless there is no user any more.
///
/// # Errors
/// When there is no such registry, it would become one of another kind, or it does not answer or refuses the login.
pub async fn edit(session: &Session, registry: &str, kind: RegistryKind, password: Option<Secret>) -> Result<Added, Problem> {
    let known = session.store.registries().named(registry).await?;
    if std::mem::discriminant(&known.kind) != std::mem::discriminant(&kind) {
        return Err(another_kind(&known));
    }
    refuse_address(&kind)?;
    let wanted = Registry { kind, ..known };
    let found = match password.clone() {
        Some(password) => Some(password),
        None => looked_up(session, &wanted).await?,
    };
    Client::open(&wanted, found).await?.check().await?;
    let changed = session.store.registries().change(wanted.id, |registry| registry.kind = wanted.kind.clone()).await?;
    session.registries.lock().await.remove(&changed.id);
    let note = match &password {
        Some(password) => keep(session, &changed, password).await,
        None => None,
    };
    Ok(Added { registry: changed, note })
}

fn another_kind(registry: &Registry) -> Problem {
    Problem::new(
        Code::InvalidInput,
        format!("{} stays what it is", registry.name),
        "an OCI registry does not become an ECR one, nor the other way round",
        "Add the other one under a name of its own.",
    )
}

/// A registry is named as images begin, without a scheme.
fn refuse_address(kind: &RegistryKind) -> Result<(), Problem> {
    let RegistryKind::Oci { host, .. } = kind else { return Ok(()) };
    let Some((scheme, rest)) = host.split_once("://") else { return Ok(()) };
    let rest = rest.trim_end_matches('/');
    let hint = match scheme {
        "http" => format!("Give {rest} as the host, and say that it speaks plain HTTP (`--plain-http`)."),
        _ => format!("Give {rest} as the host: TLS is what is spoken anyway."),
    };
    let title = format!("`{}` is no registry's host", host.escape_debug());
    Err(Problem::new(Code::InvalidInput, title, "a host has no scheme: images are named `host/prefix/name`", hint))
}

/// Whether the keychain can be used; without it passwords are kept in memory until Plimsoll ends.
pub async fn keychain() -> KeychainState {
    Keychain.state().await
}

/// Forgets a registry and its password; nothing in the registry changes. Asks first.
///
/// # Errors
/// When there is no such registry or the answer was no.
pub async fn remove(session: &Session, registry: &str) -> Result<Name, Problem> {
    let registry = session.store.registries().named(name("registry", registry)?.as_str()).await?;
    let consequences = vec!["Images in it stay; its password is forgotten.".to_owned()];
    let what = format!("the registry {}", registry.name);
    consent(session, Question::Delete { what, consequences, typed: None }).await?;
    let key = SecretKey::registry(registry.id);
    // A keychain that is locked or absent keeps no password of ours to forget.
    let _ = Keychain.delete(&key).await;
    session.memory.delete(&key).await?;
    session.store.registries().remove(registry.id).await?;
    Ok(registry.name)
}

/// Opens a registry with its password, wherever that is kept; asks when no place knows it.
pub(super) async fn open(session: &Session, registry: &Registry) -> Result<Arc<Client>, Problem> {
    let password = looked_up(session, registry).await?;
    opened(session, registry, password).await
}

/// The registry of this name if it can be opened without asking anybody.
pub(super) async fn at_hand(session: &Session, name: &Name) -> Option<Arc<Client>> {
    let registry = session.store.registries().named(name.as_str()).await.ok()?;
    let password = kept(session, &registry).await.ok()?;
    opened(session, &registry, password).await.ok()
}

async fn opened(session: &Session, registry: &Registry, password: Option<Secret>) -> Result<Arc<Client>, Problem> {
    let mut opened = session.registries.lock().await;
    if let Some(kept) = opened.get(&registry.id).filter(|kept| kept.registry == *registry && kept.password == password) {
        return Ok(kept.client.clone());
    }
    let client = Arc::new(Client::open(registry, password.clone()).await?);
    opened.insert(registry.id, Opened { registry: registry.clone(), password, client: client.clone() });
    Ok(client)
}

/// Opened by a test, with a client of its own.
#[cfg(test)]
pub(super) async fn put_opened(session: &Session, registry: &Registry, client: Arc<Client>) {
    let opened = Opened { registry: registry.clone(), password: None, client };
    session.registries.lock().await.insert(registry.id, opened);
}

/// The registries that this laptop knows, for a deployment whose images live in several.
pub(super) struct Known {
    session: Session,
}

impl Known {
    pub(super) fn of(session: &Session) -> Self {
        Self { session: session.clone() }
    }
}

#[async_trait]
impl Registries for Known {
    async fn at(&self, host: &str) -> Result<Option<Arc<Client>>, Problem> {
        for registry in self.session.store.registries().list().await? {
            if !may_be_at(&registry.kind, host) {
                continue;
            }
            let client = open(&self.session, &registry).await?;
            if client.host().await? == host {
                return Ok(Some(client));
            }
        }
        Ok(None)
    }
}

/// Whether a registry is worth opening for a host. Which account ECR's host belongs to only its token tells.
fn may_be_at(kind: &RegistryKind, host: &str) -> bool {
    match kind {
        RegistryKind::Oci { host: own, .. } => canonical_host(own) == host,
        RegistryKind::Ecr { endpoint, .. } => {
            host.contains(".dkr.ecr.") || endpoint.as_deref().and_then(|url| url.split("://").nth(1)) == Some(host)
        }
    }
}

/// A client with its connections and token, good as long as the registry and its password stay what they were.
pub(super) struct Opened {
    registry: Registry,
    password: Option<Secret>,
    client: Arc<Client>,
}

/// The password, if the registry has one, from the places that keep it.
async fn kept(session: &Session, registry: &Registry) -> Result<Option<Secret>, SecretsError> {
    let RegistryKind::Oci { host, user: Some(_), .. } = &registry.kind else { return Ok(None) };
    let docker = DockerLogins::of_this_user();
    let lookup = Lookup {
        variables: &|name| env::var(name).ok(),
        memory: session.memory.as_ref(),
        keychain: &Keychain,
        docker: docker.as_ref(),
    };
    Ok(Some(lookup.registry(registry, host).await?.password))
}

async fn looked_up(session: &Session, registry: &Registry) -> Result<Option<Secret>, Problem> {
    let RegistryKind::Oci { host, user: Some(user), .. } = &registry.kind else { return Ok(None) };
    match kept(session, registry).await {
        Ok(password) => Ok(password),
        Err(missing) => match session.ask.secret(&format!("Password of {user} at {host}")).await {
            Some(password) => {
                session.memory.set(&SecretKey::registry(registry.id), &password).await?;
                Ok(Some(password))
            }
            None => Err(missing.into()),
        },
    }
}

/// Keeps a password in the keychain, else in memory; says so in the second case.
async fn keep(session: &Session, registry: &Registry, password: &Secret) -> Option<String> {
    let key = SecretKey::registry(registry.id);
    let error = Keychain.set(&key, password).await.err()?;
    let _ = session.memory.set(&key, password).await;
    Some(format!(
        "The password could not be kept: {error}. It stays in memory for this run and is never written to a file: for the \
         next set {}, log in with `docker login`, or it will be asked for.",
        variable(&registry.name)
    ))
}

#[cfg(test)]
mod tests {
    use super::{edit, may_be_at, refuse_address};
    use crate::{
        api::testing::bench,
        domain::registry::{Registry, RegistryKind},
        problem::Code,
    };

    fn at(host: &str) -> RegistryKind {
        RegistryKind::Oci { host: host.to_owned(), prefix: String::new(), user: None, plain_http: false }
    }

    #[test]
    fn a_host_with_a_scheme_is_refused_with_what_to_write_instead() {
        let hint = |host: &str| refuse_address(&at(host)).unwrap_err().hint;
        assert!(hint("http://10.0.0.1:5000/").contains("10.0.0.1:5000 as") && hint("http://r").contains("--plain-http"));
        assert!(hint("https://ghcr.io").contains("ghcr.io as") && !hint("https://ghcr.io").contains("--plain-http"));
        assert!(refuse_address(&at("ghcr.io")).is_ok());
    }

    #[tokio::test]
    async fn a_change_that_cannot_log_in_changes_nothing() {
        let bench = bench().await;
        let (id, name, added) = (crate::domain::id::RegistryId::new(), "hub".parse().unwrap(), jiff::Timestamp::UNIX_EPOCH);
        let registry = Registry { id, name, kind: at("127.0.0.1:1"), added };
        bench.session.store.registries().add(&registry).await.unwrap();
        let refused = edit(&bench.session, "hub", at("127.0.0.1:2"), None).await.unwrap_err();
        assert_eq!(refused.code, Code::RegistryUnreachable);
        let ecr = RegistryKind::Ecr { region: None, profile: None, prefix: String::new(), endpoint: None };
        assert_eq!(edit(&bench.session, "hub", ecr, None).await.unwrap_err().code, Code::InvalidInput);
        assert_eq!(bench.session.store.registries().named("hub").await.unwrap(), registry);
    }

    #[test]
    fn a_registry_is_found_by_its_host() {
        let oci =
            |host: &str| RegistryKind::Oci { host: host.to_owned(), prefix: "team".to_owned(), user: None, plain_http: false };
        assert!(may_be_at(&oci("ghcr.io"), "ghcr.io") && !may_be_at(&oci("ghcr.io"), "ghcr.io.evil.com"));
        assert!(may_be_at(&oci("index.docker.io"), "docker.io") && !may_be_at(&oci("r"), "r:5000"));
        let ecr = |endpoint: Option<&str>| RegistryKind::Ecr {
            region: None,
            profile: None,
            prefix: String::new(),
            endpoint: endpoint.map(str::to_owned),
        };
        assert!(may_be_at(&ecr(None), "1.dkr.ecr.eu-west-1.amazonaws.com") && !may_be_at(&ecr(None), "ghcr.io"));
        assert!(may_be_at(&ecr(Some("http://lab:5100")), "lab:5100") && !may_be_at(&ecr(Some("http://lab:5100")), "lab"));
    }
}
