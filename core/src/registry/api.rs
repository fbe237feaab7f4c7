//! The distribution API: deadlines and retries around oci-client.

use std::time::Duration;

use oci_client::{
    Client, Reference, RegistryOperation,
    client::{ClientConfig, ClientProtocol},
    errors::OciDistributionError as Theirs,
    manifest::OciManifest,
    secrets::RegistryAuth as Login,
};
use tokio::time::{sleep, timeout};

use super::{
    Result,
    error::{RegistryError, translate},
    manifest::{self, Config},
    reference::ImageName,
};
use crate::{
    domain::{
        image::{Digest, PlatformImage, RegistryImage, best},
        platform::Platform,
        registry::RegistryAuth,
    },
    tls,
};

/// How long one request may take.
const REQUEST: Duration = Duration::from_secs(20);
/// Pauses before the second and the third try.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];
/// A config is some kilobytes; more than this is not read.
const MAX_CONFIG: i64 = 4 << 20;

/// One registry, with a login or without.
pub(super) struct Api {
    client: Client,
    login: Login,
}

impl Api {
    /// `plain` hosts are spoken to over plain HTTP.
    pub(super) fn new(plain: Vec<String>, auth: Option<&RegistryAuth>) -> Result<Self> {
        tls::install();
        let config = ClientConfig {
            protocol: ClientProtocol::HttpsExcept(plain),
            connect_timeout: Some(Duration::from_secs(10)),
            read_timeout: Some(REQUEST),
            platform_resolver: None,
            user_agent: concat!("plimsoll/", env!("CARGO_PKG_VERSION")),
            ..ClientConfig::default()
        };
        let client = Client::try_from(config).map_err(|e| translate("this machine", &e))?;
        let login = auth.map_or(Login::Anonymous, |a| Login::Basic(a.user.clone(), a.password.reveal().to_owned()));
        Ok(Self { client, login })
    }

    /// The digest behind a name, by HEAD; `None` if there is nothing.
    pub(super) async fn digest(&self, name: &ImageName) -> Result<Option<Digest>> {
        let reference = name.reference();
        let found = self.ask(reference, || self.client.fetch_manifest_digest(reference, &self.login)).await;
        let Some(digest) = there(found)? else { return Ok(None) };
        digest.parse().map(Some).map_err(|_| unexpected(reference, format!("`{digest}` is not a sha256 digest")))
    }

    /// An image for one platform; `None` if there is nothing.
    pub(super) async fn image(&self, name: &ImageName, digest: &Digest, wanted: &Platform) -> Result<Option<RegistryImage>> {
        let Some(manifest) = there(self.manifest(name.reference()).await)? else { return Ok(None) };
        let (digest, entries) = match manifest {
            OciManifest::Image(single) => {
                let only = self.whole(name.reference(), None, digest.clone(), single).await?;
                let platforms = vec![only.platform.clone()];
                let runs = best(&platforms, wanted).is_some().then_some(only);
                return Ok(Some(RegistryImage { digest: digest.clone(), platforms, runs }));
            }
            OciManifest::ImageIndex(index) => (digest.clone(), manifest::images(&index.manifests)),
        };
        let platforms: Vec<_> = entries.iter().map(|(platform, _)| platform.clone()).collect();
        let chosen = best(&platforms, wanted).and_then(|p| entries.iter().find(|(platform, _)| platform == p));
        let Some((platform, own)) = chosen else { return Ok(Some(RegistryImage { digest, platforms, runs: None })) };
        let reference = name.reference().clone_with_digest(own.to_string());
        let OciManifest::Image(single) = self.manifest(&reference).await? else {
            return Err(unexpected(&reference, "an index inside an index".to_owned()));
        };
        let runs = Some(self.whole(&reference, Some(platform.clone()), own.clone(), single).await?);
        Ok(Some(RegistryImage { digest, platforms, runs }))
    }

    async fn manifest(&self, reference: &Reference) -> Result<OciManifest> {
        self.ask(reference, || async { self.client.pull_manifest(reference, &self.login).await.map(|(manifest, _)| manifest) })
            .await
    }

    /// Reads the config of a single manifest; the platform is its own word unless an index said it.
    async fn whole(
        &self,
        reference: &Reference,
        platform: Option<Platform>,
        digest: Digest,
        single: oci_client::manifest::OciImageManifest,
    ) -> Result<PlatformImage> {
        if single.config.size > MAX_CONFIG {
            return Err(unexpected(reference, format!("a config of {} bytes", single.config.size)));
        }
        let bytes = self.ask(reference, || self.blob(reference, &single.config)).await?;
        let config: Config = serde_json::from_slice(&bytes).map_err(|e| unexpected(reference, format!("its config: {e}")))?;
        let platform = platform.unwrap_or_else(|| config.platform());
        manifest::image(platform, digest, &single, config)
            .ok_or_else(|| unexpected(reference, "a layer without a size".to_owned()))
    }

    async fn blob(
        &self,
        reference: &Reference,
        of: &oci_client::manifest::OciDescriptor,
    ) -> std::result::Result<Vec<u8>, Theirs> {
        let mut bytes = Vec::new();
        self.client.pull_blob(reference, of, &mut bytes).await.map(|()| bytes)
    }

    /// Asks with a deadline, and again a moment later where that may help. Only for requests that change nothing.
    async fn ask<T, F>(&self, reference: &Reference, request: impl Fn() -> F) -> Result<T>
    where
        F: Future<Output = std::result::Result<T, Theirs>>,
    {
        let mut pauses = PAUSES.iter();
        loop {
            let answer = match timeout(REQUEST, request()).await {
                Ok(answer) => answer.map_err(|e| translate(host(reference), &e)),
                Err(_) => return Err(silent(reference)),
            };
            match (answer, pauses.next()) {
                (Err(error), Some(pause)) if error.is_passing() => sleep(*pause).await,
                (Err(error), _) => return Err(self.why(error, reference).await),
                (answer, _) => return answer,
            }
        }
    }

    /// oci-client asks without a login when the token's server fails, and then is refused: that is told apart here.
    async fn why(&self, error: RegistryError, reference: &Reference) -> RegistryError {
        if !matches!(error, RegistryError::Refused { .. }) {
            return error;
        }
        match timeout(REQUEST, self.client.auth(reference, &self.login, RegistryOperation::Pull)).await {
            Ok(Err(cause @ Theirs::RequestError(_))) => translate(host(reference), &cause),
            Err(_) => silent(reference),
            Ok(_) => error,
        }
    }
}

fn host(reference: &Reference) -> &str {
    reference.registry()
}

fn there<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(RegistryError::Missing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn silent(reference: &Reference) -> RegistryError {
    RegistryError::Unreachable { host: host(reference).to_owned(), reason: format!("no answer within {} s", REQUEST.as_secs()) }
}

fn unexpected(reference: &Reference, reason: String) -> RegistryError {
    RegistryError::Unexpected { host: host(reference).to_owned(), reason: format!("{}: {reason}", reference.repository()) }
}
