//! The connection to one engine: which way it goes, and a deadline around every call.

use std::{sync::Arc, time::Duration};

use bollard::{Docker, errors::Error as Theirs};
use tokio::time::timeout;

use super::{
    Result,
    access::dial_stdio,
    diagnose,
    error::{Down, EngineError, translate},
    facts::EngineInfo,
    transport::{self, Way},
};
use crate::{
    domain::{bytes::Bytes, platform::Platform, server::DockerAccess},
    host::{Host, Lane},
};

/// How long a short call may take in all.
pub(super) const SHORT: Duration = Duration::from_secs(30);
/// How long the first byte of any answer may take: an engine asks the registry before it answers a pull.
pub(super) const FIRST_ANSWER: Duration = Duration::from_secs(120);
/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(15);

/// An engine that answered. Connections stay open between calls; cloning shares them.
#[derive(Clone)]
pub struct Engine {
    host: Arc<dyn Host>,
    control: Docker,
    bulk: Docker,
}

impl Engine {
    /// Finds the way to the engine and asks whether it is there. Where sshd forbids dialling sockets,
    /// `docker system dial-stdio` carries the same requests.
    ///
    /// # Errors
    /// [`EngineError::Down`] says why nobody answers; [`EngineError::Host`] that the machine is not reached.
    pub async fn connect(host: Arc<dyn Host>, access: &DockerAccess) -> Result<Self> {
        let way = match access {
            DockerAccess::Socket(path) => Way::Socket(path.clone()),
            DockerAccess::Sudo => Way::Command(dial_stdio(access)),
        };
        let engine = Self::along(Arc::clone(&host), &way)?;
        match engine.greet().await {
            Ok(()) => Ok(engine),
            // The machine itself is out of reach: asking it why would only fail again.
            Err(error @ EngineError::Host(_)) => Err(error),
            Err(error) => Self::around(host, access, error).await,
        }
    }

    /// The direct way failed: says why, or finds the other one.
    async fn around(host: Arc<dyn Host>, access: &DockerAccess, error: EngineError) -> Result<Self> {
        let down = |why| EngineError::Down { host: host.name().to_owned(), why };
        let DockerAccess::Socket(path) = access else { return Err(down(diagnose::sudo(&*host).await?)) };
        if let Some(why) = diagnose::socket(&*host, path).await? {
            return Err(down(why));
        }
        let engine = Self::along(Arc::clone(&host), &Way::Command(dial_stdio(access)))?;
        engine.greet().await.map(|()| engine).map_err(|_| down(Down::Refused(error.to_string())))
    }

    fn along(host: Arc<dyn Host>, way: &Way) -> Result<Self> {
        let open = |lane| transport::docker(&host, way, lane).map_err(|e| translate(host.name(), "connect", &e));
        let (control, bulk) = (open(Lane::Control)?, open(Lane::Bulk)?);
        Ok(Self { host, control, bulk })
    }

    async fn greet(&self) -> Result<()> {
        self.within(CONNECT, "answer", self.control.ping()).await.map(drop)
    }

    /// Asks whether the engine is there.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn ping(&self) -> Result<()> {
        self.short("answer", self.control.ping()).await.map(drop)
    }

    /// What the engine says about itself.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn info(&self) -> Result<EngineInfo> {
        let (version, info) = tokio::try_join!(
            self.short("tell its version", self.control.version()),
            self.short("describe itself", self.control.info())
        )?;
        let text = |t: Option<String>| t.unwrap_or_default();
        Ok(EngineInfo {
            version: text(version.version),
            platform: Platform::new(&text(version.os), &text(version.arch), None),
            data_root: text(info.docker_root_dir),
            storage_driver: text(info.driver),
            memory: Bytes(info.mem_total.unwrap_or_default().try_into().unwrap_or_default()),
            cores: info.ncpu.unwrap_or_default().try_into().unwrap_or_default(),
        })
    }

    /// The engine's version, e.g. `28.2.2`.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn version(&self) -> Result<String> {
        Ok(self.short("tell its version", self.control.version()).await?.version.unwrap_or_default())
    }

    /// The platform it runs on.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn platform(&self) -> Result<Platform> {
        let version = self.short("tell its version", self.control.version()).await?;
        Ok(Platform::new(&version.os.unwrap_or_default(), &version.arch.unwrap_or_default(), None))
    }

    /// What the user calls the machine it runs on.
    pub(super) fn host(&self) -> &str {
        self.host.name()
    }

    /// For short requests.
    pub(super) fn control(&self) -> &Docker {
        &self.control
    }

    /// For long streams.
    pub(super) fn bulk(&self) -> &Docker {
        &self.bulk
    }

    /// A call within [`SHORT`]; `what` completes "failed to …".
    pub(super) async fn short<T>(&self, what: &str, call: impl Future<Output = std::result::Result<T, Theirs>>) -> Result<T> {
        self.within(SHORT, what, call).await
    }

    /// A call within a deadline.
    pub(super) async fn within<T>(
        &self,
        deadline: Duration,
        what: &str,
        call: impl Future<Output = std::result::Result<T, Theirs>>,
    ) -> Result<T> {
        match timeout(deadline, call).await {
            Ok(answer) => answer.map_err(|e| translate(self.host(), what, &e)),
            Err(_) => {
                Err(EngineError::TimedOut { host: self.host().to_owned(), what: what.to_owned(), seconds: deadline.as_secs() })
            }
        }
    }
}
