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
    async fn with(speech: Speech) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let door = free().await;
        let mut text = haproxy::render(
            &"shop".parse().unwrap(),
            &"api".parse().unwrap(),
            &[SwitchPort { port: 8080, speech }],
            Reach { first: true, ipv6: false },
        );
        for colour in ["blue", "green"] {
            text = text.replace(&format!("shop-api-{colour}:8080"), &serve(colour).await.to_string());
        }
        let at = format!("{}/", folder.path().display());
        let text = text.replace("/switch/", &at).replace("bind :8080", &format!("bind {door}"));
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
        let front = Front::with(speech).await;
        let mut client = front.client().await;
        assert!(answer(&mut client, REQUEST, "blue GET").await.contains("x-forwarded-for: 127.0.0.1"));
        front.turn("green").await;
        answer(&mut client, REQUEST, "green GET").await;
    }
}

#[tokio::test]
async fn what_is_no_http_passes_as_it_is() {
    for speech in [Speech::Http, Speech::Unknown] {
        let front = Front::with(speech).await;
        answer(&mut front.client().await, "hello\n", "blue hello\n").await;
        answer(&mut front.client().await, PREFACE, "blue PRI * HTTP/2.0||SM||").await;
        let lax = "GET /\u{fc} HTTP/1.1\r\nHost: shop\r\nBad Name: x\r\n\r\n";
        answer(&mut front.client().await, lax, "Bad Name: x|").await;
    }
}

#[tokio::test]
async fn a_server_that_speaks_first_is_heard() {
    let front = Front::with(Speech::Unknown).await;
    answer(&mut front.client().await, "", "220 blue\r\n").await;
}

#[tokio::test]
async fn a_client_that_takes_its_time_is_waited_for_where_http_is_spoken() {
    let front = Front::with(Speech::Http).await;
    let mut client = front.client().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    answer(&mut client, REQUEST, "blue GET").await;
    front.turn("green").await;
    answer(&mut client, REQUEST, "green GET").await;
}
