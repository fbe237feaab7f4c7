//! A machine over ssh.
//!
//! Owns: connections, host keys, logins and channels. Must never know: Docker, Compose, deployments.

mod auth;
mod channel;
mod config;
mod connection;
mod files;
mod hostkey;
mod known_hosts;
mod lanes;
mod pipe;
mod proxy;
mod remote;
mod route;
mod traffic;

use std::sync::Arc;

use async_trait::async_trait;

use self::{auth::Keyring, connection::Dialer, lanes::Lanes};
use super::{
    ByteStream, Command, ConfigEntry, ConnectOptions, Host, HostError, HostKey, Lane, Output, Running, Traffic, collect,
};
use crate::domain::server::Destination;

/// A machine over ssh: one shared connection for short requests, and one of its own for each long stream.
pub struct SshHost {
    lanes: Arc<Lanes>,
}

impl SshHost {
    /// Reads the ssh configuration and makes the control connection.
    ///
    /// # Errors
    /// As for [`super::connect`].
    pub async fn connect(destination: &Destination, name: &str, options: &ConnectOptions) -> Result<Self, HostError> {
        let lanes = Arc::new(Lanes::new(dialer(destination, name, options).await?));
        lanes.lease(Lane::Control).await?;
        Ok(Self { lanes })
    }
}

async fn dialer(destination: &Destination, name: &str, options: &ConnectOptions) -> Result<Dialer, HostError> {
    Ok(Dialer {
        name: name.to_owned(),
        route: config::route(destination, options).await?,
        options: options.clone(),
        keyring: Keyring::new(options.passphrase.clone()),
        counter: Arc::default(),
        last_words: Arc::default(),
    })
}

/// See [`super::scan_key`].
pub(super) async fn scan_key(destination: &Destination, name: &str, options: &ConnectOptions) -> Result<HostKey, HostError> {
    dialer(destination, name, options).await?.scan().await
}

/// See [`super::pin_address`].
pub(super) async fn pin_address(destination: &Destination, options: &ConnectOptions) -> Result<(String, u16), HostError> {
    let target = config::route(destination, options).await?.target;
    Ok((target.pin_host, target.port))
}

/// See [`super::home`].
pub(super) async fn home() -> Option<std::path::PathBuf> {
    config::home().await
}

/// See [`super::login`].
pub(super) async fn login() -> Option<String> {
    config::login().await
}

/// See [`super::config_entries`].
pub(super) async fn config_entries(config: Option<&std::path::Path>) -> Result<Vec<ConfigEntry>, HostError> {
    config::entries(config).await
}

#[async_trait]
impl Host for SshHost {
    fn name(&self) -> &str {
        &self.lanes.dialer.name
    }

    async fn run(&self, command: Command) -> Result<Output, HostError> {
        let (what, cap) = (collect::label(&command), command.cap);
        let running = channel::exec(&self.lanes, command.lane, command).await?;
        collect::collect(running, &what, cap).await
    }

    /// Always on a connection of its own: how soon its streams are read is the caller's affair.
    async fn spawn(&self, command: Command) -> Result<Running, HostError> {
        channel::exec(&self.lanes, Lane::Bulk, command).await
    }

    async fn dial(&self, socket: &str) -> Result<ByteStream, HostError> {
        channel::socket(&self.lanes, Lane::Control, socket).await
    }

    async fn dial_bulk(&self, socket: &str) -> Result<ByteStream, HostError> {
        channel::socket(&self.lanes, Lane::Bulk, socket).await
    }

    async fn put(&self, path: &str, content: &[u8], mode: u32) -> Result<(), HostError> {
        files::put(self, path, content, mode).await
    }

    async fn get(&self, path: &str, cap: u64) -> Result<Option<Vec<u8>>, HostError> {
        files::get(self, path, cap).await
    }

    fn traffic(&self) -> Traffic {
        self.lanes.dialer.counter.read()
    }
}
