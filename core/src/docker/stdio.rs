//! A command's standard streams as one duplex stream: the way to an engine where no socket can be dialled.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinHandle,
};

use crate::host::{ByteStream, Command, Host, HostError, Lane, Running};

/// sshd allows ten sessions per connection by default; two stay free for commands.
pub(super) const MOST_AT_ONCE: usize = 8;

/// Starts `argv` and joins its standard input and output. Waits while [`MOST_AT_ONCE`] of them run.
pub(super) async fn open(
    host: &dyn Host,
    argv: Vec<String>,
    lane: Lane,
    slots: &Arc<Semaphore>,
) -> Result<ByteStream, HostError> {
    let closed = |_| HostError::ContactLost { host: host.name().to_owned(), reason: "the engine is no longer used".to_owned() };
    let slot = Arc::clone(slots).acquire_owned().await.map_err(closed)?;
    let mut command = Command::new(argv);
    command.lane = lane;
    // It lives as long as the engine is used; every request on it has a deadline of its own.
    command.deadline = std::time::Duration::from_secs(24 * 3600);
    Ok(Box::new(Stdio::new(host.spawn(command).await?, slot)))
}

struct Stdio {
    running: Parts,
    complaints: JoinHandle<()>,
    _slot: OwnedSemaphorePermit,
}

/// [`Running`] without its standard error, which has its own reader.
struct Parts {
    stdin: Pin<Box<dyn AsyncWrite + Send>>,
    stdout: Pin<Box<dyn AsyncRead + Send>>,
    _status: Pin<Box<dyn Future<Output = Result<i32, HostError>> + Send>>,
}

impl Stdio {
    fn new(running: Running, slot: OwnedSemaphorePermit) -> Self {
        let Running { stdin, stdout, stderr, status } = running;
        // Read, so that it never blocks the connection; why it failed is asked by a command of its own.
        let complaints = tokio::spawn(async move {
            let mut stderr = stderr;
            let mut unused = [0; 4096];
            while matches!(stderr.read(&mut unused).await, Ok(n) if n > 0) {}
        });
        Self { running: Parts { stdin, stdout, _status: status }, complaints, _slot: slot }
    }
}

impl Drop for Stdio {
    fn drop(&mut self) {
        self.complaints.abort();
    }
}

impl AsyncRead for Stdio {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.running.stdout.as_mut().poll_read(cx, buf)
    }
}

impl AsyncWrite for Stdio {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.running.stdin.as_mut().poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.running.stdin.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.running.stdin.as_mut().poll_shutdown(cx)
    }
}
