//! The app's window against a bare one of the same webview, and its long lists against short ones.
//!
//! Owns: what is measured and when. Must never know: how the app draws.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use tokio::time::sleep;

use super::{
    Limit, Measured, Outcome,
    desktop_data::{self as data, Past},
};
use crate::{
    desktop::{App, Area, Desktop, usage},
    lab::Process,
};

const STARTS: usize = 5;
const RUNS: usize = 3;
/// What is drawn in the first second is not idleness yet.
const SETTLED: Duration = Duration::from_secs(10);
const IDLE: Duration = Duration::from_mins(1);
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at the screen.
const LOOK: Duration = Duration::from_millis(5);
/// Where both windows have text in the end: in the app the first project's row.
const TEXT: Area = (260, 64, 420, 80);
/// Smooth letters have more colours than a line or a plain surface.
const COLOURS: usize = 12;
const BARE: &str = "a bare window of the same webview";
const MANY_LINES: u64 = 1_000_000;
const FEW_LINES: u64 = 100;
const BURST: u32 = 2_000;

/// Measures it. `programs` is the folder with the app and `examples/bare`, compiled alike.
///
/// # Errors
/// When a window does not come or the page does not answer.
pub async fn measure(programs: &Path) -> Outcome<Vec<Measured>> {
    let bench = Bench { app: programs.join("plimsoll-desktop"), bare: programs.join("examples/bare") };
    let mut measured = bench.windows().await?;
    measured.extend(bench.logs().await?);
    measured.extend(bench.histories().await?);
    Ok(measured)
}

struct Bench {
    app: PathBuf,
    bare: PathBuf,
}

/// What one window used.
struct Window {
    start: Duration,
    memory: f64,
    /// Percent of one processor.
    idle: f64,
}

impl Bench {
    async fn windows(&self) -> Outcome<Vec<Measured>> {
        let mut start = Measured::new("start to the first useful picture", "ms", BARE).at_most(Limit::Times(1.25));
        let mut memory = Measured::new("memory with an open window (PSS)", "MB", BARE).at_most(Limit::Times(1.3));
        let mut idle = Measured::new("processor while nothing happens", "%", BARE).at_most(Limit::Value(0.1));
        let mut tray =
            Measured::new("memory in the tray (PSS), its webview gone", "MB", "a bare window cannot").at_most(Limit::Value(60.0));
        for _ in 0..STARTS {
            start.plimsoll(ms(self.start_app().await?));
            start.peer(ms(self.start_bare().await?));
        }
        let (app, in_tray) = self.app_at_rest().await?;
        let bare = self.bare_at_rest().await?;
        start.plimsoll(ms(app.start));
        start.peer(ms(bare.start));
        memory.plimsoll(app.memory);
        memory.peer(bare.memory);
        idle.plimsoll(app.idle);
        idle.peer(bare.idle);
        tray.plimsoll(in_tray);
        Ok(vec![start, memory, tray, idle])
    }

    async fn start_app(&self) -> Outcome<Duration> {
        let desktop = Desktop::open().await?;
        data::past(&desktop.data(), Past::deployments(1)).await?;
        appears(&desktop, &self.app, "Plimsoll").await
    }

    async fn start_bare(&self) -> Outcome<Duration> {
        appears(&Desktop::open().await?, &self.bare, "Bare").await
    }

    async fn app_at_rest(&self) -> Outcome<(Window, f64)> {
        let desktop = Desktop::open().await?;
        data::past(&desktop.data(), Past::deployments(1)).await?;
        let window = at_rest(&desktop, &self.app, "Plimsoll").await?;
        desktop.screen.close(desktop.screen.window("Plimsoll", PATIENCE).await?)?;
        desktop.screen.no_window("Plimsoll", PATIENCE).await?;
        sleep(SETTLED).await;
        Ok((window, usage::memory(&processes(&desktop, "plimsoll-desktop"))?))
    }

    async fn bare_at_rest(&self) -> Outcome<Window> {
        at_rest(&Desktop::open().await?, &self.bare, "Bare").await
    }

    async fn logs(&self) -> Outcome<Vec<Measured>> {
        let mut opens = Measured::new("a log of 1,000,000 lines opens at its end", "ms", "a log of 100 lines");
        let mut frame = Measured::new("worst frame while it is scrolled", "ms", "a static page").at_most(Limit::Times(1.5));
        let mut typing = Measured::new("worst answer to a key while 2,000 lines come", "ms", "while none come");
        let mut desktop = Desktop::open().await?;
        let long = data::past(&desktop.data(), Past::lines(MANY_LINES)).await?;
        let short = data::past(&desktop.data(), Past::lines(FEW_LINES)).await?;
        let app = App::start(&mut desktop, &self.app).await?;
        app.page.shows("Projects").await?;
        for _ in 0..RUNS {
            opens.peer(number(&app, &open_log(&short, FEW_LINES)).await?);
            opens.plimsoll(number(&app, &open_log(&long, MANY_LINES)).await?);
            frame.plimsoll(number(&app, &scroll("document.querySelector('[role=log]')")).await?);
            frame.peer(number(&app, &scroll(STATIC_PAGE)).await?);
        }
        let running = data::begin(&desktop.data()).await?;
        app.page.run(&format!("location.hash = '#/deployments/{}'", running.id)).await?;
        app.page.has("//input[@aria-label='Find in log']", PATIENCE).await?;
        for _ in 0..RUNS {
            typing.peer(number(&app, TYPE).await?);
            let (answer, printed) = tokio::join!(number(&app, TYPE), running.print(BURST));
            printed?;
            typing.plimsoll(answer?);
        }
        Ok(vec![opens, frame, typing])
    }

    async fn histories(&self) -> Outcome<Vec<Measured>> {
        let mut opens =
            Measured::new("a history of 100,000 deployments opens", "ms", "a history of 100").at_most(Limit::Times(1.5));
        let mut desktop = Desktop::open().await?;
        let many = data::past(&desktop.data(), Past::deployments(100_000)).await?;
        let few = data::past(&desktop.data(), Past::deployments(100)).await?;
        let app = App::start(&mut desktop, &self.app).await?;
        app.page.shows("Projects").await?;
        for _ in 0..STARTS {
            opens.peer(number(&app, &open_history(&few.project)).await?);
            opens.plimsoll(number(&app, &open_history(&many.project)).await?);
        }
        Ok(vec![opens])
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
    let processes = processes(desktop, &name);
    let memory = usage::memory(&processes)?;
    let before = usage::processor(&processes)?;
    sleep(IDLE).await;
    let idle = (usage::processor(&processes)? - before) / IDLE.as_secs_f64() * 100.0;
    Ok(Window { start, memory, idle })
}

/// A program's own process and those of its webview.
fn processes(desktop: &Desktop, name: &str) -> Vec<Process> {
    [name, "WebKitWebProcess", "WebKitNetworkProcess"].iter().flat_map(|name| desktop.processes(name)).collect()
}

/// The number a script answers with.
async fn number(app: &App, script: &str) -> Outcome<f64> {
    let answer = app.page.run_async(script).await?;
    answer.as_f64().ok_or_else(|| format!("no number: {answer}").into())
}

/// From another page to the last line.
fn open_log(past: &data::Made, lines: u64) -> String {
    let (id, last) = (past.deployment, lines);
    format!(
        "const done = arguments[arguments.length - 1];
         location.hash = '#/activity';
         const away = () => document.querySelector('[role=log]') ? requestAnimationFrame(away) : go();
         const go = () => {{
           const begun = performance.now();
           location.hash = '#/deployments/{id}';
           const look = () => [...document.querySelectorAll('[role=log] .number')].some((n) => n.textContent === '{last}')
             ? done(performance.now() - begun) : requestAnimationFrame(look);
           look();
         }};
         away();"
    )
}

fn open_history(project: &str) -> String {
    format!(
        "const done = arguments[arguments.length - 1];
         location.hash = '#/activity';
         const rows = () => document.querySelectorAll('ul[aria-label=Deployments] [data-row]').length;
         const away = () => rows() > 0 ? requestAnimationFrame(away) : go();
         const go = () => {{
           const begun = performance.now();
           location.hash = '#/projects/{project}';
           const look = () => rows() >= 50 ? done(performance.now() - begun) : requestAnimationFrame(look);
           look();
         }};
         away();"
    )
}

/// As much text as a log shows, and nothing that works.
const STATIC_PAGE: &str = "(() => {
  const box = document.createElement('div');
  box.style.cssText = 'position:fixed;inset:60px 0 0 320px;overflow:auto;font:12px/18px monospace;white-space:pre;z-index:9;background:Canvas';
  box.textContent = Array.from({ length: 5000 }, (_, n) => `${n} finished in 12 ms, object number ${n}`).join('\\n');
  document.body.append(box);
  box.scrollTop = box.scrollHeight;
  return box;
})()";

/// Scrolls 300 frames upwards, ten rows each; the longest time between two frames.
fn scroll(what: &str) -> String {
    format!(
        "const done = arguments[arguments.length - 1];
         const box = {what};
         let frames = [], last;
         const step = (now) => {{
           if (last !== undefined) frames.push(now - last);
           last = now;
           box.scrollTop -= 180;
           if (frames.length < 300) return requestAnimationFrame(step);
           if (box.role !== 'log' && !box.matches('[role=log]')) box.remove();
           done(Math.max(...frames));
         }};
         requestAnimationFrame(step);"
    )
}

/// Types forty letters, one in 50 ms; the longest time from a letter to the next frame.
const TYPE: &str = "const done = arguments[arguments.length - 1];
  const field = document.querySelector('input[aria-label=\"Find in log\"]');
  const answers = [];
  const type = () => {
    const begun = performance.now();
    field.value += 'x';
    field.dispatchEvent(new InputEvent('input', { bubbles: true }));
    requestAnimationFrame(() => setTimeout(() => {
      answers.push(performance.now() - begun);
      if (answers.length < 40) return setTimeout(type, 50);
      field.value = '';
      field.dispatchEvent(new InputEvent('input', { bubbles: true }));
      done(Math.max(...answers));
    }));
  };
  type();";

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
