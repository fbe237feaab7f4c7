//! Amazon ECR's own API: tokens and repositories, through the standard AWS credential chain.

use std::time::Duration;

use aws_config::{BehaviorVersion, timeout::TimeoutConfig};
use aws_sdk_ecr::{
    Client,
    config::{ProvideCredentials, Region, SharedCredentialsProvider},
    error::{ProvideErrorMetadata, SdkError},
    types::{ImageScanningConfiguration, ImageTagMutability},
};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use jiff::Timestamp;
use tokio::sync::Mutex;

use super::{
    Result,
    error::{RegistryError, reasons},
    token::Token,
};

/// How AWS is reached, as the user set it up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Access<'a> {
    pub(super) region: Option<&'a str>,
    pub(super) profile: Option<&'a str>,
    pub(super) endpoint: Option<&'a str>,
}

/// One account's registry in one region.
pub(super) struct Ecr {
    client: Client,
    credentials: Option<SharedCredentialsProvider>,
    token: Mutex<Option<Token>>,
    /// The clock, so that a test can turn it.
    now: fn() -> Timestamp,
}

impl Ecr {
    /// Reads the AWS configuration; asks nobody yet.
    pub(super) async fn open(access: Access<'_>, now: fn() -> Timestamp) -> Result<Self> {
        let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let deadlines =
            TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).operation_timeout(Duration::from_secs(30)).build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http).timeout_config(deadlines);
        if let Some(profile) = access.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(region) = access.region {
            loader = loader.region(Region::new(region.to_owned()));
        }
        if let Some(endpoint) = access.endpoint {
            loader = loader.endpoint_url(endpoint);
        }
        let config = loader.load().await;
        config.region().ok_or(RegistryError::NoRegion)?;
        Ok(Self { client: Client::new(&config), credentials: config.credentials_provider(), token: Mutex::new(None), now })
    }

    /// The token, from memory while it holds.
    pub(super) async fn token(&self) -> Result<Token> {
        let mut kept = self.token.lock().await;
        if let Some(token) = kept.as_ref().filter(|t| t.holds((self.now)())) {
            return Ok(token.clone());
        }
        let token = self.fetch().await?;
        *kept = Some(token.clone());
        Ok(token)
    }

    /// Forgets the token: the registry refused it.
    pub(super) async fn forget(&self) {
        *self.token.lock().await = None;
    }

    async fn fetch(&self) -> Result<Token> {
        let answer = match self.client.get_authorization_token().send().await {
            Ok(answer) => answer,
            Err(error) => return Err(self.why(error).await),
        };
        let told = answer.authorization_data().first();
        told.and_then(|d| Token::read(d.authorization_token()?, d.proxy_endpoint()?, d.expires_at()?.secs()))
            .ok_or_else(|| RegistryError::Unexpected { host: HOST.to_owned(), reason: "it told no usable token".to_owned() })
    }

    /// Makes a repository with immutable tags that is scanned on push; one that exists is left as it is.
    pub(super) async fn ensure(&self, name: &str) -> Result<()> {
        let scan = ImageScanningConfiguration::builder().scan_on_push(true).build();
        let request = self.client.create_repository().repository_name(name);
        let request = request.image_tag_mutability(ImageTagMutability::Immutable).image_scanning_configuration(scan);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(e) if e.as_service_error().is_some_and(|e| e.is_repository_already_exists_exception()) => Ok(()),
            Err(error) => Err(self.why(error).await),
        }
    }

    async fn why<E, R>(&self, error: SdkError<E, R>) -> RegistryError
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
        R: std::fmt::Debug + 'static,
    {
        let host = HOST.to_owned();
        match &error {
            SdkError::ServiceError(said) => {
                let code = said.err().code().unwrap_or_default();
                let reason = [code, said.err().message().unwrap_or_default()].join(": ");
                match code {
                    "ThrottlingException" | "LimitExceededException" => RegistryError::RateLimited { host, reason },
                    "ServerException" | "InternalFailure" | "ServiceUnavailable" => RegistryError::Unreachable { host, reason },
                    "InvalidParameterException" | "ValidationException" => RegistryError::Unexpected { host, reason },
                    // What remains is about who asks: unknown keys, signatures, expired sessions, missing rights.
                    _ => RegistryError::Refused { host, reason },
                }
            }
            // The request was never sent, and neither of these says whether keys were lacking or the network.
            SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) => match self.no_credentials().await {
                Some(reason) => RegistryError::CredentialsMissing { host, reason },
                None => RegistryError::Unreachable { host, reason: reasons(&error) },
            },
            SdkError::TimeoutError(_) => RegistryError::Unreachable { host, reason: reasons(&error) },
            _ => RegistryError::Unexpected { host, reason: reasons(&error) },
        }
    }

    async fn no_credentials(&self) -> Option<String> {
        let Some(provider) = &self.credentials else { return Some("no provider is set up".to_owned()) };
        provider.provide_credentials().await.err().map(|e| reasons(&e))
    }
}

const HOST: &str = "Amazon ECR";
