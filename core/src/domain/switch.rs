//! Services that are swapped behind a switch.
//!
//! Owns: the two colours, what a switch passes on, what is kept of a switched service.
//! Must never know: which program the switch is, and how it is turned.

use std::{collections::BTreeMap, fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::name::{ServiceName, StackName};

/// How long connections to the old colour may go on after the turn, unless `plimsoll.toml` says otherwise.
pub const DEFAULT_DRAIN: Duration = Duration::from_secs(30);

/// The longest part of a name that DNS takes between two dots.
const LABEL: usize = 63;

/// One of the two places in which a switched service runs; a release gets the one that does not serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// Blue.
    Blue,
    /// Green.
    Green,
}

impl Colour {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Blue, Self::Green];

    /// As files and names have it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Blue => "blue",
            Self::Green => "green",
        }
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Blue => Self::Green,
            Self::Green => Self::Blue,
        }
    }

    /// The Compose service in which this colour of a service runs; `None` where that is no name any more.
    #[must_use]
    pub fn of(self, service: &ServiceName) -> Option<ServiceName> {
        format!("{service}-{self}").parse().ok()
    }

    /// The name by which the switch finds the container of this colour. No other stack on the engine has it, also where both are
    /// on one network; it has no dot, so that it is never asked of the world's DNS.
    #[must_use]
    pub fn address(self, stack: &StackName, service: &ServiceName) -> String {
        let whole = format!("{stack}-{service}-{self}");
        if whole.len() <= LABEL && !whole.contains('.') {
            return whole;
        }
        let hash = Sha256::digest(format!("{stack}\n{service}"));
        let hex: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        format!("{hex}-{self}")
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is no colour.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither blue nor green")]
pub struct ColourError(String);

impl FromStr for Colour {
    type Err = ColourError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|colour| colour.as_str() == text).ok_or_else(|| ColourError(text.to_owned()))
    }
}

/// A port that a switch passes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SwitchPort {
    /// The container's port.
    pub port: u16,
    /// What is known of it.
    pub speech: Speech,
}

/// What is known of a port. Whatever it is, a connection that begins with HTTP/1 is understood: each of its requests goes to the
/// colour that serves then. Any other stays with the colour that it was opened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speech {
    /// Its clients speak first, and plain HTTP.
    Http,
    /// Nothing: the server may be the one who speaks first.
    Unknown,
}

/// What is kept of a service that runs behind a switch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchRecord {
    /// The engine's id of the switch's image.
    pub image_id: String,
    /// Compose's hash of each colour's configuration; the service's own is that of the switch, which bears its name.
    pub colours: BTreeMap<Colour, String>,
    /// What it passes on.
    pub ports: Vec<SwitchPort>,
    /// How long connections to the old colour may go on after the turn.
    pub drain: Duration,
}

#[cfg(test)]
mod tests {
    use super::Colour;

    #[test]
    fn a_colour_is_told_apart_by_its_name() {
        for colour in Colour::ALL {
            assert_eq!(colour.as_str().parse(), Ok(colour));
            assert_ne!(colour.other(), colour);
        }
        assert!("red".parse::<Colour>().is_err());
    }

    #[test]
    fn an_address_is_one_label_and_nobody_elses() {
        let address = |stack: &str, service: &str| Colour::Blue.address(&stack.parse().unwrap(), &service.parse().unwrap());
        assert_eq!(address("shop", "web"), "shop-web-blue");
        assert_ne!(address("shop", "web"), address("blog", "web"));
        for (stack, service) in [("shop", "web.v2"), (&*"s".repeat(60), "web")] {
            let name = address(stack, service);
            assert!(name.len() <= 63 && !name.contains('.') && name.ends_with("-blue"), "{name}");
            assert_ne!(name, address("blog", service));
        }
    }

    #[test]
    fn a_name_that_gets_too_long_is_none() {
        let name = |length: usize| "a".repeat(length).parse().unwrap();
        assert_eq!(Colour::Green.of(&name(57)).map(|name| name.as_str().len()), Some(63));
        assert_eq!(Colour::Green.of(&name(58)), None);
    }
}
