//! Names that people or Compose files give, checked once at the border.
//!
//! Owns: which text may be a name. Must never know: who uses it.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Why a text is not a name. A fragment fit for "cannot use … because it …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing, or nothing but blanks.
    #[error("is empty")]
    Empty,
    /// More than 63 characters.
    #[error("is longer than 63 characters")]
    TooLong,
    /// It would be read as an option by some command.
    #[error("begins with `-`")]
    LeadingDash,
    /// A character outside the allowed set.
    #[error("contains `{0}`")]
    Character(char),
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "specta", derive(specta::Type), specta(type = String))]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                check(text, $allowed)?;
                Ok(Self(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                check(&text, $allowed)?;
                Ok(Self(text))
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// What the user calls a project, server or registry. Free text on one line: names with spaces,
    /// quotes or `$(id)` are fine because no command is ever built from them.
    Name,
    |c: char| !c.is_control()
);
name!(
    /// A service of a Compose file: `[A-Za-z0-9._-]+`, as the Compose specification says.
    ServiceName,
    |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
);
name!(
    /// A Compose project name: `[a-z0-9_-]+`, as `docker compose -p` accepts it.
    StackName,
    |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-')
);
name!(
    /// An environment of a project, a key of `plimsoll.toml`.
    EnvironmentName,
    |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
);

impl StackName {
    /// The nearest valid name, as Compose derives one from a folder: lower case, invalid characters dropped.
    #[must_use]
    pub fn normalized(text: &str) -> Option<Self> {
        let kept: String = text
            .to_lowercase()
            .chars()
            .filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-'))
            .collect();
        kept.trim_start_matches(['_', '-']).parse().ok()
    }
}

impl EnvironmentName {
    /// The environment used when none is named.
    #[must_use]
    pub fn production() -> Self {
        Self("production".to_owned())
    }
}

fn check(text: &str, allowed: fn(char) -> bool) -> Result<(), NameError> {
    if text.trim().is_empty() {
        return Err(NameError::Empty);
    }
    if text.starts_with('-') {
        return Err(NameError::LeadingDash);
    }
    if text.chars().count() > 63 {
        return Err(NameError::TooLong);
    }
    text.chars().find(|c| !allowed(*c)).map_or(Ok(()), |c| Err(NameError::Character(c)))
}

#[cfg(test)]
mod tests {
    use super::{Name, NameError, ServiceName, StackName};

    #[test]
    fn an_option_is_not_a_name() {
        assert_eq!("--help".parse::<ServiceName>(), Err(NameError::LeadingDash));
        assert_eq!("-x".parse::<Name>(), Err(NameError::LeadingDash));
    }

    #[test]
    fn shell_syntax_is_only_refused_where_the_format_refuses_it() {
        assert_eq!("$(id)".parse::<ServiceName>(), Err(NameError::Character('$')));
        assert!("my $(id) 'shop'".parse::<Name>().is_ok());
        assert_eq!("a\nb".parse::<Name>(), Err(NameError::Character('\n')));
    }

    #[test]
    fn a_folder_becomes_a_stack_name_as_compose_does_it() {
        assert_eq!(StackName::normalized("_My Shop.v2").map(String::from).as_deref(), Some("myshopv2"));
        assert_eq!(StackName::normalized("***"), None);
    }
}
