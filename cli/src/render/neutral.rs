//! Foreign text made harmless: branch names, commit subjects, container names, log lines.
//!
//! Owns: the one function through which such text reaches a terminal. Must never know: where the text is from.

use std::borrow::Cow;

/// The text without anything that a terminal would obey: colours are dropped; every other control character, the
/// characters that turn the direction of writing and the invisible ones become visible. Line ends become visible too.
pub(crate) fn neutral(text: &str) -> Cow<'_, str> {
    if text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = skip_colour(rest) {
            rest = after;
            continue;
        }
        rest = &rest[c.len_utf8()..];
        if c == '\t' { out.push_str("    ") } else { out.push(visible(c)) }
    }
    Cow::Owned(out)
}

/// What follows a complete colour sequence (`ESC [ digits m`) at the beginning of the text.
fn skip_colour(text: &str) -> Option<&str> {
    let body = text.strip_prefix("\u{1b}[")?;
    let end = body.find(|c: char| !matches!(c, '0'..='9' | ';' | ':'))?;
    body[end..].strip_prefix('m')
}

fn visible(c: char) -> char {
    match c {
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        _ if harmless(c) => c,
        _ => '\u{fffd}',
    }
}

/// Whether a terminal shows the character and does nothing else.
pub(crate) fn harmless(c: char) -> bool {
    !c.is_control() && !turns_direction(c) && !invisible(c)
}

fn turns_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2064}' | '\u{206a}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{harmless, neutral};

    #[test]
    fn ordinary_text_is_untouched() {
        for text in ["feature/größe", "修复购物车", "a‍b 👩‍🚀", "$(id) 'x' \"y\""] {
            assert_eq!(neutral(text), text);
        }
    }

    #[test]
    fn colours_go_and_the_rest_is_seen() {
        assert_eq!(neutral("\u{1b}[1;32mok\u{1b}[0m"), "ok");
        assert_eq!(neutral("\u{1b}[2Jgone"), "␛[2Jgone");
        assert_eq!(neutral("\u{1b}]8;;http://x\u{7}link"), "␛]8;;http://x␇link");
        assert_eq!(neutral("10%\r20%"), "10%␍20%");
        assert_eq!(neutral("a\u{202e}b\u{9b}31mc"), "a\u{fffd}b\u{fffd}31mc");
        assert_eq!(neutral("a\tb\nc"), "a    b␊c");
        assert_eq!(neutral("\u{1b}[3\u{1b}[1m1m"), "␛[31m");
    }

    fn foreign() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            any::<String>(),
            Just("\u{1b}[".to_owned()),
            Just("31".to_owned()),
            Just("m".to_owned()),
            Just("\u{1b}]8;;http://x\u{1b}\\".to_owned()),
            prop::char::range('\u{0}', '\u{a0}').prop_map(String::from),
            prop::char::range('\u{2000}', '\u{2070}').prop_map(String::from),
        ];
        prop::collection::vec(piece, 0..12).prop_map(|v| v.concat())
    }

    proptest! {
        #[test]
        fn nothing_is_left_to_obey(text in foreign()) {
            let out = neutral(&text);
            prop_assert!(out.chars().all(harmless), "{out:?}");
            prop_assert_eq!(neutral(&out), out.clone());
        }

        #[test]
        fn no_visible_character_is_lost(text in "[^\u{1b}]*") {
            let kept: Vec<char> = text.chars().filter(|c| harmless(*c)).collect();
            let out = neutral(&text);
            let mut shown = out.chars();
            prop_assert!(kept.iter().all(|c| shown.any(|s| s == *c)));
        }
    }
}
