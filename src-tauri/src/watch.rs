//! Showing one deployment to the page: a snapshot, then what happens, in few messages.
//!
//! Owns: that nothing is missed between the two, nor sent too often. Must never know: how it is drawn.

use std::time::Duration;

use futures_util::{StreamExt as _, stream::BoxStream};
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

use crate::batch::{Batch, WatchMessage};

/// The shortest time between two messages of one kind: ten a second.
const BEAT: Duration = Duration::from_millis(100);

/// A watch that has sent its snapshot.
pub(crate) struct Watching {
    events: BoxStream<'static, Result<StepEvent, Problem>>,
    lines: BoxStream<'static, Result<Vec<Line>, Problem>>,
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
        send(WatchMessage::Snapshot { events, line_count });
        Ok(Self {
            events: deployments::events(session, id, next).await?,
            lines: deployments::logs(session, id, None, line_count + 1, Follow::Yes).await?,
            progress,
            over,
        })
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
                    Some(Ok(event)) => {
                        self.over = is_last(&event);
                        if self.over {
                            self.rest(&mut batch).await;
                        }
                        batch.event(event);
                    }
                    Some(Err(_)) | None => self.over = true,
                },
                lines = self.lines.next(), if printed && !self.over && !batch.is_full() => match lines {
                    Some(Ok(lines)) => batch.lines(lines.into_iter().map(LogRow::of)),
                    Some(Err(_)) | None => printed = false,
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
        while let Some(Ok(lines)) = self.lines.next().await {
            batch.lines(lines.into_iter().map(LogRow::of));
        }
    }
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
