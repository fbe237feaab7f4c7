//! Requests at their time, whatever became of those before: an open loop.
//!
//! Owns: when a request is due. Must never know: what is asked for.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, MissedTickBehavior, interval, timeout_at};
use tokio_util::task::TaskTracker;

use super::{
    Clients, Kind,
    request::{Loss, once},
    taken::Sample,
};

/// Asks at a rate until it is stopped. Who is late counts from when it was due.
pub(super) async fn ask(clients: Arc<Clients>, kind: Kind, rate: u32, tasks: TaskTracker) {
    if rate == 0 {
        return;
    }
    let mut due = interval(Duration::from_secs(1) / rate);
    due.set_missed_tick_behavior(MissedTickBehavior::Burst);
    loop {
        let intended = tokio::select! {
            biased;
            () = clients.stopped.cancelled() => return,
            intended = due.tick() => intended,
        };
        tasks.spawn(one(Arc::clone(&clients), kind, intended));
    }
}

async fn one(clients: Arc<Clients>, kind: Kind, intended: Instant) {
    let sent = clients.now();
    let answer = timeout_at(intended + clients.limit(kind), once(clients.target, kind)).await;
    let outcome = answer.unwrap_or(Err(Loss::Late)).map(|answer| answer.version);
    let intended = intended.duration_since(clients.started);
    clients.sample(Sample { kind, intended, sent, ended: clients.now(), outcome });
}
