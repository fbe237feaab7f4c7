//! The one quoting function: an argument as a word of a shell's command line.
//!
//! Owns: what reaches a remote shell. Must never know: what the words mean.

use std::fmt::Write as _;

use super::HostError;

/// One argument as one word, for sh, dash, bash, zsh, fish and csh alike: plain text in single quotes; quotes,
/// backslashes and `!` outside of them, each behind a backslash.
///
/// # Errors
/// When the text holds a NUL, which no argument can carry, or a line break, which not every shell takes in a word.
pub fn quote(text: &str) -> Result<String, HostError> {
    if let Some(name) = text.chars().find_map(uncarried) {
        return Err(HostError::Refused(format!("an argument holds {name}, which cannot be sent: {text:?}")));
    }
    if !text.is_empty() && text.chars().all(is_plain) {
        return Ok(text.to_owned());
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for c in text.chars() {
        match c {
            '\'' | '\\' | '!' => write!(quoted, "'\\{c}'").map_err(|e| HostError::Refused(e.to_string()))?,
            c => quoted.push(c),
        }
    }
    quoted.push('\'');
    Ok(quoted)
}

/// Arguments as a command line.
///
/// # Errors
/// As for [`quote`].
pub fn join<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<String, HostError> {
    Ok(words.into_iter().map(quote).collect::<Result<Vec<_>, _>>()?.join(" "))
}

fn uncarried(c: char) -> Option<&'static str> {
    match c {
        '\0' => Some("a NUL character"),
        '\n' | '\r' => Some("a line break"),
        _ => None,
    }
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_./:,@%+".contains(c)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;

    use super::{join, quote};

    #[test]
    fn what_no_word_can_carry_is_refused() {
        for text in ["a\0b", "a\nb", "\r"] {
            assert!(quote(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn plain_words_stay_readable() {
        assert_eq!(join(["docker", "ps", "--format=x y", ""]).unwrap(), "docker ps '--format=x y' ''");
    }

    fn through_sh(words: &[String]) -> Vec<u8> {
        let line = join(words.iter().map(String::as_str)).unwrap();
        let script = format!("set -- {line}; printf '%s\\0' \"$@\"");
        Command::new("sh").arg("-c").arg(script).output().unwrap().stdout
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn every_word_arrives_unchanged(words in prop::collection::vec("[^\0\r\n]{0,12}|[-'\"\\\\$`!*?~#&;|<>(){}\\[\\] \t=]{1,8}", 1..20)) {
            let want: Vec<u8> = words.iter().flat_map(|w| w.bytes().chain([0])).collect();
            prop_assert_eq!(through_sh(&words), want);
        }
    }
}
