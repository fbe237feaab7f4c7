//! A line of a log that is a megabyte long.
//!
//! Owns: such a line, and that the window stays alive with it. Must never know: how lines are drawn.

use jiff::Timestamp;
use plimsoll_core::{
    domain::{deployment::Stage, event::LogLine},
    store::Store,
};
use plimsoll_lab::desktop::{App, Desktop, Outcome};

use crate::shared::{ANSWER, commit, picture, program, remembered, require};

/// A mebibyte without a blank, as minified code is.
const LENGTH: usize = 1 << 20;
const FAR_END: &str = "here it ends";
/// A pause of this length is seen as a window that hangs, on a busy machine too.
const FROZEN_MS: f64 = 1000.0;
/// The longest time between two frames from now on.
const WATCH: &str = "window.worst = 0;
  let last = performance.now();
  const tick = (now) => { window.worst = Math.max(window.worst, now - last); last = now; requestAnimationFrame(tick); };
  requestAnimationFrame(tick);";

#[tokio::test(flavor = "multi_thread")]
async fn a_line_of_a_mebibyte_is_shown_and_nothing_hangs() -> Outcome<()> {
    let mut desktop = Desktop::open().await?;
    let store = Store::open(&desktop.data().join("store")).await?;
    let (_, deployment) = remembered(&store, &desktop.folder().join("home"), commit()?).await?;
    let long = "x".repeat(LENGTH) + FAR_END;
    store.logs().append(deployment.id, ["before it", &long, "after it"].map(line).into()).await?;
    store.close().await;
    let app = App::start(&mut desktop, &program()).await?;
    let page = &app.page;
    page.shows("Sell at night").await?;
    page.run(WATCH).await?;
    page.run(&format!("location.hash = '#/deployments/{}'", deployment.id)).await?;
    page.says("after it", ANSWER).await?;
    // No more of it is there until somebody wants it.
    page.press("show all, 1.05 MB").await?;
    page.keys("//*[@role='log']", END).await?;
    page.says("after it", ANSWER).await?;
    page.says(FAR_END, ANSWER).await?;
    picture(&app, "long-line").await?;
    page.keys("//*[@role='log']", HOME).await?;
    page.says("before it", ANSWER).await?;
    page.keys("//input[@aria-label='Find in log']", FAR_END).await?;
    page.says(FAR_END, ANSWER).await?;
    page.press("Wrap").await?;
    page.keys("//*[@role='log']", HOME).await?;
    page.says("before it", ANSWER).await?;
    let worst = page.run("return window.worst").await?.as_f64().unwrap_or(f64::INFINITY);
    require(worst > 0.0 && worst < FROZEN_MS, &format!("no frame takes longer than {FROZEN_MS} ms: {worst}"))
}

/// As the driver's protocol calls these keys.
const END: &str = "\u{e010}";
const HOME: &str = "\u{e011}";

fn line(text: &str) -> LogLine {
    LogLine { at: Timestamp::now(), stage: Stage::Build, source: Some("web".to_owned()), text: text.to_owned() }
}
