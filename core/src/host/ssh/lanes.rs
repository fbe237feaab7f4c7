//! The connections of a machine: one shared, and one for each long stream.
//!
//! Owns: which connection a request takes. Must never know: what is sent.
//!
//! The library refills a channel's window as bytes arrive, not as they are read. A channel that is not read would
//! therefore either grow without bound or stop its whole connection. So a stream that may be read late gets a
//! connection of its own, where stopping is right; when it has ended well, the next stream uses that connection.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use super::connection::{Connection, Dialer};
use crate::host::{HostError, Lane};

/// Connections kept for the next stream.
const SPARE: usize = 2;

pub(super) struct Lanes {
    pub(super) dialer: Dialer,
    control: tokio::sync::Mutex<Option<Arc<Connection>>>,
    /// One handshake at a time: sshd drops strangers at random when ten knock at once. Its last failure is kept for
    /// those who were waiting meanwhile, or each of them would wait for a dead host in turn.
    dialing: tokio::sync::Mutex<Option<(Instant, HostError)>>,
    spare: Mutex<Vec<Arc<Connection>>>,
}

impl Lanes {
    pub(super) fn new(dialer: Dialer) -> Self {
        Self { dialer, control: tokio::sync::Mutex::default(), dialing: tokio::sync::Mutex::default(), spare: Mutex::default() }
    }

    /// The shared connection for short requests, one of its own for a long stream.
    pub(super) async fn lease(self: &Arc<Self>, lane: Lane) -> Result<Lease, HostError> {
        match lane {
            Lane::Control => self.control().await,
            Lane::Bulk => self.own().await,
        }
    }

    /// The shared connection, made again if it was lost.
    async fn control(self: &Arc<Self>) -> Result<Lease, HostError> {
        let asked = Instant::now();
        let mut control = self.control.lock().await;
        if let Some(connection) = control.as_ref().filter(|c| !c.is_closed()) {
            return Ok(Lease { connection: connection.clone(), home: None });
        }
        let connection = self.dial(asked).await?;
        *control = Some(connection.clone());
        Ok(Lease { connection, home: None })
    }

    /// A connection for one stream alone.
    async fn own(self: &Arc<Self>) -> Result<Lease, HostError> {
        while let Some(connection) = self.spare().pop() {
            if !connection.is_closed() {
                return Ok(Lease { connection, home: Some(self.clone()) });
            }
        }
        Ok(Lease { connection: self.dial(Instant::now()).await?, home: Some(self.clone()) })
    }

    async fn dial(&self, asked: Instant) -> Result<Arc<Connection>, HostError> {
        let mut failed = self.dialing.lock().await;
        if let Some((_, error)) = failed.as_ref().filter(|(at, _)| *at > asked) {
            return Err(error.clone());
        }
        let dialled = self.dialer.dial().await;
        *failed = dialled.as_ref().err().map(|error| (Instant::now(), error.clone()));
        dialled.map(Arc::new)
    }

    fn spare(&self) -> std::sync::MutexGuard<'_, Vec<Arc<Connection>>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The use of a connection.
pub(super) struct Lease {
    pub(super) connection: Arc<Connection>,
    home: Option<Arc<Lanes>>,
}

impl Lease {
    /// Whether others use this connection too.
    pub(super) fn is_shared(&self) -> bool {
        self.home.is_none()
    }

    /// Gives a connection back whose stream has ended well; one that is merely dropped is closed.
    pub(super) fn give_back(self) {
        let Some(home) = self.home else { return };
        let mut spare = home.spare();
        if spare.len() < SPARE && !self.connection.is_closed() {
            spare.push(self.connection);
        }
    }
}
