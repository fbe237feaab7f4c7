//! Amazon ECR's own API, through the standard AWS credential chain: tokens here, each other subject in a file of its own.

mod delete;
mod denied;
mod images;
mod keep;
mod lifecycle;
mod manifests;
pub mod policy;
mod repositories;
#[cfg(test)]
pub(crate) mod testing;

use std::time::Duration;

use aws_config::{BehaviorVersion, ConfigLoader, timeout::TimeoutConfig};
use aws_sdk_ecr::{
    Client,
    config::{ProvideCredentials, Region, SharedCredentialsProvider},
    error::{ProvideErrorMetadata, SdkError},
};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use jiff::Timestamp;
use tokio::sync::Mutex;

use self::denied::Action;
use super::{
    Result,
    error::{RegistryError, reasons},
    token::Token,
};

pub use self::{delete::NotDeleted, repositories::Difference};

/// How AWS is reached, as the user set it up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Access<'a> {
    pub(super) region: Option<&'a str>,
    pub(super) profile: Option<&'a str>,
    pub(super) endpoint: Option<&'a str>,
}

/// One account's registry in one region.
pub struct Ecr {
    client: Client,
    region: String,
    credentials: Option<SharedCredentialsProvider>,
    token: Mutex<Option<Token>>,
    /// The clock, so that a test can turn it.
    now: fn() -> Timestamp,
}

impl Ecr {
    /// Reads the AWS configuration; asks nobody yet.
    pub(super) async fn open(access: Access<'_>, now: fn() -> Timestamp) -> Result<Self> {
        Self::over(loader(access), now).await
    }

    async fn over(loader: ConfigLoader, now: fn() -> Timestamp) -> Result<Self> {
        let config = loader.load().await;
        let region = config.region().ok_or(RegistryError::NoRegion)?.to_string();
        let credentials = config.credentials_provider();
        Ok(Self { client: Client::new(&config), region, credentials, token: Mutex::new(None), now })
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
            Err(error) => return Err(self.why(error, Action::GetAuthorizationToken, None).await),
        };
        let told = answer.authorization_data().first();
        told.and_then(|d| Token::read(d.authorization_token()?, d.proxy_endpoint()?, d.expires_at()?.secs()))
            .ok_or_else(|| RegistryError::Unexpected { host: HOST.to_owned(), reason: "it told no usable token".to_owned() })
    }

    /// Why an action was not done; `repository` is what it was about.
    async fn why<E, R>(&self, error: SdkError<E, R>, action: Action, repository: Option<&str>) -> RegistryError
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
                    code if denied::is_denial(code) => {
                        let grants = denied::statement(action, &self.region, repository, &reason);
                        RegistryError::Denied { action: action.as_str(), grants, reason }
                    }
                    "RepositoryNotFoundException" | "ImageNotFoundException" => RegistryError::Missing { host, reason },
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

fn loader(access: Access<'_>) -> ConfigLoader {
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
    loader
}

/// Something that ECR's answer must have and has not.
fn lacks(what: &str) -> RegistryError {
    RegistryError::Unexpected { host: HOST.to_owned(), reason: format!("its answer has no {what}") }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::testing::Aws;

    /// A laptop that woke up with a wrong clock: AWS refuses the first signature, its own date is read from the refusal, and
    /// everything from then on is signed by that.
    #[tokio::test]
    async fn a_wrong_clock_costs_one_refusal_and_nothing_else() {
        for minutes in [20, -20, 3 * 60] {
            let aws = Aws::start().await;
            aws.ahead(SignedDuration::from_mins(minutes));
            let ecr = aws.ecr().await;
            ecr.token().await.expect("a token in spite of the clock");
            assert_eq!(aws.refused_for_their_date(), 1, "{minutes} min");
            assert!(ecr.repositories("").await.expect("an answer").is_empty());
            assert_eq!(aws.refused_for_their_date(), 1, "what was learnt once holds");
        }
    }

    #[tokio::test]
    async fn a_missing_right_to_log_in_is_named() {
        let aws = Aws::start().await;
        aws.deny("GetAuthorizationToken");
        let problem = crate::problem::Problem::from(aws.ecr().await.token().await.expect_err("not allowed"));
        assert_eq!(
            (problem.code, problem.title.as_str()),
            (crate::problem::Code::AwsDenied, "AWS does not allow ecr:GetAuthorizationToken")
        );
        assert!(
            problem.hint.contains(r#"{"Effect":"Allow","Action":"ecr:GetAuthorizationToken","Resource":"*"}"#),
            "{}",
            problem.hint
        );
    }
}
