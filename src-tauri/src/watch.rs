//! Showing one deployment to the page: a snapshot, then what happens, in few messages.
//!
//! Owns: that nothing is missed between the two, nor sent too often. Must never know: how it is drawn.

use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _, stream::BoxStream};
use plimsoll_core::{
    api::{
        Session,
        deployments::{self, Line},
        log::{self, LogRow},
        running::Follow,
    },
    domain::{
        event::{Progress, StepEvent, StepEventKind},
        id::DeploymentId,
    },
    problem::Problem,
};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::{
    again::resumed,
    batch::{Batch, WatchMessage},
};

/// The shortest time between two messages of one kind: ten a second.
const BEAT: Duration = Duration::from_millis(100);

/// A watch that has sent its snapshot.
pub(crate) struct Watching {
    events: BoxStream<'static, StepEvent>,
    lines: BoxStream<'static, Vec<Line>>,
    progress: Option<broadcast::Receiver<Progress>>,
    over: bool,
}

impl Watching {
    /// Sends what there is from event `from` on and prepares for the rest.
    pub(crate) async fn begin(
        session: &Session,
        id: DeploymentId,
        from: u64,
        progress: Option<broadcast::Receiver<Progress>>,
        send: &(dyn Fn(WatchMessage) -> bool + Send + Sync),
    ) -> Result<Self, Problem> {
        // Counted first: lines that are printed meanwhile come once more rather than not at all.
        let line_count = log::page(session, id, 1, 0).await?.total;
        let events = deployments::so_far(session, id, from).await?;
        let next = events.last().map_or(from, |event| event.index + 1);
        let over = events.last().is_some_and(is_last);
        send(WatchMessage::Snapshot { events, line_count, here: progress.is_some() });
        Ok(Self { events: events_of(session, id, next), lines: lines_of(session, id, line_count + 1), progress, over })
    }

    /// Sends what happens until the end, or until nobody listens or `stop`.
    pub(crate) async fn run(mut self, stop: CancellationToken, send: &(dyn Fn(WatchMessage) -> bool + Send + Sync)) {
        let (mut batch, mut due, mut printed) = (Batch::default(), Instant::now(), true);
        while !(self.over && batch.is_empty()) {
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep_until(due), if !batch.is_empty() => {
                    if !batch.take().into_iter().all(send) {
                        return;
                    }
                    due = Instant::now() + BEAT;
                }
                event = self.events.next(), if !self.over => match event {
                    Some(event) => {
                        self.over = is_last(&event);
                        if self.over {
                            self.rest(&mut batch).await;
                        }
                        batch.event(event);
                    }
                    None => self.over = true,
                },
                lines = self.lines.next(), if printed && !self.over && !batch.is_full() => match lines {
                    Some(lines) => batch.lines(lines.into_iter().map(LogRow::of)),
                    None => printed = false,
                },
                latest = grown(&mut self.progress) => match latest {
                    Some(latest) => batch.progress(latest),
                    None => self.progress = None,
                },
            }
        }
    }

    /// Everything that was printed is stored before the end is.
    async fn rest(&mut self, batch: &mut Batch) {
        while let Some(lines) = self.lines.next().await {
            batch.lines(lines.into_iter().map(LogRow::of));
        }
    }
}

/// A store that cannot be read for a while is read again from where it stopped.
fn events_of(session: &Session, id: DeploymentId, from: u64) -> BoxStream<'static, StepEvent> {
    let session = session.clone();
    let open = move |from| {
        let session = session.clone();
        async move { deployments::events(&session, id, from).await }.boxed()
    };
    resumed(from, open, |event: &StepEvent| event.index + 1)
}

fn lines_of(session: &Session, id: DeploymentId, from: u64) -> BoxStream<'static, Vec<Line>> {
    let session = session.clone();
    let open = move |from| {
        let session = session.clone();
        async move { deployments::logs(&session, id, None, from, Follow::Yes).await }.boxed()
    };
    resumed(from, open, move |lines: &Vec<Line>| lines.last().map_or(from, |line| line.number + 1))
}

/// The next amount; `None` when there are no more. Without a source it waits for ever.
async fn grown(progress: &mut Option<broadcast::Receiver<Progress>>) -> Option<Progress> {
    let Some(receiver) = progress else { return std::future::pending().await };
    loop {
        match receiver.recv().await {
            Ok(latest) => return Some(latest),
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return None,
        }
    }
}

fn is_last(event: &StepEvent) -> bool {
    matches!(event.kind, StepEventKind::Finished { .. })
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use plimsoll_core::domain::{
        deployment::{Stage, Status},
        event::{Progress, ProgressUnit, StepEventKind},
    };
    use tokio::sync::broadcast;
    use tokio_util::sync::CancellationToken;

    use super::Watching;
    use crate::{
        batch::WatchMessage,
        testing::{bench, event, line},
    };

    type Sent = Arc<Mutex<Vec<WatchMessage>>>;

    fn sender(sent: &Sent) -> impl Fn(WatchMessage) -> bool + Send + Sync + 'static {
        let sent = sent.clone();
        move |message| {
            sent.lock().unwrap().push(message);
            true
        }
    }

    fn note(index: u64) -> plimsoll_core::domain::event::StepEvent {
        event(index, StepEventKind::Note { stage: Stage::Build, text: index.to_string() })
    }

    #[tokio::test]
    async fn a_late_watcher_gets_everything_once_and_the_end_last() {
        let bench = bench().await;
        let mut one = bench.deployment(Status::Running).await;
        bench.store.events().append(one.id, &note(0)).await.unwrap();
        bench.store.logs().append(one.id, (0..1500).map(|n| line(n.to_string())).collect()).await.unwrap();
        let sent = Sent::default();
        let send = sender(&sent);
        let (progress, grows) = broadcast::channel(4);
        let watching = Watching::begin(&bench.session, one.id, 0, Some(grows), &send).await.unwrap();
        let running = tokio::spawn(async move { watching.run(CancellationToken::new(), &send).await });
        let latest = Progress { stage: Stage::Pull, subject: "api".into(), done: 1, total: None, unit: ProgressUnit::Bytes };
        progress.send(latest.clone()).unwrap();
        bench.store.logs().append(one.id, (0..4500).map(|n| line(n.to_string())).collect()).await.unwrap();
        bench.store.events().append(one.id, &note(1)).await.unwrap();
        one.status = Status::Live;
        let end = event(2, StepEventKind::Finished { status: Status::Live, release: None, problem: None });
        bench.store.deployments().record(&one, &end).await.unwrap();
        running.await.unwrap();

        let sent = sent.lock().unwrap();
        assert_eq!(sent[0], WatchMessage::Snapshot { events: vec![note(0)], line_count: 1500, here: true });
        let (mut numbers, mut events, mut grown) = (Vec::new(), Vec::new(), Vec::new());
        for message in &sent[1..] {
            match message {
                WatchMessage::Lines { rows } => {
                    assert!(events.last() != Some(&2), "lines after the end");
                    numbers.extend(rows.iter().map(|row| row.number));
                }
                WatchMessage::Events { events: more } => events.extend(more.iter().map(|event| event.index)),
                WatchMessage::Progress { progress } => grown.extend(progress.clone()),
                WatchMessage::Snapshot { .. } => panic!("a second snapshot"),
            }
        }
        assert_eq!(numbers, (1501..=6000).collect::<Vec<_>>());
        assert_eq!((events, grown), (vec![1, 2], vec![latest]));
        assert!(sent.len() < 20, "{} messages", sent.len());
    }

    #[tokio::test]
    async fn of_one_that_has_ended_there_is_only_a_snapshot() {
        let bench = bench().await;
        let one = bench.deployment(Status::Live).await;
        let end = event(0, StepEventKind::Finished { status: Status::Live, release: None, problem: None });
        bench.store.events().append(one.id, &end).await.unwrap();
        let sent = Sent::default();
        let send = sender(&sent);
        let watching = Watching::begin(&bench.session, one.id, 0, None, &send).await.unwrap();
        watching.run(CancellationToken::new(), &send).await;
        assert_eq!(*sent.lock().unwrap(), [WatchMessage::Snapshot { events: vec![end], line_count: 0, here: false }]);
    }

    #[tokio::test]
    async fn nobody_to_send_to_ends_it() {
        let bench = bench().await;
        let one = bench.deployment(Status::Running).await;
        let watching = Watching::begin(&bench.session, one.id, 0, None, &|_| true).await.unwrap();
        bench.store.events().append(one.id, &note(0)).await.unwrap();
        watching.run(CancellationToken::new(), &|_| false).await;
        let stop = CancellationToken::new();
        stop.cancel();
        let watching = Watching::begin(&bench.session, one.id, 1, None, &|_| true).await.unwrap();
        watching.run(stop, &|_| true).await;
    }
}
