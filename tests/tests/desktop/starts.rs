//! Starting the app while it starts.
//!
//! Owns: what the second start gets. Must never know: how the two find each other.

use plimsoll_lab::{
    desktop::{Desktop, Outcome},
    lab::until,
};

use crate::shared::{ANSWER, TITLE, program, require};

const NAME: &str = "dev.plimsoll.desktop.SingleInstance";
/// What a second start calls, with its arguments and its folder.
const CALL: (&str, &str, &str) = ("/dev/plimsoll/desktop/SingleInstance", "org.SingleInstance.DBus", "ExecuteCallback");

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_while_the_first_one_begins_is_answered_and_the_window_comes() -> Outcome<()> {
    let desktop = Desktop::open().await?;
    let first = || desktop.start(&program(), &["--tray"]).map(|_| ());
    desktop.bus.call_at_once(NAME, CALL, &(vec!["plimsoll-desktop"], "/"), first).await?;
    desktop.screen.window(TITLE, ANSWER).await?;
    require(desktop.processes("plimsoll-desktop").len() == 1, "there is one app")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_brings_a_covered_window_to_the_front() -> Outcome<()> {
    let desktop = Desktop::open().await?;
    desktop.start(&program(), &[])?;
    let window = desktop.screen.window(TITLE, ANSWER).await?;
    let app = desktop.processes("plimsoll-desktop");
    desktop.screen.cover()?;
    require(!desktop.screen.is_in_front(window)?, "something else is in front of it")?;
    let mut second = desktop.start(&program(), &[])?;
    let answered = async || match (second.try_wait(), desktop.screen.is_in_front(window)) {
        (Ok(Some(status)), Ok(true)) if status.success() => Ok(()),
        other => Err(format!("{other:?}")),
    };
    until("the end of the second start, and the window in front", ANSWER, answered).await?;
    require(desktop.screen.window(TITLE, ANSWER).await? == window, "it is the same window")?;
    require(desktop.processes("plimsoll-desktop") == app, "it is the same app, and the only one")
}
