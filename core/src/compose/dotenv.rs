//! `.env` files that Compose reads back unchanged.
//!
//! Owns: the quoting. Must never know: whose variables these are.
//!
//! Found by experiment with Compose 2.26 (random values, `--env-file` and `env_file` alike): double quotes with `\\`, `\"`, `\$`,
//! `\n` and `\r` escaped carry every text. Single quotes do not: a backslash before the closing quote cannot be written.

mod scan;

use std::collections::BTreeMap;

pub use scan::read;

/// Why variables cannot be written to, or read from, a `.env` file. No value is ever part of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DotenvError {
    /// Not `[A-Za-z_][A-Za-z0-9_.-]*`. Only those without `.` and `-` can be named by `${…}` in a Compose file.
    #[error("`{0}` is not a variable name")]
    Name(String),
    /// No environment can hold it.
    #[error("the value of `{0}` contains a NUL byte")]
    Nul(String),
    /// A line that is no assignment.
    #[error("line {line}: {reason}")]
    Syntax {
        /// From 1.
        line: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// Writes a `.env` file from which Compose reads exactly these values.
///
/// # Errors
/// When a name is none, or a value contains NUL.
pub fn write(variables: &BTreeMap<String, String>) -> Result<String, DotenvError> {
    variables.iter().map(|(name, value)| line(name, value)).collect()
}

fn line(name: &str, value: &str) -> Result<String, DotenvError> {
    if !is_name(name) {
        return Err(DotenvError::Name(name.to_owned()));
    }
    let mut line = format!("{name}=\"");
    for c in value.chars() {
        match c {
            '\0' => return Err(DotenvError::Nul(name.to_owned())),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\\' | '"' | '$' => line.extend(['\\', c]),
            c => line.push(c),
        }
    }
    line.push_str("\"\n");
    Ok(line)
}

/// Whether a text can be a variable's name.
#[must_use]
pub fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::{DotenvError, read, write};

    fn one(value: &str) -> BTreeMap<String, String> {
        BTreeMap::from([("NAME".to_owned(), value.to_owned())])
    }

    proptest! {
        #[test]
        fn any_text_arrives_unchanged(value in r#"([\\"'$#={} \t\n\ra-z0-9é☃]|\PC){0,40}"#, other in ".*") {
            let variables = BTreeMap::from([("A".to_owned(), value), ("B".to_owned(), other.replace('\0', ""))]);
            let text = write(&variables).expect("no NUL in it");
            prop_assert_eq!(read(&text), Ok(variables));
        }
    }

    #[test]
    fn nul_and_bad_names_are_refused() {
        assert_eq!(write(&one("a\0b")), Err(DotenvError::Nul("NAME".into())));
        for name in ["", "1A", "A B", "A=B", "-A", "A\n", "é"] {
            let variables = BTreeMap::from([(name.to_owned(), String::new())]);
            assert_eq!(write(&variables), Err(DotenvError::Name(name.into())), "{name:?}");
        }
    }
}
