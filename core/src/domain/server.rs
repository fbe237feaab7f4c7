//! Machines.
//!
//! Owns: what a server is, how it is addressed, what was learnt about it. Must never know: ssh or Docker clients.

use std::{fmt, net::Ipv6Addr, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{bytes::Bytes, id::ServerId, name::Name, platform::Platform};

/// A machine that runs Docker, reached over SSH, or this machine itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Server {
    /// Its id on this laptop.
    pub id: ServerId,
    /// What the user calls it.
    pub name: Name,
    /// Where it is.
    pub destination: Destination,
    /// When it was added.
    pub added: Timestamp,
}

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// This machine's own engine.
    Local,
    /// `host`, `user@host` or `user@host:port`; `host` may be an entry of ~/.ssh/config.
    Ssh {
        /// Login name, if given; else ssh config or the local user decides.
        user: Option<String>,
        /// Host name, address or ssh config alias.
        host: String,
        /// Port, if given.
        port: Option<u16>,
    },
}

/// Why a text is no destination. A fragment fit for "cannot use … because …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DestinationError {
    /// No host part.
    #[error("it names no host")]
    NoHost,
    /// OpenSSH refuses it too (CVE-2023-51385): shell characters, blanks, control characters or a leading `-`.
    #[error("`{0}` is not a valid host or user name")]
    Invalid(String),
    /// The part after the last colon is not 1–65535.
    #[error("`{0}` is not a port")]
    Port(String),
}

impl FromStr for Destination {
    type Err = DestinationError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "local" {
            return Ok(Self::Local);
        }
        let text = text.strip_prefix("ssh://").unwrap_or(text);
        let (user, rest) = match text.rsplit_once('@') {
            Some((user, rest)) => (Some(checked(user)?), rest),
            None => (None, text),
        };
        let (host, port) = split_port(rest)?;
        if host.is_empty() {
            return Err(DestinationError::NoHost);
        }
        Ok(Self::Ssh { user, host: checked(host)?, port })
    }
}

fn split_port(rest: &str) -> Result<(&str, Option<u16>), DestinationError> {
    let parse = |p: &str| p.parse().ok().filter(|p| *p != 0).ok_or_else(|| DestinationError::Port(p.to_owned()));
    if let Some(bracketed) = rest.strip_prefix('[') {
        let (host, after) = bracketed.split_once(']').ok_or(DestinationError::NoHost)?;
        return Ok((host, after.strip_prefix(':').map(parse).transpose()?));
    }
    match rest.split_once(':') {
        None => Ok((rest, None)),
        // An address of version 6 may stand without brackets, as ssh itself takes it.
        Some(_) if rest.parse::<Ipv6Addr>().is_ok() => Ok((rest, None)),
        Some((host, port)) => Ok((host, Some(parse(port)?))),
    }
}

fn checked(text: &str) -> Result<String, DestinationError> {
    let bad = |c: char| c.is_control() || c.is_whitespace() || "'`\"$\\;&<>|(){}".contains(c);
    if text.is_empty() || text.starts_with('-') || text.contains(bad) {
        return Err(DestinationError::Invalid(text.to_owned()));
    }
    Ok(text.to_owned())
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Ssh { user, host, port } = self else { return f.write_str("local") };
        user.iter().try_for_each(|u| write!(f, "{u}@"))?;
        if host.contains(':') {
            write!(f, "[{host}]")?
        } else {
            f.write_str(host)?
        }
        port.iter().try_for_each(|p| write!(f, ":{p}"))
    }
}

/// How the engine answers on a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum DockerAccess {
    /// The login user may use this socket (the rootless one included).
    Socket(String),
    /// Only `sudo -n docker` works; the socket is reached through `sudo -n docker system dial-stdio`.
    Sudo,
}

impl DockerAccess {
    /// Whether the machine itself reaches containers at their own addresses. A rootless engine and Docker Desktop keep them in a
    /// world of their own, which only published ports leave.
    #[must_use]
    pub fn reaches_containers(&self) -> bool {
        !matches!(self, Self::Socket(path) if path.starts_with("/run/user/") || path.contains("/.docker/"))
    }
}

/// What a check of a server found. Missing parts are `None`, never guessed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ServerFacts {
    /// From `uname -m`.
    pub platform: Option<Platform>,
    /// `PRETTY_NAME` of os-release.
    pub os: Option<String>,
    /// `ID` of os-release: `debian`, `ubuntu`, `amzn`, `fedora`, …
    pub os_id: Option<String>,
    /// Logical cores.
    pub cores: Option<u32>,
    /// Total memory.
    pub memory_total: Option<Bytes>,
    /// Memory that can be had without swapping.
    pub memory_available: Option<Bytes>,
    /// Size of the file system under the engine's data root.
    pub disk_total: Option<Bytes>,
    /// Free there, for the engine.
    pub disk_free: Option<Bytes>,
    /// Inodes there.
    pub inodes_total: Option<u64>,
    /// Free inodes there.
    pub inodes_free: Option<u64>,
    /// The engine's data root.
    pub data_root: Option<String>,
    /// How the engine answers.
    pub docker: Option<DockerAccess>,
    /// Engine version.
    pub engine: Option<String>,
    /// Compose plugin version.
    pub compose: Option<String>,
    /// buildx plugin version.
    pub buildx: Option<String>,
    /// git version.
    pub git: Option<String>,
    /// curl version.
    pub curl: Option<String>,
    /// The server's clock minus this machine's, in milliseconds.
    pub clock_offset_ms: Option<i64>,
    /// EC2 instance type, where IMDSv2 answers.
    pub ec2_type: Option<String>,
    /// EC2 region, where IMDSv2 answers.
    pub ec2_region: Option<String>,
    /// How a swap would survive a reboot here.
    pub boot_hook: Option<BootHook>,
}

/// How the runner is started again after a reboot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum BootHook {
    /// A system-wide systemd unit (root, or passwordless sudo).
    SystemdSystem,
    /// A systemd user unit with lingering on.
    SystemdUser,
    /// An `@reboot` line in the user's crontab.
    Cron,
}

/// Something a server lacks, and the command that brings it there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Requirement {
    /// What is missing, a fragment: "Docker Compose 2.20 or newer".
    pub what: String,
    /// Why it is needed.
    pub why: String,
    /// A command to run on that server, where this distribution has one.
    pub remedy: Option<String>,
    /// Whether a deployment is refused without it.
    pub required: bool,
}

#[cfg(test)]
mod tests {
    use super::Destination;

    #[test]
    fn destinations_round_trip() {
        for text in ["local", "web-1", "ubuntu@1.2.3.4", "ubuntu@web:2222", "ubuntu@[::1]:22", "[fe80::1]"] {
            assert_eq!(text.parse::<Destination>().map(|d| d.to_string()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_openssh_refuses_is_refused() {
        for text in ["", "-oProxyCommand=x", "a@-b", "`id`@h", "u@h;id", "u@h:0", "u@h:x", "h:22:x", "a b", "$(id)"] {
            assert!(text.parse::<Destination>().is_err(), "{text}");
        }
    }
}
