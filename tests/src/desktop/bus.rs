//! The session bus of a desktop.
//!
//! Owns: starting it, a connection to it, waiting for names. Must never know: who is on it.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use futures_util::StreamExt as _;
use serde::Serialize;
use zbus::{Connection, connection, fdo::DBusProxy, names::BusName, zvariant::DynamicType};

use super::{Outcome, PATIENCE, Parts};
use crate::lab::until;

/// No service is started on demand: whatever runs, the desktop started it.
const CONFIG: &str = r#"<busconfig>
  <type>session</type>
  <listen>unix:path=SOCKET</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

/// The bus.
pub struct Bus {
    pub(super) address: String,
    pub(super) connection: Connection,
}

impl Bus {
    pub(super) async fn start(parts: &Parts<'_>) -> Outcome<Self> {
        let config = parts.folder.join("bus.conf");
        let socket = parts.folder.join("runtime/bus");
        fs::write(&config, CONFIG.replace("SOCKET", &socket.display().to_string()))?;
        let mut command = parts.command("dbus-daemon");
        command.args(["--nofork", "--nopidfile", "--print-address=1", "--config-file"]).arg(&config);
        let mut daemon = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut address = String::new();
        BufReader::new(daemon.stdout.take().ok_or("no pipe")?).read_line(&mut address)?;
        let address = address.trim().to_owned();
        let connection = connection::Builder::address(address.as_str())?.build().await?;
        Ok(Self { address, connection })
    }

    /// Calls a method without arguments to speak of at the very moment when somebody takes this name, as `act` makes them do;
    /// waits for the answer.
    ///
    /// # Errors
    /// When nobody takes it, or no answer comes in time.
    pub async fn call_at_once<B>(
        &self,
        name: &str,
        method: (&str, &str, &str),
        body: &B,
        act: impl FnOnce() -> Outcome<()>,
    ) -> Outcome<()>
    where
        B: Serialize + DynamicType,
    {
        let bus = DBusProxy::new(&self.connection).await?;
        let mut taken = bus.receive_name_owner_changed_with_args(&[(0, name)]).await?;
        act()?;
        let called = async {
            while let Some(change) = taken.next().await {
                if change.args()?.new_owner().is_some() {
                    let (path, interface, member) = method;
                    self.connection.call_method(Some(name), path, Some(interface), member, body).await?;
                    return Ok(());
                }
            }
            Err("the bus is gone".into())
        };
        tokio::time::timeout(PATIENCE, called).await?
    }

    /// Waits until somebody has taken this name.
    pub(super) async fn has(&self, name: &'static str) -> Outcome<()> {
        let bus = DBusProxy::new(&self.connection).await?;
        let name = BusName::try_from(name)?;
        let taken = async || match bus.name_has_owner(name.clone()).await {
            Ok(true) => Ok(()),
            Ok(false) => Err("nobody".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        Ok(until(&format!("{name} on the session bus"), PATIENCE, taken).await?)
    }
}
