//! What a machine can execute, in the words of image manifests.
//!
//! Owns: operating system, architecture, variant and their comparison. Must never know: where it was read.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// An image platform such as `linux/arm64` or `linux/arm/v7`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type), specta(type = String))]
#[serde(try_from = "String", into = "String")]
pub struct Platform {
    /// `linux`, `windows`, …
    pub os: String,
    /// `amd64`, `arm64`, `arm`, …
    pub arch: String,
    /// `v7`; `None` where it says nothing new (arm64's `v8`).
    pub variant: Option<String>,
}

/// The text is neither `os/arch` nor `os/arch/variant`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a platform such as linux/arm64")]
pub struct PlatformError(String);

impl Platform {
    /// The platform of a Linux machine from `uname -m`; `None` for a machine name Docker has no word for.
    #[must_use]
    pub fn from_uname(machine: &str) -> Option<Self> {
        let (arch, variant) = match machine {
            "x86_64" | "amd64" => ("amd64", None),
            "aarch64" | "arm64" => ("arm64", None),
            "armv7l" => ("arm", Some("v7")),
            "armv6l" => ("arm", Some("v6")),
            "i386" | "i686" => ("386", None),
            "riscv64" | "ppc64le" | "s390x" => (machine, None),
            _ => return None,
        };
        Some(Self::new("linux", arch, variant))
    }

    /// Builds one from its parts, dropping a variant that says nothing new.
    #[must_use]
    pub fn new(os: &str, arch: &str, variant: Option<&str>) -> Self {
        let variant = variant.filter(|v| !v.is_empty() && (arch, *v) != ("arm64", "v8"));
        Self { os: os.to_owned(), arch: arch.to_owned(), variant: variant.map(str::to_owned) }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.arch)?;
        self.variant.iter().try_for_each(|v| write!(f, "/{v}"))
    }
}

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split('/').collect();
        match parts[..] {
            [os, arch] if !os.is_empty() && !arch.is_empty() => Ok(Self::new(os, arch, None)),
            [os, arch, v] if !os.is_empty() && !arch.is_empty() => Ok(Self::new(os, arch, Some(v))),
            _ => Err(PlatformError(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Platform {
    type Error = PlatformError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Platform> for String {
    fn from(platform: Platform) -> Self {
        platform.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::Platform;

    #[test]
    fn the_servers_answer_becomes_dockers_word() {
        assert_eq!(Platform::from_uname("aarch64").map(String::from).as_deref(), Some("linux/arm64"));
        assert_eq!(Platform::from_uname("armv7l").map(String::from).as_deref(), Some("linux/arm/v7"));
        assert_eq!(Platform::from_uname("vax"), None);
        assert_eq!("linux/arm64/v8".parse::<Platform>(), "linux/arm64".parse());
    }
}
