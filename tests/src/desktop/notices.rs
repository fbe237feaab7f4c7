//! The notification daemon of a desktop: dunst, as many people run it.
//!
//! Owns: what was shown, and clicking it. Must never know: who sent it.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf, time::Duration};

use zbus::Connection;

use super::{Outcome, Parts, bus::Bus};
use crate::lab::until;

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
const COMMANDS: &str = "org.dunstproject.cmd0";

/// The daemon.
pub struct Notices {
    bus: Connection,
    shown: PathBuf,
}

impl Notices {
    pub(super) async fn start(parts: &Parts<'_>, bus: &Bus) -> Outcome<Self> {
        let (shown, script, config) = (parts.folder.join("notices"), parts.folder.join("record"), parts.folder.join("dunstrc"));
        fs::write(&shown, "")?;
        // dunst runs it for every notification that it shows, with the sender, the summary and the body.
        fs::write(&script, format!("#!/bin/sh\nprintf '%s: %s\\n' \"$2\" \"$3\" >>'{}'\n", shown.display()))?;
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
        let rules =
            format!("[global]\n    timeout = 0\n\n[record]\n    summary = \"*\"\n    script = \"{}\"\n", script.display());
        fs::write(&config, rules)?;
        parts.start("dunst", &["-conf", &config.display().to_string()])?;
        bus.has(NAME).await?;
        Ok(Self { bus: bus.connection.clone(), shown })
    }

    /// Every notification so far: summary and body.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn shown(&self) -> Outcome<Vec<String>> {
        Ok(fs::read_to_string(&self.shown)?.lines().map(str::to_owned).collect())
    }

    /// Waits for one that holds this text.
    ///
    /// # Errors
    /// When none comes in time.
    pub async fn wait(&self, text: &str, within: Duration) -> Outcome<String> {
        let mut found = String::new();
        let look = async || {
            let shown = self.shown().map_err(|error| error.to_string())?;
            found = shown.iter().find(|notice| notice.contains(text)).cloned().ok_or(format!("{shown:?}"))?;
            Ok(())
        };
        until(&format!("a notification with “{text}”"), within, look).await?;
        Ok(found)
    }

    /// Clicks the newest one.
    ///
    /// # Errors
    /// When the daemon refuses.
    pub async fn click(&self) -> Outcome<()> {
        self.bus.call_method(Some(NAME), PATH, Some(COMMANDS), "NotificationAction", &0_u32).await?;
        // Whatever is clicked goes; asked for by name, the daemon leaves it there, in the way of the next one.
        self.dismiss().await
    }

    /// Puts all of them away.
    ///
    /// # Errors
    /// When the daemon refuses.
    pub async fn dismiss(&self) -> Outcome<()> {
        self.bus.call_method(Some(NAME), PATH, Some(COMMANDS), "NotificationCloseAll", &()).await?;
        Ok(())
    }
}
