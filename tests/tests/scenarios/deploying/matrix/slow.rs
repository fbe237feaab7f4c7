//! A laptop behind a bad line: slower, and no false failure.
//!
//! Owns: the line. Must never know: what is sent over it.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use plimsoll_lab::lab::MachineOptions;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::{JoinHandle, JoinSet},
    time::sleep_until,
};

use super::{
    super::super::{load::Load, shared::shared_lab},
    pair::Pair,
};

/// One way; there and back it is twice that.
const DELAY: Duration = Duration::from_millis(100);
/// 256 kbit/s.
const BYTES_PER_SECOND: u32 = 256_000 / 8;
const LOSS: f64 = 0.05;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_line_makes_it_slower_and_fails_nothing() {
    let machine = shared_lab().add(&MachineOptions::named("far-away")).await.expect("a machine");
    let pair = Pair::live_on("faraway", &machine).await;
    let line = BadLine::to((machine.ip, machine.ssh_port).into()).await;
    let through = format!("{}@{}", machine.user, line.near);
    pair.run(&["server", "edit", "server", &through]).await.ok();
    machine.lose_packets(LOSS).await.expect("iptables");
    let load = Load::start((machine.ip, pair.app.port).into(), 20);
    for _ in 0..2 {
        let page = pair.next();
        let begun = Instant::now();
        let ended = pair.app.deploy(&[]).await.is(0, "live");
        println!("over the bad line: {:.1} s, {} events", begun.elapsed().as_secs_f64(), ended.events.len());
        let lost = ended.events.iter().find(|event| event["text"].as_str().is_some_and(|text| text.contains("lost contact")));
        assert_eq!(lost, None, "{ended:#?}");
        assert_eq!(pair.serves().await.expect("it is whole"), page);
    }
    let counted = load.end().await;
    assert_eq!(counted.lost, [""; 0], "{:?}", counted.answers);
    machine.heal().await.expect("iptables");
    pair.app.is_tidy().await;
    machine.remove().await.expect("it goes");
}

/// Passes connections on, late and slowly.
struct BadLine {
    near: SocketAddr,
    passing: JoinHandle<()>,
}

impl BadLine {
    async fn to(far: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let near = listener.local_addr().expect("an address");
        let passing = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((here, _)) = listener.accept().await {
                connections.spawn(async move {
                    let Ok(there) = TcpStream::connect(far).await else { return };
                    let ((from_here, to_here), (from_there, to_there)) = (here.into_split(), there.into_split());
                    tokio::join!(carry(from_here, to_there), carry(from_there, to_here));
                });
            }
        });
        Self { near, passing }
    }
}

impl Drop for BadLine {
    fn drop(&mut self) {
        self.passing.abort();
    }
}

/// Every piece arrives as late as the line is long, and after the time that it takes to be sent.
async fn carry(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) {
    let (send, mut receive) = mpsc::channel::<(tokio::time::Instant, Vec<u8>)>(64);
    let reading = async move {
        let mut sent = tokio::time::Instant::now();
        let mut piece = vec![0; 1400];
        while let Ok(count @ 1..) = from.read(&mut piece).await {
            let bytes = u32::try_from(count).expect("a small piece");
            sent = sent.max(tokio::time::Instant::now()) + Duration::from_secs(1) * bytes / BYTES_PER_SECOND;
            sleep_until(sent).await;
            if send.send((sent + DELAY, piece[..count].to_vec())).await.is_err() {
                return;
            }
        }
    };
    let writing = async move {
        while let Some((due, piece)) = receive.recv().await {
            sleep_until(due).await;
            if to.write_all(&piece).await.is_err() {
                return;
            }
        }
        drop(to.shutdown().await);
    };
    tokio::join!(reading, writing);
}
