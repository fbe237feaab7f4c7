//! Streams to the page that are open.
//!
//! Owns: ending them, one by one or all when the page goes. Must never know: what flows.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::{Stream, StreamExt as _};
use tokio_util::sync::CancellationToken;

/// The shortest time between two messages.
const BEAT: Duration = Duration::from_millis(100);
/// Items of one message.
const MOST: usize = 1000;

/// The open streams, by the number of their channel.
#[derive(Default)]
pub(crate) struct Streams(Mutex<HashMap<u32, CancellationToken>>);

impl Streams {
    /// A stream begins; one of that number that is still open belonged to an older page and ends.
    pub(crate) fn begin(&self, channel: u32) -> CancellationToken {
        let stop = CancellationToken::new();
        if let Some(older) = self.lock().insert(channel, stop.clone()) {
            older.cancel();
        }
        stop
    }

    /// Ends a stream; one that has ended already is no error.
    pub(crate) fn stop(&self, channel: u32) {
        if let Some(stop) = self.lock().remove(&channel) {
            stop.cancel();
        }
    }

    /// Ends all: the page is gone.
    pub(crate) fn stop_all(&self) {
        self.lock().drain().for_each(|(_, stop)| stop.cancel());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u32, CancellationToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Passes a stream on in batches, at most ten a second, until it ends or breaks, nobody listens, or `stop`.
pub(crate) async fn forward<T, E>(
    mut items: impl Stream<Item = Result<T, E>> + Unpin,
    stop: CancellationToken,
    send: impl Fn(Vec<T>) -> bool,
) {
    let (mut batch, mut open) = (Vec::new(), true);
    let mut due = tokio::time::Instant::now();
    while open || !batch.is_empty() {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep_until(due), if !batch.is_empty() => {
                if !send(std::mem::take(&mut batch)) {
                    return;
                }
                due = tokio::time::Instant::now() + BEAT;
            }
            item = items.next(), if open && batch.len() < MOST => match item {
                Some(Ok(item)) => batch.push(item),
                Some(Err(_)) | None => open = false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio_util::sync::CancellationToken;

    use super::{Streams, forward};

    #[tokio::test]
    async fn a_burst_arrives_whole_in_few_messages() {
        let (sent, items) = (Mutex::new(Vec::new()), (0..2500).map(Ok::<_, ()>));
        let send = |batch: Vec<i32>| {
            sent.lock().unwrap().push(batch);
            true
        };
        forward(futures_util::stream::iter(items), CancellationToken::new(), send).await;
        let sent = sent.into_inner().unwrap();
        assert!(sent.len() <= 5, "{}", sent.len());
        assert_eq!(sent.concat(), (0..2500).collect::<Vec<_>>());
    }

    #[test]
    fn a_new_page_ends_the_streams_of_the_old_one() {
        let streams = Streams::default();
        let (old, other) = (streams.begin(1), streams.begin(2));
        let new = streams.begin(1);
        assert!(old.is_cancelled() && !new.is_cancelled());
        streams.stop(1);
        streams.stop(1);
        assert!(new.is_cancelled() && !other.is_cancelled());
        streams.stop_all();
        assert!(other.is_cancelled());
    }
}
