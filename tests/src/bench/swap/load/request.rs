//! One request, and whether it was answered in full, in time and rightly.
//!
//! Owns: that verdict. Must never know: how many there are.

use std::{convert::Infallible, fmt, io, net::SocketAddr, sync::LazyLock, time::Duration};

use bytes::Bytes;
use futures_util::stream;
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    Request, Response, StatusCode,
    body::{Frame, Incoming},
    client::conn::http1::{self, SendRequest},
    header::{CONNECTION, HOST, HeaderMap},
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::sleep};
use tokio_util::task::AbortOnDropHandle;

use super::{super::app::VERSION, Kind};

/// What takes its time takes so long.
const SLOW: Duration = Duration::from_secs(3);
/// Size of a body, and its parts.
const BODY: usize = 65_536;
const PARTS: usize = 16;

/// What is posted, and what the app says of it.
static CONTENT: LazyLock<(Bytes, String)> = LazyLock::new(|| {
    let content: Vec<u8> = (0..=u8::MAX).cycle().take(BODY).collect();
    let said = format!("{} {}\n", content.len(), content.iter().map(|byte| u64::from(*byte)).sum::<u64>());
    (Bytes::from(content), said)
});

pub(super) type Body = UnsyncBoxBody<Bytes, Infallible>;

/// Why a request counts as lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Loss {
    /// There was no connection to be had.
    Connect(io::ErrorKind),
    /// The connection ended, or said what is no HTTP.
    Cut,
    /// The status says so.
    Status(u16),
    /// The answer ended in its middle.
    Short,
    /// The answer is another's, or none of the app's.
    Wrong,
    /// Nothing came in time.
    Late,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(kind) => write!(f, "{kind}"),
            Self::Cut => f.write_str("cut off"),
            Self::Status(status) => write!(f, "status {status}"),
            Self::Short => f.write_str("ended in its middle"),
            Self::Wrong => f.write_str("wrong answer"),
            Self::Late => f.write_str("too late"),
        }
    }
}

/// A right answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer {
    pub(super) version: u32,
    /// The server announced that it closes the connection.
    pub(super) closes: bool,
}

/// A connection that speaks HTTP; it ends when it is dropped.
pub(super) struct Connection {
    pub(super) sender: SendRequest<Body>,
    _driver: AbortOnDropHandle<()>,
}

impl Connection {
    /// Opens one.
    pub(super) async fn open(target: SocketAddr) -> Result<Self, Loss> {
        let stream = TcpStream::connect(target).await.map_err(|error| Loss::Connect(error.kind()))?;
        let _ = stream.set_nodelay(true);
        // A thousand connections a second would leave no free port if each was remembered for a minute after its end.
        let _ = stream.set_zero_linger();
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|_| Loss::Cut)?;
        let driver = tokio::spawn(async move {
            let _ = connection.with_upgrades().await;
        });
        Ok(Self { sender, _driver: AbortOnDropHandle::new(driver) })
    }

    /// Asks for one thing and reads all of the answer.
    pub(super) async fn ask(&mut self, kind: Kind, close: bool) -> Result<Answer, Loss> {
        let mut request = request(kind);
        if close {
            request.headers_mut().insert(CONNECTION, hyper::header::HeaderValue::from_static("close"));
        }
        let response = self.sender.send_request(request).await.map_err(|_| Loss::Cut)?;
        let closes = says_close(response.headers());
        let version = version(&response)?;
        let body = response.into_body().collect().await.map_err(|_| Loss::Short)?.to_bytes();
        if body == expected(kind, version) { Ok(Answer { version, closes }) } else { Err(Loss::Wrong) }
    }
}

/// Asks over a connection of its own.
pub(super) async fn once(target: SocketAddr, kind: Kind) -> Result<Answer, Loss> {
    Connection::open(target).await?.ask(kind, true).await
}

/// The version that answers, if it answers well.
pub(super) fn version(response: &Response<Incoming>) -> Result<u32, Loss> {
    let status = response.status();
    if !status.is_success() && status != StatusCode::SWITCHING_PROTOCOLS {
        return Err(Loss::Status(status.as_u16()));
    }
    let version = response.headers().get(VERSION).and_then(|version| version.to_str().ok()?.parse().ok());
    version.ok_or(Loss::Wrong)
}

/// A GET without anything special.
pub(super) fn get(path: &str) -> Request<Body> {
    let mut request = Request::new(Full::default().boxed_unsync());
    *request.uri_mut() = path.parse().unwrap_or_default();
    request.headers_mut().insert(HOST, hyper::header::HeaderValue::from_static("app.test"));
    request
}

/// How long it takes by its nature.
pub(super) fn work(kind: Kind) -> Duration {
    match kind {
        Kind::Slow | Kind::Upload => SLOW,
        Kind::Get | Kind::Post | Kind::KeptAlive => Duration::ZERO,
    }
}

fn request(kind: Kind) -> Request<Body> {
    let (path, body) = match kind {
        Kind::Get | Kind::KeptAlive => ("/", None),
        Kind::Slow => ("/slow?ms=3000", None),
        Kind::Post => ("/post", Some(Full::new(CONTENT.0.clone()).boxed_unsync())),
        Kind::Upload => ("/post", Some(in_parts())),
    };
    let mut request = get(path);
    if let Some(body) = body {
        *request.method_mut() = hyper::Method::POST;
        *request.body_mut() = body;
    }
    request
}

fn expected(kind: Kind, version: u32) -> String {
    match kind {
        Kind::Get | Kind::KeptAlive => format!("version {version}\n"),
        Kind::Slow => "slow\n".to_owned(),
        Kind::Post | Kind::Upload => CONTENT.1.clone(),
    }
}

fn in_parts() -> Body {
    let pause = SLOW / u32::try_from(PARTS).unwrap_or(1);
    let parts = stream::unfold(0, move |number| async move {
        if number == PARTS {
            return None;
        }
        sleep(pause).await;
        let size = BODY / PARTS;
        let part = CONTENT.0.slice(number * size..(number + 1) * size);
        Some((Ok(Frame::data(part)), number + 1))
    });
    StreamBody::new(parts).boxed_unsync()
}

fn says_close(headers: &HeaderMap) -> bool {
    headers.get(CONNECTION).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"))
}
