//! One ssh connection: the way there, the handshakes, the logins.
//!
//! Owns: how long each may take. Must never know: commands.

use std::{borrow::Cow, sync::Arc, time::Duration};

use russh::{
    Preferred,
    client::{self, Config, Handle, connect_stream},
};
use tokio::{net::TcpStream, sync::Semaphore, time::timeout};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    auth::{Keyring, login},
    hostkey::{Checker, Fate, Known},
    proxy::{self, LastWords},
    route::{Hop, Route},
    traffic::{Counter, Wire},
};
use crate::host::{ByteStream, ConnectOptions, HostError, HostKey};

/// How long a hop may take until it has shown its key.
const HANDSHAKE: Duration = Duration::from_secs(15);
/// sshd's default `MaxSessions` is 10; two are left for ending commands.
const SESSIONS: usize = 8;

/// Everything needed to connect, again and again.
pub(super) struct Dialer {
    /// What the user calls the machine.
    pub(super) name: String,
    pub(super) route: Route,
    pub(super) options: ConnectOptions,
    pub(super) keyring: Keyring,
    pub(super) counter: Arc<Counter>,
    pub(super) last_words: Arc<LastWords>,
}

/// A connection with its login done. It ends when dropped.
pub(super) struct Connection {
    pub(super) handle: Handle<Checker>,
    /// Bounds commands at once.
    pub(super) sessions: Arc<Semaphore>,
    name: String,
    fate: Arc<Fate>,
    /// The hops below must live as long as this one.
    _through: Vec<Handle<Checker>>,
    /// Closes the wire.
    _cut: DropGuard,
}

impl Connection {
    /// Whether it is known to have ended.
    pub(super) fn is_closed(&self) -> bool {
        self.handle.is_closed()
    }

    /// The error of whatever was in flight when it ended.
    pub(super) fn lost(&self) -> HostError {
        let reason = self.fate.ended.get().cloned().unwrap_or_else(|| "the connection ended".into());
        HostError::ContactLost { host: self.name.clone(), reason }
    }
}

impl Dialer {
    /// Connects and logs in, hop by hop.
    pub(super) async fn dial(&self) -> Result<Connection, HostError> {
        let cut = CancellationToken::new();
        let _cut = cut.clone().drop_guard();
        let (stream, through) = self.reach_target(cut).await?;
        let (handle, fate) = self.handshake(stream, &self.route.target).await?;
        let handle = self.login(handle, &self.route.target).await?;
        let sessions = Arc::new(Semaphore::new(SESSIONS));
        Ok(Connection { handle, sessions, name: self.name.clone(), fate, _through: through, _cut })
    }

    /// The key that the target shows, whatever it is.
    pub(super) async fn scan(&self) -> Result<HostKey, HostError> {
        let cut = CancellationToken::new();
        let _cut = cut.clone().drop_guard();
        let (stream, _through) = self.reach_target(cut).await?;
        let target = &self.route.target;
        let fate = Arc::new(Fate::default());
        let shaken = self.shake(stream, target, fate.clone()).await;
        match (fate.offered.get(), shaken) {
            (Some(key), _) => Ok(HostKey { host: target.pin_host.clone(), port: target.port, key: key.clone() }),
            (None, Err(error)) => Err(error),
            (None, Ok(_)) => Err(self.unreachable(target, "it shows no key".into())),
        }
    }

    async fn reach_target(&self, cut: CancellationToken) -> Result<(ByteStream, Vec<Handle<Checker>>), HostError> {
        let first = self.route.through.first().unwrap_or(&self.route.target);
        let mut stream = self.first_stream(first, cut).await?;
        let mut through = Vec::new();
        let nexts = self.route.through.iter().skip(1).chain([&self.route.target]);
        for (hop, next) in self.route.through.iter().zip(nexts) {
            let (handle, _) = self.handshake(stream, hop).await?;
            let handle = self.login(handle, hop).await?;
            let open = handle.channel_open_direct_tcpip(next.host.as_str(), u32::from(next.port), "127.0.0.1", 0);
            let channel = timeout(HANDSHAKE, open).await.map_err(|_| self.unreachable(next, no_answer()))?;
            let reason = |e| format!("{} does not lead there: {e}", hop.host);
            stream = Box::new(channel.map_err(|e| self.unreachable(next, reason(e)))?.into_stream());
            through.push(handle);
        }
        Ok((stream, through))
    }

    async fn first_stream(&self, hop: &Hop, cut: CancellationToken) -> Result<ByteStream, HostError> {
        if let Some(command) = &self.route.proxy_command {
            let stream = proxy::start(command, &self.last_words).await?;
            return Ok(Box::new(Wire::new(stream, self.counter.clone(), cut)));
        }
        let connect = timeout(HANDSHAKE, TcpStream::connect((hop.host.as_str(), hop.port)));
        let stream = connect.await.map_err(|_| self.unreachable(hop, no_answer()))?;
        let stream = stream.map_err(|e| self.unreachable(hop, e.to_string()))?;
        // Without it small requests wait for each other; a system that refuses it is only slower.
        let _ = stream.set_nodelay(true);
        Ok(Box::new(Wire::new(stream, self.counter.clone(), cut)))
    }

    async fn handshake(&self, stream: ByteStream, hop: &Hop) -> Result<(Handle<Checker>, Arc<Fate>), HostError> {
        let fate = Arc::new(Fate::default());
        Ok((self.shake(stream, hop, fate.clone()).await?, fate))
    }

    async fn shake(&self, stream: ByteStream, hop: &Hop, fate: Arc<Fate>) -> Result<Handle<Checker>, HostError> {
        let known = Known::look_up(hop, &self.options).await?;
        let config = Arc::new(config(&known));
        let connected = timeout(HANDSHAKE, connect_stream(config, stream, Checker { known, fate: fate.clone() })).await;
        if let Some(refused) = fate.refused.get() {
            return Err(refused.clone());
        }
        connected.map_err(|_| self.unreachable(hop, no_answer()))?.map_err(|e| self.unreachable(hop, e.to_string()))
    }

    async fn login(&self, mut handle: Handle<Checker>, hop: &Hop) -> Result<Handle<Checker>, HostError> {
        login(&mut handle, hop, &self.keyring).await?;
        Ok(handle)
    }

    fn unreachable(&self, hop: &Hop, reason: String) -> HostError {
        let target = &self.route.target;
        let same = hop.host == target.host && hop.port == target.port;
        let host = if same { self.name.clone() } else { format!("{} (on the way to {})", hop.host, self.name) };
        let said = self.last_words.text().map(|text| format!("; ProxyCommand says: {text}")).unwrap_or_default();
        HostError::Unreachable { host, reason: format!("{} port {}: {reason}{said}", hop.host, hop.port) }
    }
}

fn no_answer() -> String {
    format!("no answer within {} s", HANDSHAKE.as_secs())
}

/// Silence is noticed after 15 s: two unanswered keepalives, then a third interval. No compression: a hostile server
/// could blow up what it sends.
fn config(known: &Known) -> Config {
    Config {
        client_id: russh::SshId::Standard(Cow::Borrowed(concat!("SSH-2.0-Plimsoll_", env!("CARGO_PKG_VERSION")))),
        keepalive_interval: Some(Duration::from_secs(5)),
        keepalive_max: 2,
        preferred: Preferred {
            key: Cow::Owned(known.preferred()),
            compression: Cow::Borrowed(&[russh::compression::NONE]),
            ..Preferred::DEFAULT
        },
        ..client::Config::default()
    }
}
