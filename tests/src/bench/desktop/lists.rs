//! Long logs and long histories against short ones.
//!
//! Owns: what is opened, scrolled and typed, and that it was really there. Must never know: how the app draws.

use serde::{Deserialize, de::DeserializeOwned};

use super::{
    Bench, PATIENCE, RUNS, STARTS,
    data::{self, Past},
    require,
    scripts::{FRAMES, Scrolled, TYPE, open_history, open_log},
};
use crate::{
    bench::{Limit, Measured, Outcome},
    desktop::{App, Desktop},
};

const MANY_LINES: u64 = 1_000_000;
const FEW_LINES: u64 = 100;
const BURST: u32 = 2_000;
const LETTERS: usize = 40;
/// What is answered within a tenth of a second is felt as one's own doing; half of that is left to the keyboard, the system
/// and the screen, which no script sees. As many times what it takes without a burst would say little: that may be one frame.
const ANSWERED_MS: f64 = 50.0;

#[derive(Debug, Deserialize)]
struct Scroll {
    worst: f64,
    /// Frames that showed what the one before showed.
    still: u64,
    /// Frames with an empty row.
    empty: u64,
}

#[derive(Debug, Deserialize)]
struct Typed {
    worst: f64,
    typed: String,
    before: u64,
    after: u64,
}

impl Bench {
    pub(super) async fn logs(&self) -> Outcome<Vec<Measured>> {
        let mut opens = Measured::new("a log of 1,000,000 lines opens at its end", "ms", "a log of 100 lines");
        let mut frame = Measured::new("worst frame while it is scrolled", "ms", "a static page").at_most(Limit::Times(1.5));
        let mut desktop = Desktop::open().await?;
        let long = data::past(&desktop.data(), Past::lines(MANY_LINES)).await?;
        let short = data::past(&desktop.data(), Past::lines(FEW_LINES)).await?;
        let app = App::start(&mut desktop, &self.app).await?;
        app.page.shows("Projects").await?;
        for _ in 0..RUNS {
            opens.peer(answer(&app, &open_log(short.deployment, FEW_LINES)).await?);
            opens.plimsoll(answer(&app, &open_log(long.deployment, MANY_LINES)).await?);
            frame.plimsoll(scroll(&app, &Scrolled::Log).await?);
            frame.peer(scroll(&app, &Scrolled::StaticPage).await?);
        }
        Ok(vec![opens, frame, typing(&desktop, &app).await?])
    }

    pub(super) async fn histories(&self) -> Outcome<Vec<Measured>> {
        let mut opens =
            Measured::new("a history of 100,000 deployments opens", "ms", "a history of 100").at_most(Limit::Times(1.5));
        let mut desktop = Desktop::open().await?;
        let many = data::past(&desktop.data(), Past::deployments(100_000)).await?;
        let few = data::past(&desktop.data(), Past::deployments(100)).await?;
        let app = App::start(&mut desktop, &self.app).await?;
        app.page.shows("Projects").await?;
        for _ in 0..STARTS {
            opens.peer(answer(&app, &open_history(&few.project)).await?);
            opens.plimsoll(answer(&app, &open_history(&many.project)).await?);
        }
        Ok(vec![opens])
    }
}

/// The worst frame of a scroll in which every frame showed something new.
async fn scroll(app: &App, what: &Scrolled) -> Outcome<f64> {
    let seen: Scroll = answer(app, &what.script()).await?;
    require(seen.still == 0 && seen.empty == 0, || format!("each of {FRAMES} frames shows other rows: {seen:?}"))?;
    Ok(seen.worst)
}

async fn typing(desktop: &Desktop, app: &App) -> Outcome<Measured> {
    let what = "worst answer to a key while 2,000 lines come";
    let mut typing = Measured::new(what, "ms", "while none come").at_most(Limit::Value(ANSWERED_MS));
    let running = data::begin(&desktop.data()).await?;
    app.page.run(&format!("location.hash = '#/deployments/{}'", running.id)).await?;
    app.page.has("//input[@aria-label='Find in log']", PATIENCE).await?;
    for _ in 0..RUNS {
        let calm: Typed = answer(app, TYPE).await?;
        let (busy, printed) = tokio::join!(answer::<Typed>(app, TYPE), running.print(BURST));
        printed?;
        let busy = busy?;
        for one in [&calm, &busy] {
            require(one.typed == "x".repeat(LETTERS), || format!("every letter stands in the field: {one:?}"))?;
        }
        require(calm.after == calm.before, || format!("no line came: {calm:?}"))?;
        require(busy.after - busy.before == u64::from(BURST), || format!("the lines came meanwhile: {busy:?}"))?;
        typing.peer(calm.worst);
        typing.plimsoll(busy.worst);
    }
    Ok(typing)
}

/// What a script answers with.
async fn answer<T: DeserializeOwned>(app: &App, script: &str) -> Outcome<T> {
    Ok(serde_json::from_value(app.page.run_async(script).await?)?)
}
