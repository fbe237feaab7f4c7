//! A process of this machine, in a group of its own, which ends with whoever asked for it.

use std::{process::Stdio, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    process::{Child, ChildStdin},
    sync::oneshot,
};
use tokio_util::sync::CancellationToken;

use crate::host::{
    Command, HostError, Output, Running,
    collect::{Guarded, label, timed_out},
};

/// A process, or the answer of a shell that does not find it.
pub(super) enum Started {
    Running(Running),
    NotFound(Output),
}

pub(super) fn start(command: Command) -> Result<Started, HostError> {
    let what = label(&command);
    let failed = |reason: String| HostError::Failed { what: format!("start `{what}`"), reason };
    if let Some(dir) = command.dir.as_ref().filter(|d| !std::path::Path::new(d).is_dir()) {
        return Err(failed(format!("there is no folder {dir}")));
    }
    match prepare(&command).ok_or_else(|| failed("the command is empty".into()))?.spawn() {
        Ok(child) => Ok(Started::Running(attach(child, command).ok_or_else(|| failed("it has no streams".into()))?)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            Ok(Started::NotFound(Output { status: 127, stdout: Vec::new(), stderr: format!("{what}: not found\n").into_bytes() }))
        }
        Err(e) => Err(failed(e.to_string())),
    }
}

fn prepare(command: &Command) -> Option<tokio::process::Command> {
    let (program, args) = command.argv.split_first()?;
    let mut process = tokio::process::Command::new(program);
    process.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command.dir.iter().for_each(|dir| {
        process.current_dir(dir);
    });
    #[cfg(unix)]
    process.process_group(0);
    Some(process)
}

fn attach(mut child: Child, command: Command) -> Option<Running> {
    let (stdin, stdout, stderr) = (child.stdin.take()?, child.stdout.take()?, child.stderr.take()?);
    let (ours, theirs) = tokio::io::duplex(64 << 10);
    let token = CancellationToken::new();
    let guard = Arc::new(token.clone().drop_guard());
    let (told, status) = oneshot::channel();
    tokio::spawn(feed(stdin, theirs, command.stdin.clone(), token.clone()));
    tokio::spawn(supervise(child, command, token, told));
    Some(Running {
        stdin: Box::pin(ours),
        stdout: Box::pin(Guarded { stream: stdout, _guard: guard.clone() }),
        stderr: Box::pin(Guarded { stream: stderr, _guard: guard.clone() }),
        status: Box::pin(async move {
            let _guard = guard;
            status.await.unwrap_or_else(|_| {
                Err(HostError::Failed { what: "wait for a command".into(), reason: "its watcher is gone".into() })
            })
        }),
    })
}

/// Writes what was given with the command, then what comes later. A command that does not read ends the writing.
async fn feed(mut stdin: ChildStdin, mut later: DuplexStream, first: Vec<u8>, token: CancellationToken) {
    let write = async {
        stdin.write_all(&first).await?;
        let mut buffer = vec![0; 64 << 10];
        loop {
            match later.read(&mut buffer).await? {
                0 => return std::io::Result::Ok(()),
                n => stdin.write_all(&buffer[..n]).await?,
            }
        }
    };
    tokio::select! {
        _ = write => {}
        () = token.cancelled() => {}
    }
}

async fn supervise(mut child: Child, command: Command, token: CancellationToken, told: oneshot::Sender<Result<i32, HostError>>) {
    let answer = tokio::select! {
        status = child.wait() => Ok(status),
        () = tokio::time::sleep(command.deadline) => Err(timed_out(&command)),
        () = token.cancelled() => Err(timed_out(&command)),
    };
    let answer = match answer {
        Ok(Ok(status)) => Ok(code(status)),
        Ok(Err(e)) => Err(HostError::Failed { what: format!("wait for `{}`", label(&command)), reason: e.to_string() }),
        Err(e) => {
            end(&mut child).await;
            Err(e)
        }
    };
    // Nobody listens any more when the command was dropped.
    let _ = told.send(answer);
}

#[cfg(unix)]
fn code(status: std::process::ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().or_else(|| status.signal().map(|s| 128 + s)).unwrap_or(-1)
}

#[cfg(not(unix))]
fn code(status: std::process::ExitStatus) -> i32 {
    status.code().unwrap_or(-1)
}

/// Asks the whole group to end, and makes it end after 2 s.
#[cfg(unix)]
async fn end(child: &mut Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let Some(group) = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)) else { return };
    // A group that is gone already is what we want.
    let _ = kill_process_group(group, Signal::TERM);
    let _ = tokio::time::timeout(Duration::from_secs(2), child.wait()).await;
    let _ = kill_process_group(group, Signal::KILL);
    let _ = child.wait().await;
}

#[cfg(not(unix))]
async fn end(child: &mut Child) {
    // A process that is gone already is what we want.
    let _ = tokio::time::timeout(Duration::from_secs(2), child.kill()).await;
}
