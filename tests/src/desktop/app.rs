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
        let port = free_port()?;
        desktop.start(Path::new(DRIVER), &[&format!("--port={port}"), "--host=127.0.0.1"])?;
        let listens = async || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).map(|_| ()).map_err(|error| error.to_string());
        until("the driver of the webview", PATIENCE, listens).await?;
        let driver = desktop.processes(DRIVER).pop().ok_or("the driver has ended")?;
        let page = Page::new(WebDriver::begin(port, &program.display().to_string(), &[]).await?);
        let name = program.file_name().unwrap_or_default().to_string_lossy();
        let process = desktop.processes(&name).pop().ok_or("the app has ended")?;
        Ok(Self { page, process, driver })
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
}

fn free_port() -> Outcome<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
