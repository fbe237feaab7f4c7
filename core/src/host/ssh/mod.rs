//! A machine over ssh.
//!
//! Owns: connections, host keys, logins and channels. Must never know: Docker, Compose, deployments.

use async_trait::async_trait;

use super::{ByteStream, Command, ConnectOptions, Host, HostError, HostKey, Output, Running, Traffic};
use crate::domain::server::Destination;

/// A machine over ssh: one shared connection for short requests, and one of its own for each long stream.
pub struct SshHost {
    name: String,
}

impl SshHost {
    /// Reads the ssh configuration and makes the control connection.
    ///
    /// # Errors
    /// As for [`super::connect`].
    pub async fn connect(_destination: &Destination, name: &str, _options: &ConnectOptions) -> Result<Self, HostError> {
        Ok(Self { name: name.to_owned() })
    }

    fn unfinished<T>(&self) -> Result<T, HostError> {
        Err(HostError::Unreachable { host: self.name.clone(), reason: "ssh is not built yet".into() })
    }
}

/// See [`super::scan_key`].
pub(super) async fn scan_key(_: &Destination, name: &str, _: &ConnectOptions) -> Result<HostKey, HostError> {
    Err(HostError::Unreachable { host: name.to_owned(), reason: "ssh is not built yet".into() })
}

#[async_trait]
impl Host for SshHost {
    fn name(&self) -> &str {
        &self.name
    }

    async fn run(&self, _command: Command) -> Result<Output, HostError> {
        self.unfinished()
    }

    async fn spawn(&self, _command: Command) -> Result<Running, HostError> {
        self.unfinished()
    }

    async fn dial(&self, _socket: &str) -> Result<ByteStream, HostError> {
        self.unfinished()
    }

    async fn put(&self, _path: &str, _content: &[u8], _mode: u32) -> Result<(), HostError> {
        self.unfinished()
    }

    async fn get(&self, _path: &str, _cap: u64) -> Result<Option<Vec<u8>>, HostError> {
        self.unfinished()
    }

    fn traffic(&self) -> Traffic {
        Traffic::default()
    }
}
