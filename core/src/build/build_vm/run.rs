//! One build on the builder, from its order to its end.
//!
//! Owns: its streams and how it is cancelled. Must never know: what BuildKit's progress means.

use std::{pin::pin, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    sync::mpsc,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{content::Content, order, outcome, script::Script, source};
use crate::{
    build::{
        BuildError, BuildJob, BuildSink, Built, Ended,
        progress::{Event, Tracker},
    },
    domain::event::LogLine,
    host::{HostError, Running},
};

/// How long a cancelled build may take to end its processes and remove its credentials.
const WINDING_UP: Duration = Duration::from_secs(30);
/// Chunks that are read ahead of a listener that is busy.
const AHEAD: usize = 64;
/// Lines that a listener gets at once.
const BATCH: usize = 1000;
/// More than the metadata of any build.
const ANSWER: u64 = 16 << 20;

/// Builds and pushes.
pub(super) async fn build(
    script: &Script,
    job: &BuildJob,
    sink: &dyn BuildSink,
    cancel: &CancellationToken,
) -> Result<Ended<Built>, BuildError> {
    let Some(started) = cancel.run_until_cancelled(start(script, job)).await else { return Ok(Ended::Cancelled) };
    let Started { running, on_disk } = started?;
    let Running { stdin, stdout, stderr, status } = running;
    let mut tracker = Tracker::new(&job.services);
    let ended = {
        let mut follow = pin!(async {
            let (answer, ()) = tokio::join!(read(stdout), follow(stderr, &mut tracker, sink));
            status.await.map(|status| (status, answer))
        });
        tokio::select! {
            ended = &mut follow => ended,
            () = cancel.cancelled() => {
                // The script ends everything as soon as its input closes.
                drop(stdin);
                return wound_up(script, timeout(WINDING_UP, follow).await);
            }
        }
    };
    let (status, answer) = ended?;
    let mut built = outcome::of(script, job, status, &answer, &tracker)?;
    if on_disk {
        let name = script.host().name();
        built.notes.push(format!("{name} has no memory folder: credentials and secrets were on its disk during the build"));
    }
    Ok(Ended::Done(built))
}

/// A build under way.
struct Started {
    running: Running,
    on_disk: bool,
}

/// Starts the build and gives it its order; its input stays open.
async fn start(script: &Script, job: &BuildJob) -> Result<Started, BuildError> {
    let build = uuid::Uuid::now_v7().to_string();
    let content = Content::of(job).await?;
    let prepared = source::prepare(script, job, &content, &build).await?;
    source::send_missing(script, job, &content, &prepared).await?;
    let order = order::order(job, &content, &prepared.run)?;
    let (project, platform) = (job.project.to_string(), job.platform.to_string());
    let mut verb = vec!["build", &project, &build, script.access(), &platform];
    verb.extend(job.services.iter().map(|service| service.target.as_str()));
    let mut running = script.start(&verb).await?;
    // A script that ended before it read all of it says why with its status.
    if running.stdin.write_all(order.as_bytes()).await.is_ok() {
        let _ = running.stdin.flush().await;
    }
    Ok(Started { running, on_disk: prepared.on_disk })
}

fn wound_up<T>(
    script: &Script,
    ended: Result<Result<T, HostError>, tokio::time::error::Elapsed>,
) -> Result<Ended<Built>, BuildError> {
    match ended {
        Ok(Ok(_)) => Ok(Ended::Cancelled),
        Ok(Err(error)) => Err(error.into()),
        Err(_) => {
            let what = format!("ending the build on {}", script.host().name());
            Err(HostError::TimedOut { what, seconds: WINDING_UP.as_secs() }.into())
        }
    }
}

async fn read(stdout: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut answer = Vec::new();
    // A stream that breaks has a status that says why.
    let _ = stdout.take(ANSWER).read_to_end(&mut answer).await;
    answer
}

/// Reads ahead of the listener by a bounded number of chunks; then the build waits for the listener.
async fn follow(mut stderr: impl AsyncRead + Unpin, tracker: &mut Tracker, sink: &dyn BuildSink) {
    let (send, mut receive) = mpsc::channel(AHEAD);
    let read = async move {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(n @ 1..) = stderr.read(&mut buffer).await {
            if send.send(tracker.push(&buffer[..n])).await.is_err() {
                return;
            }
        }
        let _ = send.send(tracker.finish()).await;
    };
    let tell = async {
        while let Some(events) = receive.recv().await {
            tell(events, sink).await;
        }
    };
    tokio::join!(read, tell);
}

/// Hands events on in their order, neighbouring lines together.
async fn tell(events: Vec<Event>, sink: &dyn BuildSink) {
    let mut lines: Vec<LogLine> = Vec::new();
    for event in events {
        let is_line = matches!(event, Event::Line(_));
        if !lines.is_empty() && (!is_line || lines.len() == BATCH) {
            sink.lines(std::mem::take(&mut lines)).await;
        }
        match event {
            Event::Line(line) => lines.push(line),
            Event::Step(step) => sink.step(step).await,
            Event::Progress(progress) => sink.progress(progress),
        }
    }
    if !lines.is_empty() {
        sink.lines(lines).await;
    }
}
