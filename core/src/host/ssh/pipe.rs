//! A pipe in memory, bounded in bytes, whose reader learns whether it ended well.
//!
//! Owns: what waits to be read. Must never know: ssh.

use std::{
    collections::VecDeque,
    future::poll_fn,
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::host::HostError;

/// A pipe that holds about `capacity` bytes.
pub(super) fn pipe(capacity: usize) -> (PipeWriter, PipeReader) {
    let state = Arc::new(Mutex::new(State { capacity, ..State::default() }));
    (PipeWriter(state.clone()), PipeReader(state))
}

#[derive(Default)]
struct State {
    capacity: usize,
    chunks: VecDeque<Bytes>,
    len: usize,
    /// How it ended, once it has.
    end: Option<Result<(), HostError>>,
    reader_gone: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl State {
    fn push(&mut self, bytes: Bytes) {
        self.len += bytes.len();
        self.chunks.push_back(bytes);
        self.reader.take().into_iter().for_each(Waker::wake);
    }

    fn took(&mut self, n: usize) {
        self.len -= n;
        self.writer.take().into_iter().for_each(Waker::wake);
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The end that fills it. Dropping it is a clean end, unless another was told before.
pub(super) struct PipeWriter(Arc<Mutex<State>>);

impl PipeWriter {
    /// Adds bytes when there is room; forgets them when nobody reads any more.
    pub(super) async fn write(&self, bytes: Bytes) {
        poll_fn(|cx| self.poll_room(cx)).await;
        self.put(bytes);
    }

    /// Adds bytes now, or says that there is no room.
    pub(super) fn offer(&self, bytes: Bytes) -> bool {
        let mut state = lock(&self.0);
        let fits = state.reader_gone || state.len + bytes.len() <= state.capacity;
        if fits && !state.reader_gone && !bytes.is_empty() {
            state.push(bytes);
        }
        fits
    }

    /// Ends it; only the first end counts.
    pub(super) fn end(&self, end: Result<(), HostError>) {
        let mut state = lock(&self.0);
        state.end.get_or_insert(end);
        state.reader.take().into_iter().for_each(Waker::wake);
    }

    fn put(&self, bytes: Bytes) {
        let mut state = lock(&self.0);
        if !state.reader_gone && !bytes.is_empty() {
            state.push(bytes);
        }
    }

    fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = lock(&self.0);
        if state.reader_gone || state.len < state.capacity {
            return Poll::Ready(());
        }
        state.writer = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for PipeWriter {
    fn drop(&mut self) {
        self.end(Ok(()));
    }
}

impl AsyncWrite for PipeWriter {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.poll_room(cx).is_pending() {
            return Poll::Pending;
        }
        let mut state = lock(&self.0);
        if state.reader_gone || state.end.is_some() {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let n = buf.len().min(state.capacity);
        state.push(Bytes::copy_from_slice(&buf[..n]));
        Poll::Ready(Ok(n))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.end(Ok(()));
        Poll::Ready(Ok(()))
    }
}

/// The end that empties it. What was written before a bad end is still read; then the error comes.
pub(super) struct PipeReader(Arc<Mutex<State>>);

impl PipeReader {
    /// The next bytes; `None` at a clean end.
    pub(super) async fn chunk(&mut self) -> Option<Result<Bytes, HostError>> {
        poll_fn(|cx| {
            let mut state = lock(&self.0);
            if let Some(bytes) = state.chunks.pop_front() {
                state.took(bytes.len());
                return Poll::Ready(Some(Ok(bytes)));
            }
            match &state.end {
                Some(end) => Poll::Ready(end.clone().err().map(Err)),
                None => {
                    state.reader = Some(cx.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

impl AsyncRead for PipeReader {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut state = lock(&self.0);
        if let Some(mut bytes) = state.chunks.pop_front() {
            let taken = bytes.split_to(bytes.len().min(buf.remaining()));
            buf.put_slice(&taken);
            if !bytes.is_empty() {
                state.chunks.push_front(bytes);
            }
            state.took(taken.len());
            return Poll::Ready(Ok(()));
        }
        match &state.end {
            Some(Ok(())) => Poll::Ready(Ok(())),
            Some(Err(fault)) => Poll::Ready(Err(io::Error::other(fault.clone()))),
            None => {
                state.reader = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for PipeReader {
    fn drop(&mut self) {
        let mut state = lock(&self.0);
        state.reader_gone = true;
        state.chunks.clear();
        state.writer.take().into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures_util::FutureExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::pipe;
    use crate::host::HostError;

    #[tokio::test]
    async fn what_came_before_a_bad_end_is_read_first() {
        let (writer, mut reader) = pipe(10);
        writer.write(Bytes::from_static(b"abc")).await;
        writer.end(Err(HostError::Refused("cut".into())));
        let mut text = Vec::new();
        let error = reader.read_to_end(&mut text).await.unwrap_err();
        assert_eq!((&text[..], error.to_string()), (&b"abc"[..], "cut".to_owned()));
    }

    #[tokio::test]
    async fn a_full_pipe_waits_or_says_so() {
        let (writer, mut reader) = pipe(2);
        assert!(writer.offer(Bytes::from_static(b"ab")));
        assert!(!writer.offer(Bytes::from_static(b"c")));
        assert!(writer.write(Bytes::from_static(b"c")).now_or_never().is_none());
        assert_eq!(reader.read_u8().await.unwrap(), b'a');
        writer.write(Bytes::from_static(b"c")).await;
        drop(reader);
        assert!(writer.offer(Bytes::from_static(b"xyz")), "nobody reads: nothing to keep");
    }

    #[tokio::test]
    async fn dropping_the_writer_ends_it_cleanly() {
        let (mut writer, mut reader) = pipe(4);
        writer.write_all(b"1234").await.unwrap();
        drop(writer);
        assert_eq!(reader.chunk().await.unwrap().unwrap(), "1234");
        assert!(reader.chunk().await.is_none());
    }
}
