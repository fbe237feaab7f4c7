//! A ProxyCommand: a local command whose standard streams lead to the first hop.
//!
//! Owns: its process. Must never know: whether it may run; that was asked before.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf},
    task::AbortHandle,
};

use crate::host::{Command, Host, HostError, Running, local::LocalHost};

/// The command's two streams. It ends when this is dropped.
pub(super) struct Proxy {
    stdin: Pin<Box<dyn AsyncWrite + Send>>,
    stdout: Pin<Box<dyn AsyncRead + Send>>,
    drain: AbortHandle,
}

/// A connection may live as long as the app.
const ALWAYS: Duration = Duration::from_secs(10 * 365 * 86_400);

/// Starts a command line that is ready for the shell, as OpenSSH does.
pub(super) async fn start(line: &str) -> Result<Proxy, HostError> {
    #[cfg(unix)]
    let argv = ["sh", "-c", line];
    #[cfg(windows)]
    let argv = ["cmd", "/C", line];
    let running = LocalHost::new("this machine").spawn(Command::new(argv).deadline(ALWAYS)).await?;
    let Running { stdin, stdout, mut stderr, status } = running;
    // What it complains about must not fill its pipe; the end of its output says that it failed.
    let drain = tokio::spawn(async move {
        let mut buffer = [0; 4096];
        while stderr.read(&mut buffer).await.is_ok_and(|n| n > 0) {}
        drop(status);
    });
    Ok(Proxy { stdin, stdout, drain: drain.abort_handle() })
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.drain.abort();
    }
}

impl AsyncRead for Proxy {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        self.stdout.as_mut().poll_read(cx, buf)
    }
}

impl AsyncWrite for Proxy {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        self.stdin.as_mut().poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        self.stdin.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        self.stdin.as_mut().poll_shutdown(cx)
    }
}
