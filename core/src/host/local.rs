//! This machine.
//!
//! Owns: processes, files and sockets here. Must never know: ssh, Docker.

use async_trait::async_trait;

use super::{ByteStream, Command, Host, HostError, Output, Running, Traffic};

/// This machine as a host.
pub struct LocalHost {
    name: String,
}

impl LocalHost {
    /// This machine under the name the user gave it.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned() }
    }

    fn unfinished<T>(&self) -> Result<T, HostError> {
        Err(HostError::Unreachable { host: self.name.clone(), reason: "not built yet".into() })
    }
}

#[async_trait]
impl Host for LocalHost {
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
