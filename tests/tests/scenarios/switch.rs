//! What a switch makes of connections: HAProxy itself with its real configuration, in front of colours that speak anything.

use std::{fs, net::SocketAddr, path::Path, time::Duration};

use plimsoll_core::{
    compose::haproxy::{self, Reach},
    domain::switch::{Speech, SwitchPort},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UnixStream},
    process::{Child, Command},
    time::timeout,
};

const SOON: Duration = Duration::from_secs(10);
const REQUEST: &str = "GET / HTTP/1.1\r\nHost: shop\r\n\r\n";
/// How a client of HTTP/2 without TLS begins.
const PREFACE: &str = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A switch of two colours; blue serves.
struct Front {
    folder: tempfile::TempDir,
    door: SocketAddr,
    _haproxy: Child,
}

impl Front {
    /// Behind a proxy of the stack, or the first that clients meet; then the bind takes their address from what they say before.
    async fn with(speech: Speech, first: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let door = free().await;
        let mut text = haproxy::render(
            &"shop".parse().unwrap(),
            &"api".parse().unwrap(),
            &[SwitchPort { port: 8080, speech }],
            Reach { first, ipv6: false },
        );
        for colour in ["blue", "green"] {
            text = text.replace(&format!("shop-api-{colour}:8080"), &serve(colour).await.to_string());
        }
        let at = format!("{}/", folder.path().display());
        let said = if first { " accept-proxy" } else { "" };
        let text = text.replace("/switch/", &at).replace("bind :8080", &format!("bind {door}{said}"));
        fs::write(folder.path().join("active.map"), "api blue\n").unwrap();
        fs::write(folder.path().join("switch.cfg"), text).unwrap();
        let mut command = Command::new("haproxy");
        command.arg("-f").arg(folder.path().join("switch.cfg")).kill_on_drop(true);
        let front = Self { door, _haproxy: command.spawn().unwrap(), folder };
        front.is_up().await;
        front
    }

    async fn is_up(&self) {
        let up = async {
            while TcpStream::connect(self.door).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(SOON, up).await.expect("HAProxy listens");
    }

    async fn client(&self) -> TcpStream {
        TcpStream::connect(self.door).await.unwrap()
    }

    /// One from this address.
    async fn client_from(&self, address: &str) -> TcpStream {
        let mut client = self.client().await;
        client.write_all(format!("PROXY TCP4 {address} 198.51.100.1 50000 80\r\n").as_bytes()).await.unwrap();
        client
    }

    async fn turn(&self, colour: &str) {
        let mut admin = UnixStream::connect(Path::new(self.folder.path()).join("api.sock")).await.unwrap();
        admin.write_all(format!("POST /turn/{colour} HTTP/1.0\r\n\r\n").as_bytes()).await.unwrap();
        let mut said = String::new();
        admin.read_to_string(&mut said).await.unwrap();
        assert!(said.ends_with(colour), "{said}");
    }
}

async fn free() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// A colour: greets who says nothing, answers requests with its name and what it was told, says back all else.
async fn serve(colour: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(talk(colour, stream));
        }
    });
    address
}

async fn talk(colour: &'static str, mut stream: TcpStream) {
    let mut told = [0; 4096];
    let first = timeout(Duration::from_secs(2), stream.read(&mut told)).await;
    let Ok(Ok(mut length)) = first else {
        let _ = stream.write_all(format!("220 {colour}\r\n").as_bytes()).await;
        return;
    };
    while length > 0 {
        let text = String::from_utf8_lossy(&told[..length]).replace("\r\n", "|");
        let body = format!("{colour} {text}");
        let answer = match told.starts_with(b"GET ") {
            true => format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()),
            false => body,
        };
        let _ = stream.write_all(answer.as_bytes()).await;
        length = stream.read(&mut told).await.unwrap_or_default();
    }
}

/// What comes back, up to these words.
async fn answer(client: &mut TcpStream, question: &str, until: &str) -> String {
    client.write_all(question.as_bytes()).await.unwrap();
    let mut heard = String::new();
    let hearing = async {
        let mut part = [0; 4096];
        while !heard.contains(until) {
            let length = client.read(&mut part).await.unwrap();
            assert!(length > 0, "closed after `{heard}`, without `{until}`");
            heard.push_str(&String::from_utf8_lossy(&part[..length]));
        }
    };
    timeout(SOON, hearing).await.unwrap_or_else(|_| panic!("no `{until}`"));
    heard
}

#[tokio::test]
async fn each_request_of_an_open_connection_goes_to_the_colour_that_serves() {
    for speech in [Speech::Http, Speech::Unknown] {
        let front = Front::with(speech, true).await;
        let mut client = front.client_from("203.0.113.9").await;
        assert!(answer(&mut client, REQUEST, "blue GET").await.contains("x-forwarded-for: 203.0.113.9"));
        front.turn("green").await;
        answer(&mut client, REQUEST, "green GET").await;
        let behind = Front::with(speech, false).await;
        let mut client = behind.client().await;
        assert!(!answer(&mut client, REQUEST, "blue GET").await.contains("x-forwarded-for"), "the proxy says it");
        behind.turn("green").await;
        answer(&mut client, REQUEST, "green GET").await;
    }
}

#[tokio::test]
async fn what_is_no_http_passes_as_it_is() {
    for speech in [Speech::Http, Speech::Unknown] {
        let front = Front::with(speech, false).await;
        answer(&mut front.client().await, "hello\n", "blue hello\n").await;
        answer(&mut front.client().await, PREFACE, "blue PRI * HTTP/2.0||SM||").await;
        let lax = "GET /\u{fc} HTTP/1.1\r\nHost: shop\r\nBad Name: x\r\n\r\n";
        answer(&mut front.client().await, lax, "Bad Name: x|").await;
    }
}

#[tokio::test]
async fn the_world_does_not_say_who_it_is_where_http_is_known() {
    let front = Front::with(Speech::Http, true).await;
    let forged = "GET / HTTP/1.1\r\nHost: shop\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n";
    let heard = answer(&mut front.client_from("203.0.113.9").await, forged, "blue GET").await;
    assert!(heard.contains("x-forwarded-for: 203.0.113.9") && !heard.contains("6.6.6.6"), "{heard}");
    // A proxy of the machine's own is believed.
    let heard = answer(&mut front.client_from("172.18.0.1").await, forged, "blue GET").await;
    assert!(heard.contains("6.6.6.6"), "{heard}");
    // What is no proper request is no way around.
    answer(&mut front.client_from("203.0.113.9").await, &forged.replace("1.1\r", "1.1 \r"), "400 Bad request").await;
    answer(&mut front.client_from("203.0.113.9").await, &forged.replace("GET", "PRI"), "400 Bad request").await;
    // Odd letters are no reason to refuse anybody.
    let odd = forged.replace("GET /", "GET /\u{fc}");
    let heard = answer(&mut front.client_from("203.0.113.9").await, &odd, "blue GET").await;
    assert!(heard.contains("x-forwarded-for: 203.0.113.9"), "{heard}");
}

#[tokio::test]
async fn a_server_that_speaks_first_is_heard() {
    let front = Front::with(Speech::Unknown, false).await;
    answer(&mut front.client().await, "", "220 blue\r\n").await;
}

#[tokio::test]
async fn a_client_that_takes_its_time_is_waited_for_where_http_is_spoken() {
    for first in [true, false] {
        let front = Front::with(Speech::Http, first).await;
        let mut client = if first { front.client_from("203.0.113.9").await } else { front.client().await };
        tokio::time::sleep(Duration::from_secs(1)).await;
        answer(&mut client, REQUEST, "blue GET").await;
        front.turn("green").await;
        answer(&mut client, REQUEST, "green GET").await;
    }
}
