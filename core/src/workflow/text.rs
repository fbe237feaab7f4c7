//! Writing YAML by hand.
//!
//! Owns: how a text becomes a scalar that every reader reads back the same, GitHub's expressions included.
//! Must never know: what the texts say.

/// A text as a scalar that means exactly this text, to GitHub too: what looks like an expression is none.
pub(super) fn scalar(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(&guarded(text)) }
}

/// A text that holds expressions, as a scalar.
pub(super) fn expressions(text: &str) -> String {
    quoted(text)
}

/// A text in which nothing is an expression.
pub(super) fn guarded(text: &str) -> String {
    text.replace("${{", "${{ '${{' }}")
}

/// Every line pushed in by so many blanks; empty lines stay empty.
pub(super) fn indented(text: &str, by: usize) -> String {
    let pad = " ".repeat(by);
    text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("{pad}{line}\n") }).collect()
}

/// Fit to stand alone: it begins like a word or a path, and is no word that YAML takes for something else.
fn is_plain(text: &str) -> bool {
    const TAKEN: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let rest = text.strip_prefix("./").unwrap_or(text);
    let begins = text == "." || rest.starts_with(|c: char| c.is_ascii_alphabetic());
    let simple = text.chars().all(|c| c.is_ascii_alphanumeric() || "._/-".contains(c));
    begins && simple && !TAKEN.contains(&text.to_ascii_lowercase().as_str())
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{guarded, quoted, scalar};
    use crate::compose::parsed;

    #[test]
    fn words_stand_alone_and_the_rest_is_quoted() {
        for (text, written) in [
            ("./api/Dockerfile", "./api/Dockerfile"),
            (".", "."),
            ("shop-api", "shop-api"),
            ("77b0d1f3", "\"77b0d1f3\""),
            ("1234e567", "\"1234e567\""),
            ("", "\"\""),
            ("No", "\"No\""),
            ("a: b", "\"a: b\""),
            ("*x", "\"*x\""),
            ("it's \"so\"\n", "\"it's \\\"so\\\"\\n\""),
            ("${{ secrets.X }}", "\"${{ '${{' }} secrets.X }}\""),
        ] {
            assert_eq!(scalar(text), written);
        }
    }

    proptest! {
        #[test]
        fn a_yaml_reader_reads_the_text_back(text in "\\PC{0,12}|[ -~\n\t]{0,20}|(true|1e3|~|- |: |#|'|\"|\\$\\{\\{){1,4}") {
            let yaml = format!("key: {}\n", scalar(&text));
            let node = parsed(&yaml).expect("YAML");
            let expected = guarded(&text);
            prop_assert_eq!(node.get("key").and_then(|n| n.text()), Some(expected.as_str()), "{}", yaml);
            prop_assert!(!quoted(&text).contains('\n'));
        }
    }
}
