//! An engine's errors as people read them.

use super::error::{Down, EngineError};
use crate::problem::{Code, Problem};

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        let detail = error.to_string();
        let (code, title, hint) = match &error {
            EngineError::Host(cause) => return cause.clone().into(),
            EngineError::Down { host, why } => {
                (Code::EngineDown, format!("Docker does not answer on {host}"), down_hint(host, why))
            }
            EngineError::Gone { host, .. } => (
                Code::EngineDown,
                format!("Docker on {host} broke off"),
                format!("Check that the engine on {host} stays up, then try again."),
            ),
            EngineError::TimedOut { host, .. } => (
                Code::TimedOut,
                format!("Docker on {host} is too slow"),
                format!("Look at the load and the disk of {host}, then try again."),
            ),
            EngineError::NotFound { host, .. } => (
                Code::NotFound,
                format!("{host} does not have it any more"),
                "Look at `plimsoll status`, then try again.".to_owned(),
            ),
            EngineError::RegistryRefused { .. } => (
                Code::RegistryRefused,
                "The registry refuses the credentials".to_owned(),
                "Check the registry's user and password with `plimsoll registry add`, then deploy again.".to_owned(),
            ),
            EngineError::ImageMissing { .. } => (
                Code::ImageMissing,
                "The registry does not have the image".to_owned(),
                "Build it again, or check the image's name in the Compose file.".to_owned(),
            ),
            EngineError::WrongPlatform { wanted, .. } => (
                Code::WrongPlatform,
                format!("The image does not exist for {wanted}"),
                format!("Build it for {wanted}, or choose an image that has it."),
            ),
            EngineError::NoSpace { host, .. } => (
                Code::DiskFull,
                format!("The disk of {host} is full"),
                format!("Free space on {host}, for example with `docker image prune`, then deploy again."),
            ),
            EngineError::Failed { host, what, .. } => {
                let code = if what.starts_with("pull ") { Code::PullFailed } else { Code::CommandFailed };
                (code, format!("Docker on {host} failed to {what}"), "Mend what the reason names, then try again.".to_owned())
            }
            EngineError::InvalidName(_) => (
                Code::InvalidInput,
                "An image's name is not valid".to_owned(),
                "Correct the `image:` line in the Compose file.".to_owned(),
            ),
        };
        Self::new(code, title, detail, hint)
    }
}

fn down_hint(host: &str, why: &Down) -> String {
    match why {
        Down::SocketMissing(_) => {
            format!("Start Docker on {host} (`sudo systemctl start docker`), or install it; `plimsoll server check` says how.")
        }
        Down::PermissionDenied { user, .. } => format!(
            "On {host}, add {user} to the docker group (`sudo usermod -aG docker {user}`, then log in again), allow `sudo -n docker`, or set up rootless Docker."
        ),
        Down::Refused(_) => {
            format!("Restart Docker on {host} (`sudo systemctl restart docker`) and read `journalctl -u docker`.")
        }
    }
}
