//! Going on after the store could not be read: again, later, and later still.
//!
//! Owns: the pauses, and beginning a stream again where it broke. Must never know: what is read.

use std::time::Duration;

use futures_util::{
    StreamExt as _,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use tokio::time::sleep;

/// The pauses after the store could not be read: the first, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(60));

/// Pauses that grow as long as nothing works.
pub(crate) struct Pauses {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Default for Pauses {
    fn default() -> Self {
        Self::between(PAUSES.0, PAUSES.1)
    }
}

impl Pauses {
    /// Each twice as long as the one before, up to the longest.
    pub(crate) fn between(first: Duration, longest: Duration) -> Self {
        Self { first, longest, next: first }
    }

    /// Waits.
    pub(crate) async fn next(&mut self) {
        sleep(self.next).await;
        self.next = (self.next * 2).min(self.longest);
    }

    /// Something worked.
    pub(crate) fn reset(&mut self) {
        self.next = self.first;
    }
}

/// A stream that may break.
pub(crate) type Breaking<T, E> = BoxStream<'static, Result<T, E>>;

/// A stream that is opened again, from where it broke, until it ends by itself. `after` says from where to go on after an
/// item.
pub(crate) fn resumed<T: Send + 'static, E: Send + 'static>(
    from: u64,
    open: impl Fn(u64) -> BoxFuture<'static, Result<Breaking<T, E>, E>> + Send + 'static,
    after: impl Fn(&T) -> u64 + Send + 'static,
) -> BoxStream<'static, T> {
    let begin = (from, None::<Breaking<T, E>>, Pauses::default(), open, after);
    stream::unfold(begin, |(mut from, mut current, mut pauses, open, after)| async move {
        loop {
            let mut items = match current.take() {
                Some(items) => items,
                None => match open(from).await {
                    Ok(items) => items,
                    Err(_) => {
                        pauses.next().await;
                        continue;
                    }
                },
            };
            match items.next().await {
                Some(Ok(item)) => {
                    from = after(&item);
                    pauses.reset();
                    return Some((item, (from, Some(items), pauses, open, after)));
                }
                Some(Err(_)) => pauses.next().await,
                None => return None,
            }
        }
    })
    .boxed()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use futures_util::{FutureExt as _, StreamExt as _, stream};

    use super::resumed;

    #[tokio::test(start_paused = true)]
    async fn what_breaks_goes_on_where_it_was() {
        let opened = Arc::new(Mutex::new(Vec::new()));
        let noted = opened.clone();
        let open = move |from: u64| {
            let mut opened = noted.lock().unwrap();
            opened.push(from);
            // The first breaks in its middle, the second cannot be had at all.
            let answer = match opened.len() {
                1 => Ok(stream::iter(vec![Ok(1), Ok(2), Err(())]).boxed()),
                2 => Err(()),
                _ => Ok(stream::iter((from..=4).map(Ok)).boxed()),
            };
            async move { answer }.boxed()
        };
        let items: Vec<u64> = resumed(1, open, |item| item + 1).collect().await;
        assert_eq!((items, opened.lock().unwrap().clone()), (vec![1, 2, 3, 4], vec![1, 3, 3]));
    }
}
