//! Clients that stay: WebSockets that are talked to, and server-sent events that are listened to.
//!
//! Owns: noticing that one ended, or fell silent. Must never know: whether it might.

use std::{sync::Arc, time::Duration};

use http_body_util::BodyExt as _;
use hyper::{
    HeaderMap, Request,
    header::{ACCEPT, CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE},
};
use hyper_util::rt::TokioIo;
use tokio::time::{sleep, timeout};

use super::{
    super::frames,
    Clients,
    request::{Body, Connection, Loss, get, version},
    taken::{Lasting, Stream},
};

/// Between two words, and before another attempt.
const PAUSE: Duration = Duration::from_millis(100);
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// Keeps one open until it is stopped, and opens another whenever it ends.
pub(super) async fn keep(clients: Arc<Clients>, kind: Lasting) {
    let (mut opened, mut refused) = (None, false);
    while !clients.stopped.is_cancelled() {
        let at = clients.now();
        let ended = tokio::select! {
            biased;
            () = clients.stopped.cancelled() => None,
            why = follow(&clients, kind, &mut opened) => Some((clients.now(), why)),
        };
        if let Some((version, opened)) = opened.take() {
            clients.stream(Stream { kind, version: Some(version), opened, ended });
            refused = false;
        } else if ended.is_some() {
            // However often it is tried again, one client is without its stream once.
            if !refused {
                clients.stream(Stream { kind, version: None, opened: at, ended });
            }
            refused = true;
            sleep(PAUSE).await;
        }
    }
}

/// Opens one, says which version it is opened to, and stays with it until it ends.
async fn follow(clients: &Clients, kind: Lasting, opened: &mut Option<(u32, Duration)>) -> Loss {
    let followed = match kind {
        Lasting::Events => events(clients, opened).await,
        Lasting::WebSocket => talk(clients, opened).await,
    };
    followed.err().unwrap_or(Loss::Cut)
}

async fn events(clients: &Clients, opened: &mut Option<(u32, Duration)>) -> Result<(), Loss> {
    let mut request = get("/events");
    request.headers_mut().insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
    let mut connection = clients.soon(Connection::open(clients.target)).await??;
    let response = clients.soon(connection.sender.send_request(request)).await?.map_err(|_| Loss::Cut)?;
    *opened = Some((version(&response)?, clients.now()));
    let (mut body, mut heard, mut next) = (response.into_body(), String::new(), 0_u64);
    loop {
        let frame = clients.soon(body.frame()).await?.ok_or(Loss::Cut)?.map_err(|_| Loss::Cut)?;
        let Ok(data) = frame.into_data() else { continue };
        heard.push_str(std::str::from_utf8(&data).map_err(|_| Loss::Wrong)?);
        while let Some((event, rest)) = heard.split_once("\n\n") {
            if event != format!("data: {next}") {
                return Err(Loss::Wrong);
            }
            heard = rest.to_owned();
            next += 1;
        }
    }
}

async fn talk(clients: &Clients, opened: &mut Option<(u32, Duration)>) -> Result<(), Loss> {
    let mut connection = clients.soon(Connection::open(clients.target)).await??;
    let mut response = clients.soon(connection.sender.send_request(upgrade())).await?.map_err(|_| Loss::Cut)?;
    let (version, accepted) = (version(&response)?, accepted(response.headers()));
    let upgraded = clients.soon(hyper::upgrade::on(&mut response)).await?.map_err(|_| Loss::Cut)?;
    if !accepted {
        return Err(Loss::Wrong);
    }
    *opened = Some((version, clients.now()));
    let mut io = TokioIo::new(upgraded);
    for number in 0_u32.. {
        let text = number.to_string();
        frames::write(&mut io, text.as_bytes(), Some(number.to_be_bytes())).await.map_err(|_| Loss::Cut)?;
        let echo = clients.soon(frames::read(&mut io)).await?.map_err(|_| Loss::Cut)?.ok_or(Loss::Cut)?;
        if echo != text.as_bytes() {
            return Err(Loss::Wrong);
        }
        sleep(PAUSE).await;
    }
    Ok(())
}

fn upgrade() -> Request<Body> {
    let mut request = get("/ws");
    let headers = request.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    headers.insert(SEC_WEBSOCKET_KEY, HeaderValue::from_static(KEY));
    request
}

fn accepted(headers: &HeaderMap) -> bool {
    let proof = frames::accept(&HeaderValue::from_static(KEY));
    headers.get(SEC_WEBSOCKET_ACCEPT).is_some_and(|value| value == &proof)
}

impl Clients {
    async fn soon<T>(&self, what: impl Future<Output = T>) -> Result<T, Loss> {
        timeout(self.patience, what).await.map_err(|_| Loss::Late)
    }
}
