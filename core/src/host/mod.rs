//! A machine that runs commands.
//!
//! Owns: the one trait through which every other room reaches a machine.
//! Must never know: Docker, Compose, deployments.

mod collect;
pub mod facts;
pub mod local;
pub mod lock;
mod options;
mod problem;
pub mod quote;
mod socket;
pub mod ssh;

use std::{pin::Pin, sync::Arc, time::Duration};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::domain::server::Destination;

pub use options::{AskPassphrase, ConfigEntry, ConnectOptions, HostKey, NeverAsk, PinnedKey, Pins};
pub use socket::{SocketState, socket_state};

/// Reaches a machine: this one, or one over ssh. `name` is what the user calls it.
/// Over ssh the control connection is made before this returns, so that a wrong key or a refused login shows here.
///
/// # Errors
/// When the ssh configuration needs consent or cannot be used, the host cannot be reached, its key is not the pinned
/// one, or the login is refused.
pub async fn connect(destination: &Destination, name: &str, options: &ConnectOptions) -> Result<Arc<dyn Host>, HostError> {
    match destination {
        Destination::Local => Ok(Arc::new(local::LocalHost::new(name))),
        Destination::Ssh { .. } => Ok(Arc::new(ssh::SshHost::connect(destination, name, options).await?)),
    }
}

/// Asks a machine for its host key without logging in, for a first contact. Jump hosts before it must be known.
///
/// # Errors
/// As for [`connect`], except that an unknown or changed key of the machine itself is the answer, not an error.
pub async fn scan_key(destination: &Destination, name: &str, options: &ConnectOptions) -> Result<HostKey, HostError> {
    ssh::scan_key(destination, name, options).await
}

/// The address under which a machine's key is pinned: host and port. Nobody is contacted.
///
/// # Errors
/// When the ssh configuration needs consent or cannot be used.
pub async fn pin_address(destination: &Destination, options: &ConnectOptions) -> Result<(String, u16), HostError> {
    ssh::pin_address(destination, options).await
}

/// The user's home folder as ssh sees it, whatever `HOME` says.
pub async fn home() -> Option<std::path::PathBuf> {
    ssh::home().await
}

/// The user's login name on this machine, or its number.
pub async fn login() -> Option<String> {
    ssh::login().await
}

/// The entries of the ssh configuration (the user's and the machine's, or this file), with all that they include, that
/// name one machine. Nothing is run.
///
/// # Errors
/// When a file cannot be read or an `Include` cannot be followed.
pub async fn config_entries(config: Option<&std::path::Path>) -> Result<Vec<ConfigEntry>, HostError> {
    ssh::config_entries(config).await
}

/// A machine that runs commands, keeps files and lets its sockets be dialled.
#[async_trait]
pub trait Host: Send + Sync {
    /// What the user calls it, for messages.
    fn name(&self) -> &str;

    /// Runs a command to its end and returns all it printed.
    ///
    /// # Errors
    /// When the command cannot be started, the deadline passes, an output cap is exceeded or contact is lost.
    /// A non-zero exit status is *not* an error here.
    async fn run(&self, command: Command) -> Result<Output, HostError>;

    /// Starts a command and hands out its streams. Dropping the answer ends it.
    ///
    /// # Errors
    /// As for [`Host::run`], until the command has started.
    async fn spawn(&self, command: Command) -> Result<Running, HostError>;

    /// Opens a byte stream to a Unix socket of that machine, for requests with short answers: it shares its
    /// connection with others, so a stream on which more than 16 MiB wait to be read is cut.
    ///
    /// # Errors
    /// When the socket is missing, refuses, or contact is lost. [`socket_state`] tells the first two apart.
    async fn dial(&self, socket: &str) -> Result<ByteStream, HostError>;

    /// The same for a large or endless answer (logs, events, pulls): it has a connection of its own, so that reading
    /// it late only slows the sender.
    ///
    /// # Errors
    /// As for [`Host::dial`].
    async fn dial_bulk(&self, socket: &str) -> Result<ByteStream, HostError> {
        self.dial(socket).await
    }

    /// Writes a file whole: to a temporary name beside it, then renamed, so that nobody ever sees half of it.
    /// Missing parent folders are made (mode 700).
    ///
    /// # Errors
    /// When it cannot be written (a full disk says so) or contact is lost.
    async fn put(&self, path: &str, content: &[u8], mode: u32) -> Result<(), HostError>;

    /// Reads a file whole; `None` if there is none.
    ///
    /// # Errors
    /// When it cannot be read, is larger than `cap` bytes, or contact is lost.
    async fn get(&self, path: &str, cap: u64) -> Result<Option<Vec<u8>>, HostError>;

    /// Bytes that crossed the wire so far on all connections of this host, the protocol's own included.
    fn traffic(&self) -> Traffic;
}

/// A duplex byte stream to somewhere on a host.
pub type ByteStream = Box<dyn DuplexStream>;

/// Anything that can be read and written.
pub trait DuplexStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> DuplexStream for T {}

/// A command as data: never joined into a string outside the one quoting function.
#[derive(Debug, Clone)]
pub struct Command {
    /// Program and arguments.
    pub argv: Vec<String>,
    /// What it reads on standard input.
    pub stdin: Vec<u8>,
    /// The folder it runs in.
    pub dir: Option<String>,
    /// How long it may take in all.
    pub deadline: Duration,
    /// Which connection it takes.
    pub lane: Lane,
    /// At most this many bytes of output are kept per stream; more is an error.
    pub cap: usize,
}

impl Command {
    /// A short command on the control lane: 30 s, 8 MiB.
    #[must_use]
    pub fn new<S: Into<String>>(argv: impl IntoIterator<Item = S>) -> Self {
        Self {
            argv: argv.into_iter().map(Into::into).collect(),
            stdin: Vec::new(),
            dir: None,
            deadline: Duration::from_secs(30),
            lane: Lane::Control,
            cap: 8 << 20,
        }
    }

    /// The same with something to read.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// The same in a folder.
    #[must_use]
    pub fn dir(mut self, dir: impl Into<String>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// The same with another deadline.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The same on the bulk connection: logs, pulls, packs, anything large or long.
    #[must_use]
    pub fn bulk(mut self) -> Self {
        self.lane = Lane::Bulk;
        self
    }
}

/// Which of a host's two connections is used, so that nothing unread ever blocks a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Short requests.
    Control,
    /// Large or long streams.
    Bulk,
}

/// What a finished command printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Exit status; 128 + n for a signal.
    pub status: i32,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
}

impl Output {
    /// Standard output as text, trimmed.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).trim().to_owned()
    }

    /// Whether the status was 0.
    #[must_use]
    pub fn success(&self) -> bool {
        self.status == 0
    }
}

/// A command that runs. Its streams are bounded; reading one late never blocks another request.
pub struct Running {
    /// Its standard input; dropping it closes it.
    pub stdin: Pin<Box<dyn AsyncWrite + Send>>,
    /// Its standard output.
    pub stdout: Pin<Box<dyn AsyncRead + Send>>,
    /// Its standard error.
    pub stderr: Pin<Box<dyn AsyncRead + Send>>,
    /// Resolves to the exit status after both outputs have ended.
    pub status: Pin<Box<dyn Future<Output = Result<i32, HostError>> + Send>>,
}

/// Bytes on the wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    /// To the host.
    pub sent: u64,
    /// From the host.
    pub received: u64,
}

/// Why a host did not do as asked. Messages are fragments fit for "failed to …".
#[derive(Debug, Clone, thiserror::Error)]
pub enum HostError {
    /// No connection could be made.
    #[error("cannot reach {host}: {reason}")]
    Unreachable { host: String, reason: String },
    /// The key is not pinned yet.
    #[error("the key of {host} is not known: {offered}")]
    KeyUnknown { host: String, port: u16, offered: PinnedKey },
    /// Another key, or another type of key, than the pinned one.
    #[error("{host} shows {offered}, pinned is {pinned}")]
    KeyChanged { host: String, port: u16, pinned: String, offered: PinnedKey },
    /// A key that is marked as revoked, or a certificate where a plain key is wanted.
    #[error("the key of {host} is refused: {reason}")]
    KeyRefused { host: String, reason: String },
    /// Every way to log in was refused.
    #[error("{host} refuses the login of {user}: {tried}")]
    AuthRefused { host: String, user: String, tried: String },
    /// A private key needs a passphrase.
    #[error("{path} needs its passphrase")]
    KeyLocked { path: String },
    /// The ssh configuration would run this; it needs consent first.
    #[error("ssh config would run `{command}`")]
    ConsentNeeded { command: String, digest: String },
    /// The ssh configuration cannot be used as it is.
    #[error("ssh config: {0}")]
    Config(String),
    /// An established connection broke or fell silent.
    #[error("contact with {host} is lost: {reason}")]
    ContactLost { host: String, reason: String },
    /// The deadline passed.
    #[error("`{what}` took longer than {seconds} s")]
    TimedOut { what: String, seconds: u64 },
    /// An argument that cannot be carried (NUL or newline), or a file that is too large.
    #[error("{0}")]
    Refused(String),
    /// A file or socket operation failed there.
    #[error("{what}: {reason}")]
    Failed { what: String, reason: String },
    /// No space there.
    #[error("no space left on {host} for {path}")]
    NoSpace { host: String, path: String },
}
