//! The secret service of a desktop: gnome-keyring, unlocked at first.
//!
//! Owns: starting it, locking it and reading what was put there. Must never know: who put it there.

use std::{collections::HashMap, io::Write as _, process::Stdio};

use zbus::{
    Connection,
    zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value},
};

use super::{Outcome, Parts, bus::Bus};

const NAME: &str = "org.freedesktop.secrets";
const PATH: &str = "/org/freedesktop/secrets";
const SERVICE: &str = "org.freedesktop.Secret.Service";
/// The keyring that secrets go to.
const LOGIN: &str = "/org/freedesktop/secrets/collection/login";
/// Opening it without a dialog is not for everybody.
const INSIDE: &str = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface";
const PASSWORD: &str = "login";

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
        daemon.stdin.take().ok_or("no pipe")?.write_all(PASSWORD.as_bytes())?;
        bus.has(NAME).await
    }

    /// Locks it: whoever wants something of it would have to type its password.
    ///
    /// # Errors
    /// When the service refuses.
    pub async fn lock(&self) -> Outcome<()> {
        let keyrings = vec![ObjectPath::try_from(LOGIN)?];
        let answer = self.bus.call_method(Some(NAME), PATH, Some(SERVICE), "Lock", &keyrings).await?;
        let (locked, _prompt): (Vec<OwnedObjectPath>, OwnedObjectPath) = answer.body().deserialize()?;
        if locked.is_empty() { Err("it stays open".into()) } else { Ok(()) }
    }

    /// Opens it again.
    ///
    /// # Errors
    /// When the service refuses.
    pub async fn unlock(&self) -> Outcome<()> {
        let secret = (self.session().await?, Vec::<u8>::new(), PASSWORD.as_bytes().to_vec(), "text/plain");
        let asked = (ObjectPath::try_from(LOGIN)?, secret);
        self.bus.call_method(Some(NAME), PATH, Some(INSIDE), "UnlockWithMasterPassword", &asked).await?;
        Ok(())
    }

    /// Every secret that is kept, unless it is locked.
    ///
    /// # Errors
    /// When the service refuses.
    pub async fn secrets(&self) -> Outcome<Vec<String>> {
        let attributes = HashMap::<String, String>::new();
        let answer = self.bus.call_method(Some(NAME), PATH, Some(SERVICE), "SearchItems", &attributes).await?;
        let (items, _locked): (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) = answer.body().deserialize()?;
        let asked = (items, self.session().await?);
        let answer = self.bus.call_method(Some(NAME), PATH, Some(SERVICE), "GetSecrets", &asked).await?;
        let secrets: HashMap<OwnedObjectPath, Secret> = answer.body().deserialize()?;
        Ok(secrets.into_values().map(|(_, _, value, _)| String::from_utf8_lossy(&value).into_owned()).collect())
    }

    /// A conversation in which secrets are not encrypted once more.
    async fn session(&self) -> Outcome<OwnedObjectPath> {
        let plain = ("plain", Value::new(""));
        let answer = self.bus.call_method(Some(NAME), PATH, Some(SERVICE), "OpenSession", &plain).await?;
        let (_, session): (OwnedValue, OwnedObjectPath) = answer.body().deserialize()?;
        Ok(session)
    }
}
