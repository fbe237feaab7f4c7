//! What the user reads when a machine did not do as asked.
//!
//! Owns: the copy of this room. Must never know: where it is shown.

use super::HostError;
use crate::problem::{Code, Problem};

impl From<HostError> for Problem {
    fn from(error: HostError) -> Self {
        let (code, title, hint) = copy(&error);
        Self::new(code, title, detail(&error), hint)
    }
}

fn copy(error: &HostError) -> (Code, String, String) {
    match error {
        HostError::Unreachable { host, .. } => (
            Code::HostUnreachable,
            format!("{host} does not answer"),
            "Check the address, the port and that the machine is up; `ssh` to it by hand says the same.".into(),
        ),
        HostError::KeyUnknown { host, offered, .. } => (
            Code::HostKeyUnknown,
            format!("The key of {host} is not known yet"),
            format!(
                "Compare the fingerprint with what the machine's console or provider shows, then accept it with `--host-key {}`.",
                offered.fingerprint
            ),
        ),
        HostError::KeyChanged { host, .. } => (
            Code::HostKeyChanged,
            format!("{host} shows another key than before"),
            "If the machine was rebuilt, compare the new fingerprint with its console and run `plimsoll server trust NAME` \
             (without a terminal with `--host-key` and that fingerprint); otherwise somebody may be in between: do not go on."
                .into(),
        ),
        HostError::KeyRefused { host, .. } => (
            Code::HostKeyChanged,
            format!("The key of {host} is refused"),
            "Correct the entry in known_hosts, or let the machine show a plain key that is not revoked.".into(),
        ),
        HostError::AuthRefused { host, user, .. } => (
            Code::AuthRefused,
            format!("{host} refuses the login of {user}"),
            "Check the user name, and add the right key to the agent (`ssh-add`) or as IdentityFile in ~/.ssh/config.".into(),
        ),
        HostError::KeyLocked { path } => (
            Code::KeyLocked,
            format!("The key {path} needs its passphrase"),
            "Run it on a terminal to be asked, or add the key to the agent with `ssh-add`.".into(),
        ),
        HostError::ConsentNeeded { .. } => (
            Code::SshConsentNeeded,
            "The ssh configuration would run a command".into(),
            "Read the command, then consent to it; it is asked once for each content.".into(),
        ),
        HostError::Config(_) => (
            Code::SettingsInvalid,
            "The ssh configuration cannot be used".into(),
            "Correct the entry in ~/.ssh/config, or give the destination as user@host:port.".into(),
        ),
        HostError::ContactLost { host, .. } => (
            Code::ContactLost,
            format!("Contact with {host} is lost"),
            "Check the network and run it again; what the server does by itself goes on.".into(),
        ),
        HostError::TimedOut { what, .. } => (
            Code::TimedOut,
            format!("`{what}` takes too long"),
            "See whether the machine is overloaded, then run it again.".into(),
        ),
        HostError::Refused(_) => {
            (Code::InvalidInput, "The request cannot be sent".into(), "Change the value that the detail names.".into())
        }
        HostError::Failed { what, .. } => {
            (Code::CommandFailed, format!("Failed to {what}"), "Correct what the detail names, then run it again.".into())
        }
        HostError::NoSpace { host, .. } => (
            Code::DiskFull,
            format!("The disk of {host} is full"),
            "Free some space there, for example with `docker system df` and `docker image prune`, then run it again.".into(),
        ),
    }
}

fn detail(error: &HostError) -> String {
    match error {
        HostError::Unreachable { reason, .. }
        | HostError::ContactLost { reason, .. }
        | HostError::KeyRefused { reason, .. }
        | HostError::Failed { reason, .. } => reason.clone(),
        HostError::KeyUnknown { host, port, offered } => format!("{host} port {port} shows {offered}"),
        HostError::KeyChanged { host, port, pinned, offered } => {
            format!("{host} port {port}\npinned:  {pinned}\noffered: {offered}")
        }
        HostError::AuthRefused { tried, .. } => format!("tried: {tried}"),
        HostError::ConsentNeeded { command, .. } => command.clone(),
        HostError::Config(text) => text.clone(),
        HostError::KeyLocked { .. } | HostError::TimedOut { .. } | HostError::Refused(_) | HostError::NoSpace { .. } => {
            error.to_string()
        }
    }
}
