//! Ctrl-C and its relatives during a deployment.
//!
//! Owns: which signal means what at which moment. Must never know: how a deployment is cancelled.

use std::io;

use tokio::sync::mpsc;

use crate::terminal::Person;

/// Signals that may wait; who presses Ctrl-C more often than that says nothing new.
const WAITING: usize = 4;

/// A wish to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// The process is asked to end.
    Terminate,
    /// The terminal went away.
    HangUp,
}

/// Where a deployment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Nothing on the server has changed for its users.
    BeforeSwap,
    /// The runner swaps on the server.
    Swap,
    /// Only the record is left.
    AfterSwap,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reaction {
    /// Stop and clean up.
    Cancel,
    /// Have the runner undo the swap.
    Undo,
    /// Let the server go on alone.
    Detach,
    /// Ask which of the two.
    Ask,
    /// Say what still goes on.
    Tell,
    /// End at once; `resume` settles it.
    Leave,
}

/// The meaning of a signal; `earlier` is the reaction to the one before, if it still stands.
pub(crate) fn react(signal: Signal, moment: Moment, earlier: Option<Reaction>, person: Person) -> Reaction {
    match (signal, moment, earlier) {
        (_, _, Some(Reaction::Tell)) => Reaction::Leave,
        (_, Moment::Swap, Some(Reaction::Ask)) => Reaction::Detach,
        (Signal::Terminate | Signal::HangUp, Moment::BeforeSwap | Moment::Swap, None) => Reaction::Detach,
        (_, _, Some(_)) | (_, Moment::AfterSwap, None) => Reaction::Tell,
        (Signal::Interrupt, Moment::BeforeSwap, None) => Reaction::Cancel,
        (Signal::Interrupt, Moment::Swap, None) if person == Person::Present => Reaction::Ask,
        (Signal::Interrupt, Moment::Swap, None) => Reaction::Undo,
    }
}

/// The signals that reach this process from now on, instead of ending it.
#[cfg(unix)]
pub(crate) fn listen() -> io::Result<mpsc::Receiver<Signal>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::spawn(async move {
        loop {
            let signal = tokio::select! {
                _ = interrupt.recv() => Signal::Interrupt,
                _ = terminate.recv() => Signal::Terminate,
                _ = hang_up.recv() => Signal::HangUp,
            };
            if sender.send(signal).await.is_err() {
                return;
            }
        }
    });
    Ok(receiver)
}

/// The signals that reach this process from now on, instead of ending it.
#[cfg(not(unix))]
pub(crate) fn listen() -> io::Result<mpsc::Receiver<Signal>> {
    let (sender, receiver) = mpsc::channel(WAITING);
    tokio::spawn(async move { while tokio::signal::ctrl_c().await.is_ok() && sender.send(Signal::Interrupt).await.is_ok() {} });
    Ok(receiver)
}

#[cfg(test)]
mod tests {
    use super::{Moment, Person, Reaction, Signal, react};

    #[test]
    fn every_signal_at_every_moment() {
        use Moment::{AfterSwap, BeforeSwap, Swap};
        use Person::{Absent, Present};
        use Signal::{HangUp, Interrupt, Terminate};
        let table = [
            (Interrupt, BeforeSwap, None, Present, Reaction::Cancel),
            (Interrupt, BeforeSwap, None, Absent, Reaction::Cancel),
            (Interrupt, BeforeSwap, Some(Reaction::Cancel), Present, Reaction::Tell),
            (Interrupt, BeforeSwap, Some(Reaction::Tell), Present, Reaction::Leave),
            (Interrupt, Swap, None, Present, Reaction::Ask),
            (Interrupt, Swap, Some(Reaction::Ask), Present, Reaction::Detach),
            (Interrupt, Swap, None, Absent, Reaction::Undo),
            (Interrupt, Swap, Some(Reaction::Undo), Absent, Reaction::Tell),
            (Interrupt, Swap, Some(Reaction::Cancel), Present, Reaction::Tell),
            (Interrupt, AfterSwap, None, Present, Reaction::Tell),
            (Terminate, BeforeSwap, None, Absent, Reaction::Detach),
            (Terminate, Swap, None, Absent, Reaction::Detach),
            (Terminate, Swap, None, Present, Reaction::Detach),
            (HangUp, Swap, None, Present, Reaction::Detach),
            (HangUp, Swap, Some(Reaction::Ask), Present, Reaction::Detach),
            (HangUp, AfterSwap, None, Absent, Reaction::Tell),
        ];
        for (row, (signal, moment, earlier, person, wanted)) in table.into_iter().enumerate() {
            assert_eq!(react(signal, moment, earlier, person), wanted, "row {row}");
        }
    }
}
