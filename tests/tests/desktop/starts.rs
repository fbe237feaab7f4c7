//! Starting the app while it starts.
//!
//! Owns: what the second start gets. Must never know: how the two find each other.

use plimsoll_lab::{
    desktop::{Desktop, Outcome, Part},
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

/// At login the app may come before the panel.
#[tokio::test(flavor = "multi_thread")]
async fn a_tray_that_comes_after_the_app_gets_its_icon_and_no_window_comes() -> Outcome<()> {
    let desktop = Desktop::without(&[Part::Tray]).await?;
    desktop.start(&program(), &["--tray"])?;
    desktop.bus.has(NAME).await?;
    desktop.tray.serve().await?;
    let there = async || desktop.tray.labels().await.map(drop).map_err(|error| error.to_string());
    until("the app in the tray", ANSWER, there).await?;
    require(desktop.screen.find(TITLE)?.is_none(), "there is no window")
}
