//! Showing a deployment while it runs: what is stored, as it is stored, and the latest progress.
//!
//! Owns: joining the three streams. Must never know: who looks.

use futures_util::{StreamExt as _, stream::BoxStream};
use tokio::{
    sync::{broadcast, mpsc},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::{Session, deployments::Deploying};
use crate::{
    deploy::{Ended, Update},
    domain::{
        deployment::Status,
        event::{Progress, StepEvent, StepEventKind},
        id::DeploymentId,
    },
    problem::Problem,
    store::{
        StoreError,
        logs::{LogFilter, NumberedLine},
    },
};

/// Updates that wait for a slow reader; then the deployment's own log and events wait for nobody, they are stored.
const AHEAD: usize = 256;

/// Shows a deployment that another program carries out.
pub(super) fn join(session: &Session, id: DeploymentId) -> Deploying {
    let (_, progress) = broadcast::channel(1);
    let ended = tokio::spawn(std::future::pending());
    let updates = forward(session, id, progress, ended);
    Deploying { id, joined: true, updates, cancel: CancellationToken::new(), detach: CancellationToken::new() }
}

/// Shows a deployment from its first event to its last.
pub(super) fn forward(
    session: &Session,
    id: DeploymentId,
    progress: broadcast::Receiver<Progress>,
    ended: JoinHandle<Result<Ended, StoreError>>,
) -> mpsc::Receiver<Update> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let forwarding = Forwarding {
        events: session.store.events().follow(id, 0).fuse().boxed(),
        logs: session.store.logs().follow(id, 1, LogFilter::default()).fuse().boxed(),
        progress,
        sender,
        next: 0,
    };
    tokio::spawn(forwarding.run(ended));
    receiver
}

struct Forwarding {
    events: BoxStream<'static, Result<StepEvent, StoreError>>,
    logs: BoxStream<'static, Result<Vec<NumberedLine>, StoreError>>,
    progress: broadcast::Receiver<Progress>,
    sender: mpsc::Sender<Update>,
    next: u64,
}

impl Forwarding {
    async fn run(mut self, mut ended: JoinHandle<Result<Ended, StoreError>>) {
        let mut carried = false;
        let mut silent = false;
        loop {
            tokio::select! {
                event = self.events.next() => match event {
                    Some(Ok(event)) => if !self.told(event).await {
                        return;
                    },
                    Some(Err(error)) => return self.broke(error).await,
                    None => return,
                },
                Some(lines) = self.logs.next() => if let Ok(lines) = lines {
                    self.lines(lines).await;
                },
                progress = self.progress.recv(), if !silent => match progress {
                    // A reader that is behind has nothing to show of it anyway.
                    Ok(progress) => drop(self.sender.try_send(Update::Progress(progress))),
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => silent = true,
                },
                result = &mut ended, if !carried => {
                    carried = true;
                    if let Ok(Err(error)) = result {
                        return self.broke(error).await;
                    }
                }
            }
        }
    }

    /// Passes an event on; says whether more can come.
    async fn told(&mut self, event: StepEvent) -> bool {
        self.next = event.index + 1;
        let over = matches!(event.kind, StepEventKind::Finished { .. });
        let left = matches!(event.kind, StepEventKind::Detached { .. });
        if over {
            // Everything that was printed is stored before the end is.
            while let Some(Ok(lines)) = self.logs.next().await {
                self.lines(lines).await;
            }
        }
        let heard = self.sender.send(Update::Event(event)).await.is_ok();
        heard && !over && !left
    }

    async fn lines(&mut self, lines: Vec<NumberedLine>) {
        let lines = lines.into_iter().map(|numbered| numbered.line).collect();
        let _ = self.sender.send(Update::Logs(lines)).await;
    }

    /// The history cannot be read or written any more: that is the end of what can be shown.
    async fn broke(self, error: StoreError) {
        let problem = Problem::from(error);
        let kind = StepEventKind::Finished { status: Status::Failed, release: None, problem: Some(problem) };
        let event = StepEvent { index: self.next, at: jiff::Timestamp::now(), journal: None, kind };
        let _ = self.sender.send(Update::Event(event)).await;
    }
}
