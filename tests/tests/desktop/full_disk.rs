//! A laptop whose disk is full.
//!
//! Owns: filling it and freeing it under the running app. Must never know: how data is kept.

use plimsoll_core::store::Store;
use plimsoll_lab::desktop::{App, Desktop, Outcome};

use crate::shared::{ANSWER, commit, picture, program, remembered, require};

/// Holds the data with its reserve, and little else.
const SIZE: &str = "size=48m";

#[tokio::test(flavor = "multi_thread")]
async fn with_no_byte_free_the_history_opens_and_a_change_says_why_it_failed() -> Outcome<()> {
    let mut desktop = Desktop::open().await?;
    let (seed, data) = (desktop.folder().join("seed"), desktop.data().display().to_string());
    let store = Store::open(&seed.join("store")).await?;
    remembered(&store, &desktop.folder().join("home"), commit()?).await?;
    store.close().await;
    desktop.run("mount", &["-t", "tmpfs", "-o", SIZE, "tmpfs", &data])?;
    desktop.run("cp", &["-a", &format!("{}/.", seed.display()), &data])?;
    fill(&desktop)?;
    let app = App::start(&mut desktop, &program()).await?;
    let page = &app.page;
    page.press("shop").await?;
    page.says("Sell at night", ANSWER).await?;
    picture(&app, "full-disk").await?;
    // The reserve was given up for the start.
    fill(&desktop)?;
    page.press("Settings").await?;
    page.choose("Single letters").await?;
    page.says("disk is full", ANSWER).await?;
    picture(&app, "full-disk-change").await?;
    desktop.run("rm", &[&format!("{data}/somebody-elses")])?;
    page.press("Projects").await?;
    page.press("Settings").await?;
    page.choose("Single letters").await?;
    page.press("Projects").await?;
    page.press("Settings").await?;
    page.has("//label[contains(., 'Single letters')]//input", ANSWER).await?;
    let stored = page
        .run(
            "return [...document.querySelectorAll('label')]
               .find((label) => label.innerText.includes('Single letters')).querySelector('input').checked",
        )
        .await?;
    require(stored == serde_json::json!(false), "the change was stored once there was room")
}

/// Leaves no byte; whoever writes last learns of it.
fn fill(desktop: &Desktop) -> Outcome<()> {
    let line = format!("cat /dev/zero >>'{}/somebody-elses' 2>&1 || true", desktop.data().display());
    desktop.run("sh", &["-c", &line]).map(|_| ())
}
