//! hyper's connections to an engine, dialled through a host. Must never know: Docker's API.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bollard::{BollardRequest, Docker};
use hyper::Uri;
use hyper_util::{
    client::legacy::{
        Client,
        connect::{Connected, Connection},
    },
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use tokio::sync::Semaphore;
use tower_service::Service;

use super::{engine::FIRST_ANSWER, stdio};
use crate::host::{ByteStream, Host, Lane};

/// How a byte stream to the engine is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Way {
    /// The socket itself.
    Socket(String),
    /// A command that carries the socket on its standard streams.
    Command(Vec<String>),
}

/// A client whose connections go this way and stay open for the next request.
pub(super) fn docker(host: &Arc<dyn Host>, way: &Way, lane: Lane) -> Result<Docker, bollard::errors::Error> {
    let slots = Arc::new(Semaphore::new(stdio::MOST_AT_ONCE));
    // A stream on the bulk lane holds a whole ssh connection: none is kept for later.
    let kept = if lane == Lane::Bulk { 0 } else { stdio::MOST_AT_ONCE };
    let client = Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(Duration::from_secs(60))
        .pool_max_idle_per_host(kept)
        .build(Dial { host: Arc::clone(host), way: way.clone(), lane, slots });
    let transport = move |request: BollardRequest| {
        let client = client.clone();
        async move { client.request(request).await.map_err(bollard::errors::Error::from) }
    };
    Docker::connect_with_custom_transport(transport, Some("http://docker"), FIRST_ANSWER.as_secs(), bollard::API_DEFAULT_VERSION)
}

#[derive(Clone)]
struct Dial {
    host: Arc<dyn Host>,
    way: Way,
    lane: Lane,
    slots: Arc<Semaphore>,
}

impl Service<Uri> for Dial {
    type Response = Io;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Io>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let Self { host, way, lane, slots } = self.clone();
        Box::pin(async move {
            let stream = match way {
                Way::Socket(path) if lane == Lane::Bulk => host.dial_bulk(&path).await,
                Way::Socket(path) => host.dial(&path).await,
                Way::Command(argv) => stdio::open(&*host, argv, lane, &slots).await,
            };
            stream.map(|s| Io(TokioIo::new(s))).map_err(io::Error::other)
        })
    }
}

struct Io(TokioIo<ByteStream>);

impl Connection for Io {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl hyper::rt::Read for Io {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: hyper::rt::ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl hyper::rt::Write for Io {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
