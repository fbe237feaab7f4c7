//! A client whose connection stays open.
//!
//! Owns: noticing that it was closed under its hands. Must never know: why.

use std::{sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval, timeout_at};

use super::{
    Clients, Kind,
    request::{Answer, Connection, Loss},
    taken::Sample,
};

const PAUSE: Duration = Duration::from_millis(200);
const KIND: Kind = Kind::KeptAlive;

/// Asks again and again over one connection, and opens another only when it has to.
pub(super) async fn ask(clients: Arc<Clients>) {
    let mut due = interval(PAUSE);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut kept = None;
    loop {
        let intended = tokio::select! {
            biased;
            () = clients.stopped.cancelled() => return,
            intended = due.tick() => intended,
        };
        let sent = clients.now();
        let answer = timeout_at(intended + clients.limit(KIND), next(&clients, &mut kept)).await.unwrap_or(Err(Loss::Late));
        if answer.is_err() {
            kept = None;
        }
        let intended = intended.duration_since(clients.started);
        clients.sample(Sample { kind: KIND, intended, sent, ended: clients.now(), outcome: answer.map(|a| a.version) });
    }
}

async fn next(clients: &Clients, kept: &mut Option<Connection>) -> Result<Answer, Loss> {
    if kept.as_ref().is_some_and(|connection| connection.sender.is_closed()) {
        // Nobody had said that it would be.
        clients.cut();
        *kept = None;
    }
    let connection = match kept {
        Some(connection) => connection,
        None => kept.insert(Connection::open(clients.target).await?),
    };
    // Over a connection that was just cut, a request gets lost as it does for whoever has no better luck.
    let answer = connection.ask(KIND, false).await?;
    if answer.closes {
        *kept = None;
    }
    Ok(answer)
}
