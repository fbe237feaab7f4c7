//! The secret service of a desktop: gnome-keyring, unlocked.
//!
//! Owns: starting it and reading what was put there. Must never know: who put it there.

use std::{collections::HashMap, io::Write as _, process::Stdio};

use zbus::{
    Connection,
    zvariant::{OwnedObjectPath, OwnedValue, Value},
};

use super::{Outcome, Parts, bus::Bus};

const NAME: &str = "org.freedesktop.secrets";
const PATH: &str = "/org/freedesktop/secrets";
const SERVICE: &str = "org.freedesktop.Secret.Service";

/// Session, parameters, value, type.
type Secret = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

/// The service.
pub struct Keyring {
    bus: Connection,
}

impl Keyring {
    pub(super) fn new(bus: Connection) -> Self {
        Self { bus }
    }

    /// From now on it is there.
    pub(super) async fn start(&self, parts: &Parts<'_>, bus: &Bus) -> Outcome<()> {
        let mut command = parts.command("gnome-keyring-daemon");
        command.args(["--foreground", "--unlock", "--components=secrets", "--control-directory"]);
        command.arg(parts.folder.join("runtime/keyring"));
        let mut daemon = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        // The password of the login keyring, which is made with it.
        daemon.stdin.take().ok_or("no pipe")?.write_all(b"login")?;
        bus.has(NAME).await
    }

    /// Every secret that is kept.
    ///
    /// # Errors
    /// When the service refuses.
    pub async fn secrets(&self) -> Outcome<Vec<String>> {
        let attributes = HashMap::<String, String>::new();
        let answer = self.bus.call_method(Some(NAME), PATH, Some(SERVICE), "SearchItems", &attributes).await?;
        let (items, _locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) = answer.body().deserialize()?;
        let plain = ("plain", Value::new(""));
        let answer = self.bus.call_method(Some(NAME), PATH, Some(SERVICE), "OpenSession", &plain).await?;
        let (_, session): (OwnedValue, OwnedObjectPath) = answer.body().deserialize()?;
        let answer = self.bus.call_method(Some(NAME), PATH, Some(SERVICE), "GetSecrets", &(items, session)).await?;
        let secrets: HashMap<OwnedObjectPath, Secret> = answer.body().deserialize()?;
        Ok(secrets.into_values().map(|(_, _, value, _)| String::from_utf8_lossy(&value).into_owned()).collect())
    }
}
