//! Identifiers that Plimsoll mints itself: UUIDv7, so they sort by time.
//!
//! Owns: their types, text form and parsing. Must never know: what they identify in any store.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "specta", derive(specta::Type))]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id; later ones sort after earlier ones.
            #[must_use]
            #[expect(clippy::new_without_default, reason = "an id is minted, not defaulted")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id!(
    /// A git repository with a Compose file, known to this laptop.
    ProjectId
);
id!(
    /// A machine that runs Docker.
    ServerId
);
id!(
    /// A place where images are pushed.
    RegistryId
);
id!(
    /// One attempt to make a release live.
    DeploymentId
);
id!(
    /// One holding of an environment's lock on its server.
    LockId
);
