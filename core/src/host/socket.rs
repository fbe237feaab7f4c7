//! Whether a Unix socket over there could be used.
//!
//! Owns: telling "missing" from "not allowed" from "the ssh server forbids it". Must never know: whose socket it is.

use super::{Command, Host, HostError};

/// What is known of a socket without speaking to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SocketState {
    /// There is no socket.
    Missing,
    /// There is one, but the login user may not use it.
    NotAllowed,
    /// The login user may use it: if dialling fails all the same, the ssh server forbids forwarding to sockets,
    /// or nothing listens.
    Usable,
}

const PROBE: &str = r#"[ -S "$1" ] || exit 3; [ -r "$1" ] && [ -w "$1" ] || exit 4"#;

/// Looks at a socket with a command, since a refused dial does not say why.
///
/// # Errors
/// As for [`Host::run`].
pub async fn socket_state(host: &dyn Host, path: &str) -> Result<SocketState, HostError> {
    let output = host.run(Command::new(["sh", "-c", PROBE, "sh", path])).await?;
    match output.status {
        0 => Ok(SocketState::Usable),
        3 => Ok(SocketState::Missing),
        4 => Ok(SocketState::NotAllowed),
        status => Err(HostError::Failed { what: format!("look at {path}"), reason: format!("exit status {status}") }),
    }
}
