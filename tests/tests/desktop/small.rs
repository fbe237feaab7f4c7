//! The app in the tray, without a window.
//!
//! Owns: what it does without then, and what it keeps from other programs. Must never know: how it became so.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command, time::Duration};

use plimsoll_core::{domain::commit::Commit, store::Store};
use plimsoll_lab::{
    desktop::{Desktop, Outcome, Part},
    lab::{Process, until},
};

use crate::shared::{ANSWER, TITLE, program, remembered, require};

const SETTINGS: &str = "[environments.production]\nserver = \"web\"\nurl = \"https://shop.example/\"\n";
/// A program that opens addresses: it notes what it was given, and its environment.
const BROWSER: &str = "#!/bin/sh\nprintf '%s\\n' \"$1\" >\"$HOME/opened\"\nenv >\"$HOME/environment.part\"\n\
    mv \"$HOME/environment.part\" \"$HOME/environment\"\n";
/// Ours alone: what the user has set stays.
const OURS: [&str; 3] = ["GDK_GL", "WEBKIT_DISABLE_DMABUF_RENDERER", "PLIMSOLL_LEFT"];

/// As the session starts it at login; and as it is again after its window was there.
#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_starts_in_the_tray_is_as_small_as_one_that_shrank() -> Outcome<()> {
    let desktop = Desktop::open().await?;
    desktop.start(&program(), &["--tray"])?;
    let app = in_tray(&desktop).await?;
    is_small(&app).await?;
    desktop.tray.press(&["Open Plimsoll"], ANSWER).await?;
    let window = desktop.screen.window(TITLE, ANSWER).await?;
    require(line(&app)?.iter().all(|argument| argument != "--tray"), "the window has an app with everything")?;
    desktop.screen.close(window)?;
    let shrunk = async || match line(&app) {
        Ok(line) if line.iter().any(|argument| argument == "--tray") => Ok(()),
        other => Err(format!("{other:?}")),
    };
    until("the app without a page", ANSWER, shrunk).await?;
    is_small(&app).await
}

/// At login the app may come before the panel; it has begun when it is small.
#[tokio::test(flavor = "multi_thread")]
async fn a_tray_that_comes_after_the_app_gets_its_icon_and_no_window_comes() -> Outcome<()> {
    let desktop = Desktop::without(&[Part::Tray]).await?;
    desktop.start(&program(), &["--tray"])?;
    let runs = async || desktop.processes("plimsoll-desktop").pop().map(drop).ok_or_else(|| "nobody".to_owned());
    until("the app", ANSWER, runs).await?;
    is_small(&desktop.processes("plimsoll-desktop").pop().ok_or("the app has ended")?).await?;
    desktop.tray.serve().await?;
    in_tray(&desktop).await?;
    // That none comes has no event: the app looks for a tray a last time within it.
    tokio::time::sleep(LAST_LOOK).await;
    require(desktop.screen.find(TITLE)?.is_none(), "there is no window")
}

/// Longer than the app waits for a tray before it shows its window.
const LAST_LOOK: Duration = Duration::from_secs(18);

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_opened_has_the_users_own_environment() -> Outcome<()> {
    let mut desktop = Desktop::open().await?;
    let folder = project(desktop.folder()).await?;
    fs::write(folder.join("plimsoll.toml"), SETTINGS)?;
    let programs = desktop.folder().join("bin");
    fs::create_dir(&programs)?;
    fs::write(programs.join("xdg-open"), BROWSER)?;
    fs::set_permissions(programs.join("xdg-open"), fs::Permissions::from_mode(0o755))?;
    desktop.set("PATH", &format!("{}:{}", programs.display(), std::env::var("PATH").unwrap_or_default()));
    desktop.start(&program(), &["--tray"])?;
    in_tray(&desktop).await?;
    desktop.tray.press(&["shop", "Open site"], ANSWER).await?;
    let home = desktop.folder().join("home");
    let read = async || fs::read_to_string(home.join("environment")).map(drop).map_err(|error| error.to_string());
    until("the browser", ANSWER, read).await?;
    require(fs::read_to_string(home.join("opened"))?.trim() == "https://shop.example/", "the address")?;
    let environment = fs::read_to_string(home.join("environment"))?;
    require(environment.contains("LANG=C.UTF-8"), "the user's own")?;
    for name in OURS {
        require(!environment.contains(name), &format!("{name} is nobody else's"))?;
    }
    Ok(())
}

async fn project(desktop: &Path) -> Outcome<std::path::PathBuf> {
    let folder = desktop.join("home/shop");
    fs::create_dir(&folder)?;
    fs::write(folder.join("compose.yml"), "services:\n  web:\n    image: nginx\n")?;
    require(Command::new("git").arg("-C").arg(&folder).args(["init", "-q"]).status()?.success(), "git does it")?;
    let commit = Commit {
        id: "3f9ab12aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".parse()?,
        subject: "Fix cart rounding".into(),
        author: "Ann".into(),
        at: jiff::Timestamp::now(),
        branch: None,
        dirty: false,
    };
    let store = Store::open(&desktop.join("plimsoll/store")).await?;
    remembered(&store, &folder, commit).await?;
    store.close().await;
    Ok(folder)
}

async fn in_tray(desktop: &Desktop) -> Outcome<Process> {
    let there = async || desktop.tray.labels().await.map(drop).map_err(|error| error.to_string());
    until("the app in the tray", ANSWER, there).await?;
    desktop.processes("plimsoll-desktop").pop().ok_or_else(|| "the app has ended".into())
}

/// It has no driver of OpenGL, and of the webview's library only what runs.
async fn is_small(app: &Process) -> Outcome<()> {
    let look = async || {
        let maps = fs::read_to_string(format!("/proc/{}/smaps", app.pid)).map_err(|error| error.to_string())?;
        if let Some(driver) =
            maps.lines().find(|line| ["libgallium", "swrast_dri", "libLLVM"].iter().any(|one| line.contains(one)))
        {
            return Err(format!("it has {driver}"));
        }
        match code_of(&maps, "libwebkit2gtk-") {
            0..MOST => Ok(()),
            kib => Err(format!("{kib} KiB of the webview's code")),
        }
    };
    Ok(until("an app without a driver and without the webview's code", ANSWER, look).await?)
}

/// KiB of this library's code that are in memory: the whole of it has some megabytes after its start.
const MOST: u64 = 2048;

fn code_of(maps: &str, library: &str) -> u64 {
    let mut of = false;
    let mut kib = 0;
    for line in maps.lines() {
        if line.contains(" r-xp ") || line.contains("r--p") || line.contains("rw-p") {
            of = line.contains(library) && line.contains(" r-xp ");
        } else if let (true, Some(rss)) = (of, line.strip_prefix("Rss:")) {
            kib += rss.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default();
        }
    }
    kib
}

fn line(app: &Process) -> Outcome<Vec<String>> {
    let line = fs::read_to_string(format!("/proc/{}/cmdline", app.pid))?;
    Ok(line.split('\0').map(str::to_owned).collect())
}
