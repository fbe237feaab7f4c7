//! Clients that lose nothing silently: what they ask for, at which rate, and what became of it.
//!
//! Owns: starting and stopping them. Must never know: who serves them, and what happens meanwhile.

mod alive;
mod open;
mod request;
mod streams;
mod taken;
#[cfg(test)]
mod tests;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use self::taken::{Direction, Lasting, Taken};
use self::taken::{Sample, Stream};
use super::Outcome;

/// Between two looks at what was answered.
const LOOK: Duration = Duration::from_millis(20);

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A page, over a connection of its own.
    Get,
    /// A page that takes the server three seconds.
    Slow,
    /// A body of 64 KiB at once.
    Post,
    /// The same body in parts over three seconds.
    Upload,
    /// A page, over a connection that stays open.
    KeptAlive,
}

/// An answer is lost that comes so long after it was due, beside what the work itself takes.
const PATIENCE: Duration = Duration::from_secs(5);

/// How much of what.
#[derive(Debug, Clone, Copy)]
pub struct Mix {
    /// How late an answer may be, beside what the work itself takes.
    pub patience: Duration,
    /// [`Kind::Get`] per second.
    pub gets: u32,
    /// [`Kind::Slow`] per second.
    pub slow: u32,
    /// [`Kind::Post`] per second.
    pub posts: u32,
    /// [`Kind::Upload`] per second.
    pub uploads: u32,
    /// Clients whose connections stay open.
    pub kept_alive: u32,
    /// WebSocket clients.
    pub sockets: u32,
    /// Clients of server-sent events.
    pub events: u32,
}

impl Default for Mix {
    fn default() -> Self {
        Self { patience: PATIENCE, gets: 0, slow: 0, posts: 0, uploads: 0, kept_alive: 0, sockets: 0, events: 0 }
    }
}

impl Mix {
    /// Pages at this rate, and a few of everything else.
    #[must_use]
    pub fn of_everything(gets: u32) -> Self {
        Self { gets, slow: 5, posts: 20, uploads: 2, kept_alive: 10, sockets: 5, events: 5, ..Self::default() }
    }
}

/// Clients at work.
pub struct Load {
    clients: Arc<Clients>,
    tasks: TaskTracker,
}

struct Clients {
    target: SocketAddr,
    patience: Duration,
    started: Instant,
    stopped: CancellationToken,
    taken: Mutex<Taken>,
}

impl Load {
    /// Begins.
    #[must_use]
    pub fn start(target: SocketAddr, mix: &Mix) -> Self {
        let clients = Arc::new(Clients {
            target,
            patience: mix.patience,
            started: Instant::now(),
            stopped: CancellationToken::new(),
            taken: Mutex::new(Taken::default()),
        });
        let tasks = TaskTracker::new();
        let open = [(Kind::Get, mix.gets), (Kind::Slow, mix.slow), (Kind::Post, mix.posts), (Kind::Upload, mix.uploads)];
        for (kind, rate) in open {
            tasks.spawn(open::ask(Arc::clone(&clients), kind, rate, tasks.clone()));
        }
        for _ in 0..mix.kept_alive {
            tasks.spawn(alive::ask(Arc::clone(&clients)));
        }
        for (kind, number) in [(Lasting::WebSocket, mix.sockets), (Lasting::Events, mix.events)] {
            for _ in 0..number {
                tasks.spawn(streams::keep(Arc::clone(&clients), kind));
            }
        }
        Self { clients, tasks }
    }

    /// How long it goes on.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.clients.started.elapsed()
    }

    /// When a request that was sent after `since` was first answered by this version.
    ///
    /// # Errors
    /// When that does not happen within the time.
    pub async fn answered_by(&self, version: u32, since: Duration, within: Duration) -> Outcome<Duration> {
        let end = Instant::now() + within;
        while Instant::now() < end {
            if let Some(at) = self.clients.taken().answered_by(version, since) {
                return Ok(at);
            }
            sleep(LOOK).await;
        }
        Err(format!("no answer of version {version} within {within:?}").into())
    }

    /// Begins nothing more, waits for what is under way, and says what became of it all.
    pub async fn stop(self) -> Taken {
        self.clients.stopped.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        std::mem::take(&mut *self.clients.taken())
    }
}

impl Clients {
    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// How long after its time an answer counts.
    fn limit(&self, kind: Kind) -> Duration {
        request::work(kind) + self.patience
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        // What was noted before a panic is as true as before.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sample(&self, sample: Sample) {
        self.taken().samples.push(sample);
    }

    fn cut(&self) {
        self.taken().cuts += 1;
    }

    fn stream(&self, stream: Stream) {
        self.taken().streams.push(stream);
    }
}
