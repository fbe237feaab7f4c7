//! Why an engine does not answer: a missing socket, a forbidden one and forbidden forwarding look the same from outside,
//! so the machine is asked with a command.

use super::{Result, error::Down};
use crate::host::{Command, Host, SocketState, socket_state};

/// Why a socket cannot be used; `None` if the login user may use it.
pub(super) async fn socket(host: &dyn Host, path: &str) -> Result<Option<Down>> {
    Ok(match socket_state(host, path).await? {
        SocketState::Usable => None,
        SocketState::Missing => Some(Down::SocketMissing(path.to_owned())),
        SocketState::NotAllowed => Some(Down::PermissionDenied { user: login(host).await?, what: path.to_owned() }),
    })
}

/// Why `sudo -n docker` does not lead to an engine.
pub(super) async fn sudo(host: &dyn Host) -> Result<Down> {
    let allowed = host.run(Command::new(["sudo", "-n", "docker", "--version"])).await?;
    if !allowed.success() {
        return Ok(Down::PermissionDenied { user: login(host).await?, what: "sudo -n docker".to_owned() });
    }
    let asked = host.run(Command::new(["sudo", "-n", "docker", "version", "--format", "{{.Server.Version}}"])).await?;
    let said = String::from_utf8_lossy(&asked.stderr).trim().to_owned();
    Ok(Down::Refused(if said.is_empty() {
        "`sudo -n docker system dial-stdio` does not carry the engine".to_owned()
    } else {
        said
    }))
}

async fn login(host: &dyn Host) -> Result<String> {
    Ok(host.run(Command::new(["id", "-un"])).await?.text())
}
