//! A ProxyCommand: a local command whose standard streams lead to the first hop.
//!
//! Owns: its process. Must never know: whether it may run; that was asked before.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf},
    task::JoinHandle,
};

use crate::host::{Command, Host, HostError, Running, local::LocalHost};

/// The command's two streams. It ends when this is dropped.
pub(super) struct Proxy {
    stdin: Pin<Box<dyn AsyncWrite + Send>>,
    stdout: Pin<Box<dyn AsyncRead + Send>>,
    drain: JoinHandle<()>,
}

/// The last words of a machine's proxy commands; they say why there is no way.
#[derive(Default)]
pub(super) struct LastWords(Mutex<Vec<u8>>);

impl LastWords {
    fn add(&self, bytes: &[u8]) {
        let mut words = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        words.extend_from_slice(bytes);
        let surplus = words.len().saturating_sub(KEPT);
        words.drain(..surplus);
    }

    /// As text; `None` if nothing was said.
    pub(super) fn text(&self) -> Option<String> {
        let words = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Some(String::from_utf8_lossy(&words).trim().to_owned()).filter(|text| !text.is_empty())
    }
}

const KEPT: usize = 2048;

/// A connection may live as long as the app.
const ALWAYS: Duration = Duration::from_secs(10 * 365 * 86_400);

/// Starts a command line that is ready for the shell, as OpenSSH does.
pub(super) async fn start(line: &str, last_words: &Arc<LastWords>) -> Result<Proxy, HostError> {
    #[cfg(unix)]
    let argv = ["sh", "-c", line];
    #[cfg(windows)]
    let argv = ["cmd", "/C", line];
    let running = LocalHost::new("this machine").spawn(Command::new(argv).deadline(ALWAYS)).await?;
    let Running { stdin, stdout, mut stderr, status } = running;
    let last_words = last_words.clone();
    let drain = tokio::spawn(async move {
        let mut buffer = [0; 4096];
        while let Ok(n @ 1..) = stderr.read(&mut buffer).await {
            last_words.add(&buffer[..n]);
        }
        drop(status);
    });
    Ok(Proxy { stdin, stdout, drain })
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.drain.abort();
    }
}

impl AsyncRead for Proxy {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let before = buf.filled().len();
        let read = self.stdout.as_mut().poll_read(cx, buf);
        let ended = matches!(read, Poll::Ready(Ok(()))) && buf.filled().len() == before && buf.remaining() > 0;
        // Its last words come before its end is told.
        if ended && !self.drain.is_finished() && Pin::new(&mut self.drain).poll(cx).is_pending() {
            return Poll::Pending;
        }
        read
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
