//! Ending the app.
//!
//! Owns: saying first what becomes of deployments in flight. Must never know: how they are carried out.

use std::{sync::atomic::Ordering, time::Duration};

use tauri::{AppHandle, Manager as _};
use tauri_plugin_dialog::{DialogExt as _, MessageDialogButtons};

use crate::{state::Desktop, window};

/// How long deployments may take to let go.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long they may when the system ends the app: it kills who takes much longer.
const FAREWELL: Duration = Duration::from_secs(3);
const BEAT: Duration = Duration::from_millis(50);

/// The deployments of this process, as a promise about them counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Way {
    /// Nothing on a server has changed yet.
    before: usize,
    /// The server finishes.
    swapping: usize,
}

impl Way {
    fn of(app: &AppHandle) -> Self {
        let flights = app.state::<Desktop>().flights.all();
        let swapping = flights.iter().filter(|flight| flight.is_in_swap()).count();
        Self { before: flights.len() - swapping, swapping }
    }

    /// Whether what was promised about these holds for `now` too: some may have ended, none may have gone on or begun.
    fn covers(self, now: Self) -> bool {
        now.before <= self.before && now.swapping <= self.swapping
    }
}

/// What is made of the event that the app is about to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It ends.
    Go,
    /// It goes on in the tray.
    Stay,
    /// The person is asked.
    Ask,
}

/// Decides it: with a code it is the end that was asked about already; without one the last window went.
pub(crate) fn may_exit(code: Option<i32>, stays_in_tray: bool, flights: usize) -> Verdict {
    match code {
        Some(_) => Verdict::Go,
        None if stays_in_tray => Verdict::Stay,
        None if flights > 0 => Verdict::Ask,
        None => Verdict::Go,
    }
}

/// Whether something would be interrupted.
pub(crate) fn is_worth_a_question(app: &AppHandle) -> bool {
    !app.state::<Desktop>().flights.all().is_empty()
}

/// Ends the app, after a question if something is in flight. One question at a time.
pub(crate) fn ask(app: &AppHandle) {
    if !is_worth_a_question(app) {
        let app = app.clone();
        tauri::async_runtime::spawn(async move { leave(&app).await });
    } else if !app.state::<Desktop>().asks_to_quit.swap(true, Ordering::Relaxed) {
        put(app);
    }
}

fn put(app: &AppHandle) {
    let promised = Way::of(app);
    let app = app.clone();
    let buttons = MessageDialogButtons::OkCancelCustom("Quit".to_owned(), "Stay".to_owned());
    let dialog = app.dialog().message(question(promised)).title("Quit Plimsoll?").buttons(buttons);
    dialog.show(move |yes| {
        let desktop = app.state::<Desktop>();
        desktop.asks_to_quit.store(false, Ordering::Relaxed);
        if !yes && !desktop.has_tray() {
            // Whatever led to the question: nobody stays with an app that cannot be reached.
            window::show(&app);
        } else if yes && promised.covers(Way::of(&app)) {
            tauri::async_runtime::spawn(async move { leave(&app).await });
        } else if yes {
            // What was said is no longer true.
            ask(&app);
        }
    });
}

/// What becomes of deployments in flight when the app ends.
fn question(way: Way) -> String {
    let finishes = "The server finishes the swap by itself, or undoes it; Plimsoll reads the result at its next start.";
    let stops = "Nothing on the server has changed yet: quitting stops here, and deploying again is safe.";
    match (way.before, way.swapping) {
        (0, 1) => format!("A deployment is in its swap. {finishes}"),
        (1, 0) => format!("A deployment is on its way. {stops}"),
        (0, n) => format!("{n} deployments are in their swap. {finishes}"),
        (n, 0) => format!("{n} deployments are on their way. {stops}"),
        (_, _) => format!("Deployments are on their way. For those before the swap: {stops} For those in it: {finishes}"),
    }
}

async fn leave(app: &AppHandle) {
    let desktop = app.state::<Desktop>();
    desktop.questions.abandon();
    let _ = tokio::time::timeout(PATIENCE, let_go(&desktop)).await;
    app.exit(0);
}

/// The app ends, whoever wanted it: the Dock's Quit and the end of the session on macOS come to here without a question.
pub(crate) fn farewell(app: &AppHandle) {
    let Some(desktop) = app.try_state::<Desktop>() else { return };
    let gone = async { tokio::time::timeout(FAREWELL, let_go(&desktop)).await };
    let _ = tauri::async_runtime::block_on(gone);
}

/// Detaching means: in the swap the server goes on alone; before it, clean up and stop. What else is being done may end.
async fn let_go(desktop: &Desktop) {
    while desktop.is_busy() {
        desktop.flights.all().iter().for_each(|flight| flight.detach.cancel());
        tokio::time::sleep(BEAT).await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use plimsoll_core::{api::deployments::Deploying, domain::id::DeploymentId};
    use tokio::sync::mpsc;
    use tokio_util::sync::CancellationToken;

    use super::{Verdict, Way, let_go, may_exit, question};
    use crate::{questions::Questions, state::Desktop, testing::bench};

    fn way(before: usize, swapping: usize) -> Way {
        Way { before, swapping }
    }

    #[test]
    fn in_the_swap_the_server_finishes() {
        assert!(question(way(0, 1)).contains("finishes the swap by itself"));
        assert!(!question(way(1, 0)).contains("finishes"));
        assert!(question(way(1, 0)).contains("Nothing on the server has changed"));
        assert!(question(way(0, 3)).starts_with("3 deployments are in their swap"));
        let both = question(way(2, 1));
        assert!(both.contains("finishes") && both.contains("stops here"));
    }

    #[test]
    fn a_promise_does_not_outlive_what_it_was_about() {
        assert!(way(1, 0).covers(way(1, 0)));
        assert!(way(2, 1).covers(way(0, 1)), "some have ended");
        assert!(!way(1, 0).covers(way(0, 1)), "it has gone into its swap");
        assert!(!way(1, 0).covers(way(2, 0)), "another one has begun");
    }

    #[test]
    fn the_last_window_ends_no_deployment_unasked() {
        assert_eq!(may_exit(None, false, 1), Verdict::Ask);
        assert_eq!(may_exit(None, true, 1), Verdict::Stay);
        assert_eq!(may_exit(None, true, 0), Verdict::Stay);
        assert_eq!(may_exit(None, false, 0), Verdict::Go);
        // Asked and answered, or begun anew by an update.
        assert_eq!(may_exit(Some(0), true, 1), Verdict::Go);
    }

    #[tokio::test]
    async fn who_is_ended_lets_go_of_deployments_first() {
        let bench = bench().await;
        let desktop = Desktop::with(Ok(bench.session.clone()), Questions::new(|| false));
        let ((told, updates), detach) = (mpsc::channel(1), CancellationToken::new());
        let (id, cancel) = (DeploymentId::new(), CancellationToken::new());
        desktop.flights.keep(Deploying { id, joined: false, updates, cancel: cancel.clone(), detach: detach.clone() }, || ());
        // What carries it out ends when it is let go.
        tokio::spawn(async move {
            detach.cancelled().await;
            drop(told);
        });
        tokio::time::timeout(Duration::from_secs(10), let_go(&desktop)).await.unwrap();
        assert!(desktop.flights.all().is_empty() && !cancel.is_cancelled());
    }
}
