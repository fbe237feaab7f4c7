//! Ending the app.
//!
//! Owns: saying first what becomes of deployments in flight. Must never know: how they are carried out.

use std::time::Duration;

use tauri::{AppHandle, Manager as _};
use tauri_plugin_dialog::{DialogExt as _, MessageDialogButtons};

use crate::{flights::Flight, state::Desktop};

/// How long deployments may take to let go.
const PATIENCE: Duration = Duration::from_secs(10);
const BEAT: Duration = Duration::from_millis(50);

/// Whether something would be interrupted.
pub(crate) fn is_worth_a_question(app: &AppHandle) -> bool {
    !app.state::<Desktop>().flights.all().is_empty()
}

/// Ends the app, after a question if something is in flight.
pub(crate) fn ask(app: &AppHandle) {
    let flights = app.state::<Desktop>().flights.all();
    if flights.is_empty() {
        app.exit(0);
        return;
    }
    let swapping = flights.iter().filter(|flight| flight.is_in_swap()).count();
    let question = question(flights.len(), swapping);
    let app = app.clone();
    let buttons = MessageDialogButtons::OkCancelCustom("Quit".to_owned(), "Stay".to_owned());
    let dialog = app.dialog().message(question).title("Quit Plimsoll?").buttons(buttons);
    dialog.show(move |yes| {
        if yes {
            tauri::async_runtime::spawn(async move { leave(&app, &flights).await });
        }
    });
}

/// What becomes of deployments in flight when the app ends.
fn question(flights: usize, swapping: usize) -> String {
    let finishes = "The server finishes the swap by itself, or undoes it; Plimsoll reads the result at its next start.";
    let stops = "Nothing on the server has changed yet: quitting stops here, and deploying again is safe.";
    match (flights - swapping, swapping) {
        (0, 1) => format!("A deployment is in its swap. {finishes}"),
        (1, 0) => format!("A deployment is on its way. {stops}"),
        (0, n) => format!("{n} deployments are in their swap. {finishes}"),
        (n, 0) => format!("{n} deployments are on their way. {stops}"),
        (_, _) => format!("Deployments are on their way. For those before the swap: {stops} For those in it: {finishes}"),
    }
}

/// Detaching means: in the swap the server goes on alone; before it, clean up and stop.
async fn leave(app: &AppHandle, flights: &[Flight]) {
    flights.iter().for_each(|flight| flight.detach.cancel());
    let gone = async {
        while is_worth_a_question(app) {
            tokio::time::sleep(BEAT).await;
        }
    };
    let _ = tokio::time::timeout(PATIENCE, gone).await;
    app.exit(0);
}

#[cfg(test)]
mod tests {
    use super::question;

    #[test]
    fn in_the_swap_the_server_finishes() {
        assert!(question(1, 1).contains("finishes the swap by itself"));
        assert!(!question(1, 0).contains("finishes"));
        assert!(question(1, 0).contains("Nothing on the server has changed"));
        assert!(question(3, 3).starts_with("3 deployments are in their swap"));
        let both = question(3, 1);
        assert!(both.contains("finishes") && both.contains("stops here"));
    }
}
