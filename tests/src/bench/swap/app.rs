//! The app that is swapped: boots for a while, works for a while per request, and says its version in every answer.
//!
//! Owns: its answers, and how it ends. Must never know: who asks, and what is in front of it.

use std::{
    convert::Infallible,
    env, fs,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Frame, Incoming},
    header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, UPGRADE},
    server::conn::http1,
    service::service_fn,
    upgrade::Upgraded,
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    signal::unix::{SignalKind, signal},
    time::{Instant, interval, sleep},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Outcome, frames};

/// Where it listens.
pub const PORT: u16 = 8080;
/// The header with the version.
pub const VERSION: &str = "x-version";
/// Between two events of a stream.
const EVENT: Duration = Duration::from_millis(100);
/// Longest that requests are waited for when it drains.
const DRAIN: Duration = Duration::from_secs(10);

type Body = UnsyncBoxBody<Bytes, NotSent>;

/// An answer that ends in its middle.
#[derive(Debug, thiserror::Error)]
#[error("not sent to its end")]
pub(super) struct NotSent;

/// What it does when it is asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Takes no more, and answers what it has.
    Drains,
    /// Is gone at once.
    Exits,
}

/// What it does wrong to a `GET /`, to prove who counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(test), expect(dead_code, reason = "only the proof of the clients' honesty asks for them"))]
pub(super) enum Fault {
    /// Closes the connection instead of answering.
    Drop,
    /// Answers 503.
    Unavailable,
    /// Announces more than it sends.
    Truncate,
    /// Answers after so long.
    Late(Duration),
}

/// How it behaves.
#[derive(Debug, Default)]
pub(super) struct App {
    pub(super) version: String,
    pub(super) work: Duration,
    /// It is not well any more after so long, though it serves.
    pub(super) sick_after: Option<Duration>,
    /// What happens to the first requests, in their order.
    pub(super) faults: Vec<Option<Fault>>,
    pub(super) asked: AtomicUsize,
}

/// Runs it as a program, by what the environment says, until it is asked to end.
///
/// # Errors
/// When it cannot listen.
pub async fn run() -> Outcome<()> {
    let mut asked_to_end = signal(SignalKind::terminate())?;
    sleep(milliseconds("BOOT_MS").unwrap_or_default()).await;
    let app = App {
        version: fs::read_to_string("/version")?.trim().to_owned(),
        work: milliseconds("WORK_MS").unwrap_or_default(),
        sick_after: milliseconds("SICK_AFTER_MS"),
        ..App::default()
    };
    let end = CancellationToken::new();
    let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
    let serving = tokio::spawn(app.serve(listener, end.clone()));
    asked_to_end.recv().await;
    if env::var("ENDING").is_ok_and(|ending| ending == "exit") {
        return Ok(());
    }
    end.cancel();
    let _ = tokio::time::timeout(DRAIN, serving).await;
    Ok(())
}

fn milliseconds(name: &str) -> Option<Duration> {
    env::var(name).ok()?.parse().ok().map(Duration::from_millis)
}

impl App {
    /// Serves until the end is wished for and every request is answered.
    pub(super) async fn serve(self, listener: TcpListener, end: CancellationToken) {
        let (app, started, open) = (Arc::new(self), Instant::now(), TaskTracker::new());
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = end.cancelled() => break,
            };
            let Ok((stream, _)) = accepted else { continue };
            open.spawn(connection(Arc::clone(&app), stream, started, end.clone()));
        }
        drop(listener);
        open.close();
        open.wait().await;
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        started: Instant,
        end: CancellationToken,
    ) -> Result<Response<Body>, NotSent> {
        let mut response = match (request.method(), request.uri().path()) {
            (_, "/health") => self.health(started),
            (_, "/slow") => {
                sleep(wished(&request)).await;
                said("slow\n")
            }
            (&Method::POST, "/post") => self.counted(request).await?,
            (_, "/events") => events(end),
            (_, "/ws") => talking(request, end),
            (_, "/") => self.plain().await?,
            _ => with(StatusCode::NOT_FOUND, "no such page\n"),
        };
        let version = HeaderValue::from_str(&self.version).map_err(|_| NotSent)?;
        response.headers_mut().insert(VERSION, version);
        Ok(response)
    }

    fn health(&self, started: Instant) -> Response<Body> {
        match self.sick_after {
            Some(after) if started.elapsed() >= after => with(StatusCode::SERVICE_UNAVAILABLE, "sick\n"),
            _ => said(&format!("version {}\n", self.version)),
        }
    }

    async fn plain(&self) -> Result<Response<Body>, NotSent> {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        sleep(self.work).await;
        match self.faults.get(number).copied().flatten() {
            None => Ok(said(&format!("version {}\n", self.version))),
            Some(Fault::Drop) => Err(NotSent),
            Some(Fault::Unavailable) => Ok(with(StatusCode::SERVICE_UNAVAILABLE, "not now\n")),
            Some(Fault::Truncate) => Ok(cut_short()),
            Some(Fault::Late(by)) => {
                sleep(by).await;
                Ok(said("late\n"))
            }
        }
    }

    /// Says how much it was sent and what it adds up to.
    async fn counted(&self, request: Request<Incoming>) -> Result<Response<Body>, NotSent> {
        let (mut length, mut sum) = (0, 0);
        let mut body = request.into_body();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| NotSent)?;
            let part = frame.data_ref().map_or(&[][..], AsRef::as_ref);
            length += part.len();
            sum += part.iter().map(|byte| u64::from(*byte)).sum::<u64>();
        }
        sleep(self.work).await;
        Ok(said(&format!("{length} {sum}\n")))
    }
}

async fn connection(app: Arc<App>, stream: TcpStream, started: Instant, end: CancellationToken) {
    let _ = stream.set_nodelay(true);
    let asked = end.clone();
    let service = service_fn(move |request| {
        let (app, end) = (Arc::clone(&app), asked.clone());
        async move { app.answer(request, started, end).await }
    });
    let mut served = pin!(http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades());
    tokio::select! {
        _ = served.as_mut() => return,
        () = end.cancelled() => served.as_mut().graceful_shutdown(),
    }
    // Whoever hangs up in between has been told what there was to tell.
    let _ = served.await;
}

fn said(text: &str) -> Response<Body> {
    with(StatusCode::OK, text)
}

fn with(status: StatusCode, text: &str) -> Response<Body> {
    let body = Full::new(Bytes::copy_from_slice(text.as_bytes())).map_err(|never: Infallible| match never {});
    let mut response = Response::new(body.boxed_unsync());
    *response.status_mut() = status;
    response
}

fn cut_short() -> Response<Body> {
    let first = stream::once(async { Ok(Frame::data(Bytes::from_static(b"version"))) });
    let end = stream::once(async {
        // Until the first part has gone out.
        sleep(EVENT).await;
        Err(NotSent)
    });
    let mut response = Response::new(StreamBody::new(first.chain(end)).boxed_unsync());
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("1000"));
    response
}

/// Server-sent events with a number each.
fn events(end: CancellationToken) -> Response<Body> {
    let numbered = stream::unfold((0_u64, interval(EVENT), end), |(number, mut ticks, end)| async move {
        tokio::select! {
            _ = ticks.tick() => {}
            () = end.cancelled() => return None,
        }
        let event = Frame::data(Bytes::from(format!("data: {number}\n\n")));
        Some((Ok(event), (number + 1, ticks, end)))
    });
    let mut response = Response::new(StreamBody::new(numbered).boxed_unsync());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

/// A WebSocket that says back what it is told.
fn talking(mut request: Request<Incoming>, end: CancellationToken) -> Response<Body> {
    let accepted = request.headers().get(SEC_WEBSOCKET_KEY).and_then(|key| HeaderValue::from_str(&frames::accept(key)).ok());
    let Some(accepted) = accepted else { return with(StatusCode::BAD_REQUEST, "not a WebSocket\n") };
    tokio::spawn(async move {
        if let Ok(upgraded) = hyper::upgrade::on(&mut request).await {
            echo(upgraded, end).await;
        }
    });
    let mut response = with(StatusCode::SWITCHING_PROTOCOLS, "");
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_ACCEPT, accepted);
    response
}

async fn echo(upgraded: Upgraded, end: CancellationToken) {
    let mut io = TokioIo::new(upgraded);
    loop {
        let told = tokio::select! {
            told = frames::read(&mut io) => told,
            () = end.cancelled() => return,
        };
        let Ok(Some(text)) = told else { return };
        if frames::write(&mut io, &text, None).await.is_err() {
            return;
        }
    }
}

fn wished(request: &Request<Incoming>) -> Duration {
    let query = request.uri().query().unwrap_or_default();
    let ms = query.split('&').find_map(|pair| pair.strip_prefix("ms=")).and_then(|ms| ms.parse().ok());
    Duration::from_millis(ms.unwrap_or_default())
}
