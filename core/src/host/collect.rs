//! A running command's output, whole.
//!
//! Owns: reading both outputs side by side within the cap, and what a cut stream says. Must never know: where it runs.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};
use tokio_util::sync::DropGuard;

use super::{Command, HostError, Output, Running};

/// Reads a command to its end.
pub(super) async fn collect(running: Running, what: &str, cap: usize) -> Result<Output, HostError> {
    let Running { stdin, mut stdout, mut stderr, status } = running;
    drop(stdin);
    let (stdout, stderr) = tokio::try_join!(read(&mut stdout, what, cap), read(&mut stderr, what, cap))?;
    Ok(Output { status: status.await?, stdout, stderr })
}

async fn read(stream: &mut Pin<Box<dyn AsyncRead + Send>>, what: &str, cap: usize) -> Result<Vec<u8>, HostError> {
    let mut bytes = Vec::new();
    stream.take(cap as u64 + 1).read_to_end(&mut bytes).await.map_err(|e| from_io(what, e))?;
    if bytes.len() > cap {
        return Err(HostError::Refused(format!("`{what}` prints more than {cap} bytes")));
    }
    Ok(bytes)
}

/// The error of this room that a stream carries, or the plain one.
pub(super) fn from_io(what: &str, error: io::Error) -> HostError {
    match error.downcast::<HostError>() {
        Ok(ours) => ours,
        Err(plain) => HostError::Failed { what: format!("read the output of `{what}`"), reason: plain.to_string() },
    }
}

/// What a command is called in messages: its first words, never all of its arguments.
pub(super) fn label(command: &Command) -> String {
    let words: Vec<&str> = command.argv.iter().take(3).map(String::as_str).collect();
    let text = words.join(" ");
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The error of a command that ran out of time.
pub(super) fn timed_out(command: &Command) -> HostError {
    HostError::TimedOut { what: label(command), seconds: command.deadline.as_secs() }
}

/// A stream that keeps its command alive: when the last one is dropped, the command ends.
pub(super) struct Guarded<S> {
    pub(super) stream: S,
    pub(super) _guard: Arc<DropGuard>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Guarded<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}
