//! A window's start, its memory and its rest, against bare ones; and the app without one, in the tray.
//!
//! Owns: when each is measured. Must never know: what the app's window shows.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use tokio::time::sleep;

use super::{
    Bench, PATIENCE, PROGRAM, STARTS, TITLE,
    data::{self, Past},
    ms, require,
};
use crate::{
    bench::{Limit, Measured, Outcome},
    desktop::{Area, Desktop, usage},
    lab::{Process, until},
};

/// What is done in the first seconds is not idleness yet.
const SETTLED: Duration = Duration::from_secs(10);
const IDLE: Duration = Duration::from_mins(1);
/// Between two looks at the screen.
const LOOK: Duration = Duration::from_millis(5);
/// Where both windows have text in the end: in the app the first project's row.
const TEXT: Area = (260, 64, 420, 80);
/// Smooth letters have more colours than a line or a plain surface.
const COLOURS: usize = 12;
const BARE: &str = "Bare";
/// The processes of a webview.
const WEBVIEW: [&str; 2] = ["WebKitWebProcess", "WebKitNetworkProcess"];

/// A bare window, as somebody would write it who thinks of nothing, and one that draws the way the app does: on a machine
/// without a GPU that alone makes much of the start. Both comparisons are told.
#[derive(Clone, Copy)]
enum Drawing {
    Usual,
    Alike,
}

impl Drawing {
    fn name(self) -> &'static str {
        match self {
            Self::Usual => "a bare window of the same webview",
            Self::Alike => "a bare window that draws without DMA buffers, as the app does",
        }
    }

    async fn desktop(self) -> Outcome<Desktop> {
        let mut desktop = Desktop::open().await?;
        if matches!(self, Self::Alike) {
            desktop.set("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
        }
        Ok(desktop)
    }
}

/// One quantity of the app against that of both bare windows.
struct Compared {
    usual: Measured,
    alike: Measured,
}

impl Compared {
    fn new(what: &str, unit: &'static str, limit: Limit) -> Self {
        let against = |drawing: Drawing| Measured::new(what, unit, drawing.name()).at_most(limit);
        Self { usual: against(Drawing::Usual), alike: against(Drawing::Alike) }
    }

    fn plimsoll(&mut self, value: f64) {
        self.usual.plimsoll(value);
        self.alike.plimsoll(value);
    }

    fn peer(&mut self, drawing: Drawing, value: f64) {
        match drawing {
            Drawing::Usual => self.usual.peer(value),
            Drawing::Alike => self.alike.peer(value),
        }
    }

    fn rows(self) -> [Measured; 2] {
        [self.usual, self.alike]
    }
}

/// What one window used.
struct Window {
    start: Duration,
    memory: f64,
    /// Percent of one processor.
    idle: f64,
}

impl Bench {
    pub(super) async fn windows(&self) -> Outcome<Vec<Measured>> {
        let mut start = Compared::new("start to the first useful picture", "ms", Limit::Times(1.25));
        let mut memory = Compared::new("memory with an open window (PSS)", "MB", Limit::Times(1.3));
        let mut idle = Compared::new("processor while nothing happens", "%", Limit::Value(0.1));
        let mut tray =
            Measured::new("memory in the tray (PSS), its webview gone", "MB", "a bare window cannot").at_most(Limit::Value(60.0));
        for _ in 0..STARTS {
            start.plimsoll(ms(self.start_app().await?));
            for drawing in [Drawing::Usual, Drawing::Alike] {
                start.peer(drawing, ms(appears(&drawing.desktop().await?, &self.bare, BARE).await?));
            }
        }
        let (app, in_tray) = self.app_at_rest().await?;
        start.plimsoll(ms(app.start));
        memory.plimsoll(app.memory);
        idle.plimsoll(app.idle);
        tray.plimsoll(in_tray);
        for drawing in [Drawing::Usual, Drawing::Alike] {
            let bare = at_rest(&drawing.desktop().await?, &self.bare, BARE).await?;
            start.peer(drawing, ms(bare.start));
            memory.peer(drawing, bare.memory);
            idle.peer(drawing, bare.idle);
        }
        Ok([start.rows(), memory.rows()].into_iter().flatten().chain([tray]).chain(idle.rows()).collect())
    }

    async fn start_app(&self) -> Outcome<Duration> {
        let desktop = Desktop::open().await?;
        data::past(&desktop.data(), Past::deployments(1)).await?;
        appears(&desktop, &self.app, TITLE).await
    }

    async fn app_at_rest(&self) -> Outcome<(Window, f64)> {
        let desktop = Desktop::open().await?;
        data::past(&desktop.data(), Past::deployments(1)).await?;
        let window = at_rest(&desktop, &self.app, TITLE).await?;
        desktop.screen.close(desktop.screen.window(TITLE, PATIENCE).await?)?;
        desktop.screen.no_window(TITLE, PATIENCE).await?;
        until("the app in the tray", PATIENCE, async || in_tray(&desktop).map(drop)).await?;
        sleep(SETTLED).await;
        // Read where it still is so, and nothing has come back.
        Ok((window, usage::memory(&[in_tray(&desktop)?])?))
    }
}

/// Starts a program and waits until its window has text; how long that took.
async fn appears(desktop: &Desktop, program: &Path, title: &str) -> Outcome<Duration> {
    let begun = Instant::now();
    desktop.start(program, &[])?;
    let window = desktop.screen.window(title, PATIENCE).await?;
    while desktop.screen.picture(window, Some(TEXT)).map_or(0, |part| part.colours()) < COLOURS {
        if begun.elapsed() > PATIENCE {
            return Err(format!("{title} never showed text").into());
        }
        sleep(LOOK).await;
    }
    Ok(begun.elapsed())
}

async fn at_rest(desktop: &Desktop, program: &Path, title: &str) -> Outcome<Window> {
    let start = appears(desktop, program, title).await?;
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    sleep(SETTLED).await;
    let all = processes(desktop, &name)?;
    let memory = usage::memory(&all)?;
    let (begun, before) = (Instant::now(), usage::processor(&all)?);
    sleep(IDLE).await;
    let idle = (usage::processor(&all)? - before) / begun.elapsed().as_secs_f64() * 100.0;
    require(processes(desktop, &name)? == all, || format!("{title} kept its processes"))?;
    Ok(Window { start, memory, idle })
}

/// A program's own process and those of its webview: one that is missing would make a good number.
fn processes(desktop: &Desktop, name: &str) -> Outcome<Vec<Process>> {
    let mut all = Vec::new();
    for name in [name].into_iter().chain(WEBVIEW) {
        let found = desktop.processes(name);
        require(!found.is_empty(), || format!("{name} runs"))?;
        all.extend(found);
    }
    all.sort_by_key(|process| process.pid);
    Ok(all)
}

/// The app when it is in the tray: one process that began anew there, and nothing of a webview.
fn in_tray(desktop: &Desktop) -> Result<Process, String> {
    let left: usize = WEBVIEW.iter().map(|name| desktop.processes(name).len()).sum();
    match desktop.processes(PROGRAM)[..] {
        [app] if app.has_argument("--tray") && left == 0 => Ok(app),
        [app] => Err(format!("--tray: {}, {left} processes of a webview", app.has_argument("--tray"))),
        ref other => Err(format!("{} processes", other.len())),
    }
}
