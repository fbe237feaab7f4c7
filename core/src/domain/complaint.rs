//! Which lines of output speak of an error.
//!
//! Owns: the guess. Must never know: whether the program that printed them really failed.

use super::ansi::visible;

/// Words that stand at the beginning of a complaint, in lower case.
const BEGINNINGS: [&str; 9] =
    ["error", "fatal", "panic:", "exception", "traceback (most recent call last)", "npm err!", "failed to ", "err ", "fail:"];
/// Words that make a line a complaint wherever they stand, in lower case, with what must stand around them.
const ANYWHERE: [&str; 12] = [
    " error: ",
    " error[",
    "[error]",
    " fatal: ",
    "level=error",
    "level=fatal",
    "\"level\":\"error\"",
    "panicked at",
    " did not complete successfully",
    "exception: ",
    " error ",
    "error:",
];
/// What looks like one and is none.
const INNOCENT: [&str; 5] = [" 0 error", "no error", "error: 0", "without error", "errors: 0"];
/// A complaint begins early in its line; what follows is quoted text.
const LOOKED_AT: usize = 400;

/// Whether a line speaks of an error, as far as its words tell.
#[must_use]
pub fn is_complaint(line: &str) -> bool {
    let head = &line[..line.floor_char_boundary(LOOKED_AT)];
    if !head.bytes().any(|b| matches!(b, b'e' | b'E' | b'f' | b'F' | b'p' | b'P')) {
        return false;
    }
    let text = visible(head).to_ascii_lowercase();
    let text = text.trim_start();
    let body = after_prefix(text);
    if INNOCENT.iter().any(|innocent| text.contains(innocent)) {
        return false;
    }
    BEGINNINGS.iter().any(|word| body.starts_with(word)) || ANYWHERE.iter().any(|word| text.contains(word))
}

/// Past BuildKit's `#14 71.20 `.
fn after_prefix(text: &str) -> &str {
    let Some(rest) = text.strip_prefix('#') else { return text };
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
    rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').trim_start()
}

#[cfg(test)]
mod tests {
    use super::is_complaint;

    #[test]
    fn complaints_of_many_programs_are_known() {
        for line in [
            "error[E0425]: cannot find value `x`",
            "#14 71.20 error: could not compile `shop`",
            "\u{1b}[31mERROR\u{1b}[0m: failed to solve",
            "npm ERR! code ELIFECYCLE",
            "thread 'main' panicked at src/main.rs:3",
            "Traceback (most recent call last):",
            "2026-11-20 10:00:00 ERROR db: connection refused",
            "fatal: not a git repository",
            "ValueError: DATABASE_URL is not set; exception: x",
            "time=x level=error msg=y",
        ] {
            assert!(is_complaint(line), "{line}");
        }
    }

    #[test]
    fn what_only_mentions_errors_is_none() {
        for line in
            ["0 errors, 3 warnings", "Compiling thiserror v2.0.18", "finished with 0 errors", "copying errors.html", "", "é"]
        {
            assert!(!is_complaint(line), "{line}");
        }
    }
}
