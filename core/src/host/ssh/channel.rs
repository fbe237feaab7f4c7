//! Commands and sockets as channels of a connection.
//!
//! Owns: draining every channel from a task of its own, deadlines, ending what was dropped. Must never know: files.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf, client::Msg};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::{OwnedSemaphorePermit, oneshot},
    time::{Instant, timeout, timeout_at},
};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    lanes::{Lanes, Lease},
    pipe::{PipeReader, PipeWriter, pipe},
    remote::{Pid, end_line, exec_line},
};
use crate::host::{
    ByteStream, Command, HostError, Lane, Running,
    collect::{Guarded, label, timed_out},
};

/// How long a channel may take to open.
const OPEN: Duration = Duration::from_secs(20);
/// Deadlines beyond this are none.
const ALWAYS: Duration = Duration::from_secs(10 * 365 * 86_400);
/// What may wait to be written.
const OUTGOING: usize = 256 << 10;
/// What may wait to be read from a socket on a shared connection, and on one of its own.
const SHARED: usize = 16 << 20;
const OWN: usize = 1 << 20;

/// Starts a command. A connection that turns out to be gone before anything was sent is made again, once.
pub(super) async fn exec(lanes: &Arc<Lanes>, lane: Lane, command: Command) -> Result<Running, HostError> {
    let line = exec_line(&command)?;
    let (lease, permit, channel) = match session(lanes, lane, &command).await {
        Err(HostError::ContactLost { .. }) => session(lanes, lane, &command).await?,
        // A server with a low `MaxSessions`: another connection has room.
        Err(HostError::Failed { .. }) if lane == Lane::Control => session(lanes, Lane::Bulk, &command).await?,
        other => other?,
    };
    let now = Instant::now();
    let until = now.checked_add(command.deadline).unwrap_or(now + ALWAYS);
    let sent = timeout_at(until, channel.exec(true, line)).await.map_err(|_| timed_out(&command))?;
    sent.map_err(|_| lease.connection.lost())?;
    Ok(attach(Session { lease, command, until, permit }, channel))
}

async fn session(
    lanes: &Arc<Lanes>,
    lane: Lane,
    command: &Command,
) -> Result<(Lease, OwnedSemaphorePermit, Channel<Msg>), HostError> {
    let lease = lanes.lease(lane).await?;
    let permit = timeout(command.deadline, lease.connection.sessions.clone().acquire_owned()).await;
    let permit = permit.map_err(|_| timed_out(command))?.map_err(|_| lease.connection.lost())?;
    let channel = open(&lease, lease.connection.handle.channel_open_session()).await?;
    Ok((lease, permit, channel))
}

/// Opens a stream to a socket.
pub(super) async fn socket(lanes: &Arc<Lanes>, lane: Lane, path: &str) -> Result<ByteStream, HostError> {
    let (lease, channel) = match streamlocal(lanes, lane, path).await {
        Err(HostError::ContactLost { .. }) => streamlocal(lanes, lane, path).await?,
        other => other?,
    };
    let (out, reader) = pipe(if lease.is_shared() { SHARED } else { OWN });
    let (writer, later) = pipe(OUTGOING);
    let token = CancellationToken::new();
    let guard = token.clone().drop_guard();
    let (read, write) = channel.split();
    let write = Arc::new(write);
    tokio::spawn(feed(write.clone(), Vec::new(), later, token.clone()));
    tokio::spawn(relay(lease, read, write, out, token));
    Ok(Box::new(Socket { reader, writer, _guard: guard }))
}

async fn streamlocal(lanes: &Arc<Lanes>, lane: Lane, path: &str) -> Result<(Lease, Channel<Msg>), HostError> {
    let lease = lanes.lease(lane).await?;
    let channel = open(&lease, lease.connection.handle.channel_open_direct_streamlocal(path)).await;
    let channel = channel.map_err(|e| match e {
        HostError::Failed { reason, .. } => HostError::Failed { what: format!("open {path}"), reason },
        other => other,
    })?;
    Ok((lease, channel))
}

async fn open(
    lease: &Lease,
    opening: impl Future<Output = Result<Channel<Msg>, russh::Error>>,
) -> Result<Channel<Msg>, HostError> {
    match timeout(OPEN, opening).await {
        Ok(Ok(channel)) => Ok(channel),
        Ok(Err(russh::Error::ChannelOpenFailure(reason))) => {
            Err(HostError::Failed { what: "open a channel".into(), reason: format!("the ssh server answers {reason:?}") })
        }
        Ok(Err(_)) => Err(lease.connection.lost()),
        Err(_) => Err(HostError::TimedOut { what: "open a channel".into(), seconds: OPEN.as_secs() }),
    }
}

/// A command on its channel, until its end.
struct Session {
    lease: Lease,
    command: Command,
    until: Instant,
    permit: OwnedSemaphorePermit,
}

impl Session {
    /// On a connection of its own a command waits for its reader; on a shared one nothing may wait.
    async fn hand_on(&self, pipe: &PipeWriter, data: Bytes) -> Result<(), HostError> {
        if !self.lease.is_shared() {
            pipe.write(data).await;
            return Ok(());
        }
        let (what, cap) = (label(&self.command), self.command.cap);
        pipe.offer(data).then_some(()).ok_or(HostError::Refused(format!("`{what}` prints more than {cap} bytes")))
    }
}

fn attach(mut session: Session, channel: Channel<Msg>) -> Running {
    let (out, stdout) = pipe(session.command.cap);
    let (err, stderr) = pipe(session.command.cap);
    let (stdin, later) = pipe(OUTGOING);
    let (told, status) = oneshot::channel();
    let token = CancellationToken::new();
    let guard = Arc::new(token.clone().drop_guard());
    let (read, write) = channel.split();
    let write = Arc::new(write);
    let first = std::mem::take(&mut session.command.stdin);
    let closed = CancellationToken::new();
    tokio::spawn(feed(write.clone(), first, later, closed.clone()));
    tokio::spawn(drain(session, read, write, Outputs { out, err, pid: Pid::default() }, token, closed, told));
    Running {
        stdin: Box::pin(stdin),
        stdout: Box::pin(Guarded { stream: stdout, _guard: guard.clone() }),
        stderr: Box::pin(Guarded { stream: stderr, _guard: guard.clone() }),
        status: Box::pin(async move {
            let _guard = guard;
            let gone = || HostError::Failed { what: "wait for a command".into(), reason: "its watcher is gone".into() };
            status.await.unwrap_or_else(|_| Err(gone()))
        }),
    }
}

/// Sends what was given, then what comes later, then the end. A channel that was closed takes nothing more.
async fn feed(write: Arc<ChannelWriteHalf<Msg>>, first: Vec<u8>, mut later: PipeReader, closed: CancellationToken) {
    let send = async {
        write.data_bytes(first).await?;
        while let Some(Ok(bytes)) = later.chunk().await {
            write.data_bytes(bytes).await?;
        }
        write.eof().await
    };
    tokio::select! {
        _ = send => {}
        () = closed.cancelled() => {}
    }
}

struct Outputs {
    out: PipeWriter,
    err: PipeWriter,
    pid: Pid,
}

impl Outputs {
    /// Hands everything on until the channel is closed.
    async fn pass_on(&mut self, read: &mut ChannelReadHalf, session: &Session) -> Result<i32, HostError> {
        let mut status = None;
        while let Some(message) = read.wait().await {
            match message {
                ChannelMsg::Data { data } => session.hand_on(&self.out, data).await?,
                ChannelMsg::ExtendedData { data, ext: 1 } => session.hand_on(&self.err, self.pid.strip(data)).await?,
                ChannelMsg::ExitStatus { exit_status } => status = Some(i32::try_from(exit_status).unwrap_or(i32::MAX)),
                ChannelMsg::ExitSignal { signal_name, .. } => status = Some(128 + number(&signal_name)),
                ChannelMsg::Failure => return Err(refused(&session.command)),
                ChannelMsg::Close => {
                    session.hand_on(&self.err, self.pid.rest()).await?;
                    return status.ok_or_else(|| refused(&session.command));
                }
                _ => {}
            }
        }
        Err(session.lease.connection.lost())
    }
}

fn refused(command: &Command) -> HostError {
    let reason = "the ssh server ended it without an exit status".to_owned();
    HostError::Failed { what: format!("run `{}`", label(command)), reason }
}

async fn drain(
    session: Session,
    mut read: ChannelReadHalf,
    write: Arc<ChannelWriteHalf<Msg>>,
    mut outputs: Outputs,
    dropped: CancellationToken,
    closed: CancellationToken,
    told: oneshot::Sender<Result<i32, HostError>>,
) {
    let ended = tokio::select! {
        ended = outputs.pass_on(&mut read, &session) => ended,
        () = tokio::time::sleep_until(session.until) => Err(timed_out(&session.command)),
        () = dropped.cancelled() => Err(timed_out(&session.command)),
    };
    closed.cancel();
    // From here on the connection may not wait for this channel.
    drop(read);
    let end = ended.as_ref().map(|_| ()).map_err(Clone::clone);
    outputs.out.end(end.clone());
    outputs.err.end(end);
    let well = ended.is_ok();
    // Nobody listens any more when the command was dropped.
    let _ = told.send(ended);
    if well {
        drop(session.permit);
        session.lease.give_back();
    } else if !session.lease.connection.is_closed() {
        abandon(&session.lease, &write, outputs.pid.number()).await;
    }
}

/// Closes a channel whose command goes on, and ends the command: closing alone would not.
async fn abandon(lease: &Lease, write: &ChannelWriteHalf<Msg>, pid: Option<u32>) {
    let end = async {
        write.close().await.ok()?;
        let channel = lease.connection.handle.channel_open_session().await.ok()?;
        channel.exec(true, end_line(pid?)).await.ok()?;
        let (mut read, _write) = channel.split();
        while read.wait().await.is_some_and(|m| !matches!(m, ChannelMsg::Close)) {}
        Some(())
    };
    // Contact may be lost meanwhile; the command then ends when it next prints.
    let _ = timeout(OPEN, end).await;
}

fn number(signal: &russh::Sig) -> i32 {
    match signal {
        russh::Sig::HUP => 1,
        russh::Sig::INT => 2,
        russh::Sig::QUIT => 3,
        russh::Sig::ILL => 4,
        russh::Sig::ABRT => 6,
        russh::Sig::FPE => 8,
        russh::Sig::KILL => 9,
        russh::Sig::USR1 => 10,
        russh::Sig::SEGV => 11,
        russh::Sig::PIPE => 13,
        russh::Sig::ALRM => 14,
        russh::Sig::TERM => 15,
        russh::Sig::Custom(_) => 0,
    }
}

/// Hands on what a socket sends.
async fn relay(
    lease: Lease,
    mut read: ChannelReadHalf,
    write: Arc<ChannelWriteHalf<Msg>>,
    out: PipeWriter,
    token: CancellationToken,
) {
    let shared = lease.is_shared();
    let pass_on = async {
        while let Some(message) = read.wait().await {
            match message {
                ChannelMsg::Data { data } => receive(&out, data, shared).await?,
                ChannelMsg::Eof => out.end(Ok(())),
                ChannelMsg::Close => return Ok(()),
                _ => {}
            }
        }
        Err(lease.connection.lost())
    };
    let ended = tokio::select! {
        ended = pass_on => ended,
        () = token.cancelled() => Err(HostError::Refused("the stream was dropped".into())),
    };
    token.cancel();
    drop(read);
    let well = ended.is_ok();
    out.end(ended);
    if well {
        lease.give_back();
    } else {
        // A connection that is gone has no channel to close.
        let _ = timeout(OPEN, write.close()).await;
    }
}

async fn receive(out: &PipeWriter, data: Bytes, shared: bool) -> Result<(), HostError> {
    if !shared {
        out.write(data).await;
        return Ok(());
    }
    let full = || HostError::Refused(format!("more than {} MiB of a socket's answer wait to be read", SHARED >> 20));
    out.offer(data).then_some(()).ok_or_else(full)
}

/// A socket over there.
struct Socket {
    reader: PipeReader,
    writer: PipeWriter,
    _guard: DropGuard,
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.reader).poll_read(cx, buf)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.writer).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.writer).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.writer).poll_shutdown(cx)
    }
}
