//! Text as a terminal would show it.
//!
//! Owns: dropping escape sequences. Must never know: colours, logs.

use std::borrow::Cow;

const ESCAPE: char = '\u{1b}';

/// The text without escape sequences; what would be seen of it.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(ESCAPE) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            ESCAPE => skip(&mut chars),
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// Reads to the end of a sequence that has begun. One that does not end takes the rest, as in a terminal.
fn skip(chars: &mut std::str::Chars<'_>) {
    match chars.next() {
        // Control sequence: parameters, then one final letter or sign.
        Some('[') => while chars.next().is_some_and(|c| !('@'..='~').contains(&c)) {},
        // Title or link: up to a bell, or to an escape and its backslash.
        Some(']') => {
            while let Some(c) = chars.next() {
                match c {
                    '\u{7}' => return,
                    ESCAPE => {
                        chars.next();
                        return;
                    }
                    _ => {}
                }
            }
        }
        // A character set and its name.
        Some('(' | ')') => drop(chars.next()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn colours_and_links_go_and_text_stays() {
        assert_eq!(visible("plain"), "plain");
        assert_eq!(visible("\u{1b}[1;31merr\u{1b}[0mor\u{1b}[K"), "error");
        assert_eq!(visible("a\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{7}b"), "alinkb");
        assert_eq!(visible("cut \u{1b}[3"), "cut ");
        assert_eq!(visible("\u{1b}(Bé"), "é");
    }
}
