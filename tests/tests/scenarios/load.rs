//! Requests at a steady pace, whatever becomes of the ones before.
//!
//! Owns: sending them and counting what was lost. Must never know: what happens to the server meanwhile.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::{JoinHandle, JoinSet},
    time::{Instant, MissedTickBehavior, interval, timeout},
};

/// A load that goes on until it is told to end.
pub(crate) struct Load {
    over: Arc<AtomicBool>,
    answers: Arc<Mutex<BTreeMap<String, u64>>>,
    sender: JoinHandle<Vec<String>>,
}

/// What became of the requests.
#[derive(Debug)]
pub(crate) struct Counted {
    /// How often each answer came.
    pub(crate) answers: BTreeMap<String, u64>,
    /// Why others got none.
    pub(crate) lost: Vec<String>,
}

impl Load {
    /// So many requests per second, each on a connection of its own.
    pub(crate) fn start(to: SocketAddr, per_second: u32) -> Self {
        let (over, answers) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(BTreeMap::new())));
        let sender = tokio::spawn(send(to, Duration::from_secs(1) / per_second, Arc::clone(&over), Arc::clone(&answers)));
        Self { over, answers, sender }
    }

    /// Waits until this was answered so often since now.
    pub(crate) async fn hears(&self, answer: &str, times: u64) {
        let count = || self.answers.lock().unwrap().get(answer).copied().unwrap_or_default();
        let (from, patience) = (count(), Instant::now() + Duration::from_secs(60));
        while count() < from + times {
            assert!(Instant::now() < patience, "{answer} is not heard: {:?}", self.answers.lock().unwrap());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits for the answers that are under way.
    pub(crate) async fn end(self) -> Counted {
        self.over.store(true, Ordering::Relaxed);
        let lost = self.sender.await.unwrap();
        let answers = self.answers.lock().unwrap().clone();
        Counted { answers, lost }
    }
}

async fn send(to: SocketAddr, pace: Duration, over: Arc<AtomicBool>, answers: Arc<Mutex<BTreeMap<String, u64>>>) -> Vec<String> {
    let mut ticks = interval(pace);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (mut requests, started) = (JoinSet::new(), Instant::now());
    let mut lost = Vec::new();
    while !over.load(Ordering::Relaxed) {
        ticks.tick().await;
        while let Some(answer) = requests.try_join_next() {
            count(answer.unwrap(), &answers, &mut lost);
        }
        let at = started.elapsed();
        requests.spawn(async move {
            let answer = timeout(Duration::from_secs(60), ask(to)).await;
            answer
                .map_err(|_| "no answer in a minute".to_owned())
                .and_then(|answer| answer)
                .map_err(|why| format!("{at:?}: {why}"))
        });
    }
    while let Some(answer) = requests.join_next().await {
        count(answer.unwrap(), &answers, &mut lost);
    }
    lost
}

fn count(answer: Result<String, String>, answers: &Mutex<BTreeMap<String, u64>>, lost: &mut Vec<String>) {
    match answer {
        Ok(body) => *answers.lock().unwrap().entry(body).or_default() += 1,
        Err(why) => lost.push(why),
    }
}

async fn ask(to: SocketAddr) -> Result<String, String> {
    let mut stream = TcpStream::connect(to).await.map_err(|error| format!("connect: {error}"))?;
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n")
        .await
        .map_err(|error| format!("send: {error}"))?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.map_err(|error| format!("read: {error}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(|| format!("cut off: {answer:?}"))?;
    if head.contains(" 200 ") && !body.is_empty() { Ok(body.trim().to_owned()) } else { Err(answer) }
}
