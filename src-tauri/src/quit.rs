//! Ending the app.
//!
//! Owns: saying first what becomes of deployments in flight. Must never know: how they are carried out.

use std::{sync::atomic::Ordering, time::Duration};

use tauri::{AppHandle, Manager as _};
use tauri_plugin_dialog::{DialogExt as _, MessageDialogButtons};

use crate::state::Desktop;

/// How long deployments may take to let go.
const PATIENCE: Duration = Duration::from_secs(10);
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
        app.state::<Desktop>().asks_to_quit.store(false, Ordering::Relaxed);
        if yes && promised.covers(Way::of(&app)) {
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

/// Detaching means: in the swap the server goes on alone; before it, clean up and stop. What else is being done may end.
async fn leave(app: &AppHandle) {
    let desktop = app.state::<Desktop>();
    desktop.questions.abandon();
    let gone = async {
        while is_worth_a_question(app) || desktop.is_acting() {
            desktop.flights.all().iter().for_each(|flight| flight.detach.cancel());
            tokio::time::sleep(BEAT).await;
        }
    };
    let _ = tokio::time::timeout(PATIENCE, gone).await;
    app.exit(0);
}

#[cfg(test)]
mod tests {
    use super::{Way, question};

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
}
