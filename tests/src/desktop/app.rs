//! The app in a desktop, with a driver at its page.
//!
//! Owns: starting it and waiting for its end. Must never know: what its pages say.

use std::{
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    time::Duration,
};

use super::{Desktop, Outcome, PATIENCE, Page, webdriver::WebDriver};
use crate::lab::{Process, until};

const DRIVER: &str = "WebKitWebDriver";

/// The running app.
pub struct App {
    /// Its page.
    pub page: Page,
    process: Process,
    driver: Process,
}

impl App {
    /// Starts it.
    ///
    /// # Errors
    /// When it shows no page.
    pub async fn start(desktop: &mut Desktop, program: &Path) -> Outcome<Self> {
        // Tells the app to let itself be driven; the driver passes it on.
        desktop.set("TAURI_WEBVIEW_AUTOMATION", "true");
        let (driver, port) = drive(desktop, &[]).await?;
        let page = Page::new(WebDriver::begin(port, Some(&program.display().to_string())).await?);
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        let process = desktop.processes(&name).pop().ok_or("the app has ended")?;
        Ok(Self { page, process, driver })
    }

    /// Turns to the window that is there now: one that was closed and opened again is driven anew.
    ///
    /// # Errors
    /// When there is none.
    pub async fn reopened(&mut self, desktop: &Desktop) -> Outcome<()> {
        self.driver.kill()?;
        let (driver, port) = drive(desktop, &[&format!("--target={}", self.inspector()?)]).await?;
        let mut driven = None;
        let begin = async || {
            if driven.is_none() {
                driven = Some(WebDriver::begin(port, None).await.map_err(|error| error.to_string())?);
            }
            driven.as_ref().ok_or("no session")?.take_window().await.map_err(|error| error.to_string())
        };
        until("a session with the new window", PATIENCE, begin).await?;
        self.driver = driver;
        self.page = Page::new(driven.ok_or("no session")?);
        Ok(())
    }

    /// Whether it runs with this argument.
    #[must_use]
    pub fn runs_with(&self, argument: &str) -> bool {
        self.process.has_argument(argument)
    }

    /// Waits until it has ended by itself.
    ///
    /// # Errors
    /// When it does not in time.
    pub async fn ended(self, within: Duration) -> Outcome<()> {
        let look = async || if self.process.alive() { Err("it runs".to_owned()) } else { Ok(()) };
        until("the end of the app", within, look).await?;
        // The driver outlives what it drove.
        Ok(self.driver.kill()?)
    }

    /// Where its webview listens for a driver: the first one told it.
    fn inspector(&self) -> Outcome<String> {
        let variables = std::fs::read_to_string(format!("/proc/{}/environ", self.process.pid))?;
        let found = variables.split('\0').find_map(|variable| variable.strip_prefix("WEBKIT_INSPECTOR_SERVER="));
        found.map(str::to_owned).ok_or_else(|| "the app was not started by a driver".into())
    }
}

/// Starts a driver; where it listens.
async fn drive(desktop: &Desktop, more: &[&str]) -> Outcome<(Process, u16)> {
    let port = free_port()?;
    let port_argument = format!("--port={port}");
    let arguments: Vec<&str> = [port_argument.as_str(), "--host=127.0.0.1"].iter().chain(more).copied().collect();
    desktop.start(Path::new(DRIVER), &arguments)?;
    let listens = async || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).map(|_| ()).map_err(|error| error.to_string());
    until("the driver of the webview", PATIENCE, listens).await?;
    let driver = desktop.processes(DRIVER).pop().ok_or("the driver has ended")?;
    Ok((driver, port))
}

fn free_port() -> Outcome<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
