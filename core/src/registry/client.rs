//! One registry as the user set it up, or the public ones.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use jiff::Timestamp;
use tokio::sync::{Mutex, OnceCell};

use super::{
    Result,
    api::Api,
    ecr::{Access, Difference, Ecr},
    error::RegistryError,
    reference::{ImageName, canonical_host},
};
use crate::domain::{
    image::{Digest, PinnedImage, RegistryImage, path_component},
    name::{Name, ServiceName},
    platform::Platform,
    registry::{Registry, RegistryAuth, RegistryKind},
    secret::Secret,
};

/// A registry to push to and to ask. Other hosts are asked too, without a login.
pub struct Client {
    source: Source,
    prefix: String,
    /// For every host but its own; most clients never need it.
    public: OnceCell<Arc<Api>>,
    /// For its own host; ECR's is made anew with each token.
    own: Mutex<Option<Own>>,
}

enum Source {
    /// Only public registries.
    Public,
    /// A fixed host with a fixed login.
    Fixed { host: String, auth: Option<RegistryAuth>, plain_http: bool },
    /// Host and login come with a token.
    Ecr(Ecr),
}

#[derive(Clone)]
struct Own {
    login: Login,
    api: Arc<Api>,
}

/// Where and as whom.
#[derive(Clone, PartialEq, Eq)]
struct Login {
    host: String,
    auth: Option<RegistryAuth>,
    plain_http: bool,
}

impl Client {
    /// For a registry as the user set it up. Asks nobody yet.
    ///
    /// # Errors
    /// When a user is named but no password is given, or the AWS configuration names no region.
    pub async fn open(registry: &Registry, password: Option<Secret>) -> Result<Self> {
        match &registry.kind {
            RegistryKind::Oci { host, prefix, user, plain_http } => {
                let host = canonical_host(host).to_owned();
                let auth = login(&host, user.as_deref(), password)?;
                Ok(Self::new(Source::Fixed { host, auth, plain_http: *plain_http }, prefix))
            }
            RegistryKind::Ecr { region, profile, prefix, endpoint } => {
                let access = Access { region: region.as_deref(), profile: profile.as_deref(), endpoint: endpoint.as_deref() };
                Ok(Self::new(Source::Ecr(Ecr::open(access, Timestamp::now).await?), prefix))
            }
        }
    }

    /// For public registries only, without any login.
    #[must_use]
    pub fn public() -> Self {
        Self::new(Source::Public, "")
    }

    /// For an ECR that a test plays.
    #[cfg(test)]
    pub(crate) fn over(ecr: Ecr) -> Self {
        Self::new(Source::Ecr(ecr), "")
    }

    fn new(source: Source, prefix: &str) -> Self {
        let prefix = prefix.split('/').filter(|p| !p.is_empty()).collect::<Vec<_>>().join("/");
        Self { source, prefix, public: OnceCell::new(), own: Mutex::new(None) }
    }

    /// The host, as image names begin; empty for the public client. For ECR this may ask for a token.
    ///
    /// # Errors
    /// When the token is refused or cannot be asked for.
    pub async fn host(&self) -> Result<String> {
        Ok(self.login().await?.host)
    }

    /// Where a service's images are pushed: `host/prefix/project-service`.
    ///
    /// # Errors
    /// As for [`Client::host`].
    pub async fn repository(&self, project: &Name, service: &ServiceName) -> Result<String> {
        let name = format!("{}-{}", path_component(project.as_str()), path_component(service.as_str()));
        let host = self.host().await?;
        Ok([host.as_str(), &self.prefix, &name].into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join("/"))
    }

    /// The login that builders and servers need; `None` where the registry wants none. ECR's holds for hours.
    ///
    /// # Errors
    /// As for [`Client::host`].
    pub async fn auth(&self) -> Result<Option<RegistryAuth>> {
        Ok(self.login().await?.auth)
    }

    /// Makes a repository (as [`Client::repository`] names it) where the registry does not do so by itself. One that exists
    /// is left as it is, and told is how it differs from one that is made.
    ///
    /// # Errors
    /// When this login may not make one.
    pub async fn ensure_repository(&self, repository: &str) -> Result<Vec<Difference>> {
        let Source::Ecr(ecr) = &self.source else { return Ok(Vec::new()) };
        let name: ImageName = repository.parse()?;
        ecr.ensure(name.reference().repository()).await
    }

    /// What only ECR can do; `None` for every other registry.
    #[must_use]
    pub fn ecr(&self) -> Option<&Ecr> {
        match &self.source {
            Source::Ecr(ecr) => Some(ecr),
            Source::Public | Source::Fixed { .. } => None,
        }
    }

    /// How the paths of its repositories begin: empty, or ending in `/`.
    #[must_use]
    pub fn folder(&self) -> String {
        if self.prefix.is_empty() { String::new() } else { format!("{}/", self.prefix) }
    }

    /// Whether the registry accepts the login.
    ///
    /// # Errors
    /// When it refuses, or does not answer.
    pub async fn check(&self) -> Result<()> {
        let host = self.host().await?;
        let probe: ImageName = [host.as_str(), &self.prefix, "plimsoll-check"]
            .into_iter()
            .filter(|p| !p.is_empty())
            .collect::<Vec<_>>()
            .join("/")
            .parse()?;
        self.digest(&probe).await.map(drop)
    }

    /// The digest behind a reference such as `postgres:16`; `None` if the registry has nothing there.
    ///
    /// # Errors
    /// When the text is no image name, or the registry refuses or does not answer.
    pub async fn resolve(&self, reference: &str) -> Result<Option<Digest>> {
        self.digest(&reference.parse()?).await
    }

    /// Whether an image is there. One small request, which public registries do not count as a pull.
    ///
    /// # Errors
    /// When the registry refuses or does not answer.
    pub async fn exists(&self, image: &PinnedImage) -> Result<bool> {
        Ok(self.resolve(&image.to_string()).await?.is_some())
    }

    /// What an image is made of for one platform, and for which platforms it exists; `None` if it is not there.
    ///
    /// # Errors
    /// When the registry refuses or does not answer.
    pub async fn image(&self, image: &PinnedImage, platform: &Platform) -> Result<Option<RegistryImage>> {
        let name: ImageName = image.to_string().parse()?;
        let Some(own) = self.own(&name).await? else {
            return self.others(&name).await?.image(&name, &image.digest, platform).await;
        };
        match own.image(&name, &image.digest, platform).await {
            Err(RegistryError::Refused { .. }) if self.renewed().await => {
                self.own(&name).await?.unwrap_or(own).image(&name, &image.digest, platform).await
            }
            answer => answer,
        }
    }

    async fn digest(&self, name: &ImageName) -> Result<Option<Digest>> {
        let Some(own) = self.own(name).await? else { return self.others(name).await?.digest(name).await };
        match own.digest(name).await {
            Err(RegistryError::Refused { .. }) if self.renewed().await => self.own(name).await?.unwrap_or(own).digest(name).await,
            answer => answer,
        }
    }

    /// Registries that nobody added. As for engines, one on this very machine needs no TLS.
    async fn others(&self, name: &ImageName) -> Result<Arc<Api>> {
        if is_loopback(name.host()) {
            return Ok(Arc::new(Api::new(vec![name.host().to_owned()], None)?));
        }
        self.public.get_or_try_init(async || Ok(Arc::new(Api::new(Vec::new(), None)?))).await.cloned()
    }

    /// Throws a token away that ended before its time; `false` where the login is a fixed one.
    pub async fn renewed(&self) -> bool {
        let Source::Ecr(ecr) = &self.source else { return false };
        ecr.forget().await;
        true
    }

    /// The API with the login, if the name is on this registry's host.
    async fn own(&self, name: &ImageName) -> Result<Option<Arc<Api>>> {
        if matches!(&self.source, Source::Public) || matches!(&self.source, Source::Fixed { host, .. } if host != name.host()) {
            return Ok(None);
        }
        let login = self.login().await?;
        if login.host != name.host() {
            return Ok(None);
        }
        let mut own = self.own.lock().await;
        if let Some(kept) = own.as_ref().filter(|o| o.login == login) {
            return Ok(Some(Arc::clone(&kept.api)));
        }
        let plain = if login.plain_http { vec![login.host.clone()] } else { Vec::new() };
        let api = Arc::new(Api::new(plain, login.auth.as_ref())?);
        *own = Some(Own { login, api: Arc::clone(&api) });
        Ok(Some(api))
    }

    async fn login(&self) -> Result<Login> {
        Ok(match &self.source {
            Source::Public => Login { host: String::new(), auth: None, plain_http: false },
            Source::Fixed { host, auth, plain_http } => Login { host: host.clone(), auth: auth.clone(), plain_http: *plain_http },
            Source::Ecr(ecr) => {
                let token = ecr.token().await?;
                Login { host: token.auth.host.clone(), auth: Some(token.auth), plain_http: token.plain_http }
            }
        })
    }
}

/// `host` or `host:port` on this very machine.
fn is_loopback(host: &str) -> bool {
    let address = host.parse::<SocketAddr>().map(|both| both.ip()).or_else(|_| host.parse::<IpAddr>());
    address.is_ok_and(|address| address.is_loopback()) || host.split(':').next() == Some("localhost")
}

fn login(host: &str, user: Option<&str>, password: Option<Secret>) -> Result<Option<RegistryAuth>> {
    let missing =
        || RegistryError::CredentialsMissing { host: host.to_owned(), reason: "a user is named, but no password".to_owned() };
    user.map(|user| {
        let password = password.ok_or_else(missing)?;
        Ok(RegistryAuth { host: host.to_owned(), user: user.to_owned(), password })
    })
    .transpose()
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_this_machine_needs_no_tls() {
        for host in ["127.0.0.1:5000", "127.8.0.1", "localhost", "localhost:5000", "[::1]:5000"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["docker.io", "10.0.0.1:5000", "localhost.example.com", "127.example.com:443"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
