//! The forms in which a secret may appear in output.
//!
//! Owns: which encodings are looked for. Must never know: how they are searched.

use std::fmt::Write;

use base64::{
    Engine,
    alphabet::{self, Alphabet},
    engine::{GeneralPurpose, GeneralPurposeConfig},
};

use super::SHORTEST;

/// The shortest line of a secret of several lines that is looked for by itself, in bytes; shorter ones (`}`, `---`)
/// occur everywhere.
const SHORTEST_LINE: usize = 8;

/// Every form of a secret, none shorter than four bytes.
pub(super) fn of(secret: &str) -> Vec<Vec<u8>> {
    let mut texts = vec![secret, secret.trim()];
    if secret.trim().contains('\n') {
        // Logs are redacted line by line; a key of several lines must not survive that.
        texts.extend(secret.lines().map(str::trim).filter(|line| line.len() >= SHORTEST_LINE));
    }
    let mut forms = Vec::new();
    for text in texts.into_iter().filter(|text| text.len() >= SHORTEST) {
        forms.extend(encoded(text));
    }
    forms.retain(|form| form.len() >= SHORTEST);
    forms
}

fn encoded(text: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![text.as_bytes().to_vec()];
    forms.extend(base64(text.as_bytes()));
    forms.extend(url(text));
    forms.extend(json(text).into_iter().map(String::into_bytes));
    forms.extend(shell(text).into_iter().map(String::into_bytes));
    forms
}

/// Standard and URL-safe base64, alone or somewhere inside a longer encoded text.
fn base64(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = Vec::new();
    for alphabet in [&alphabet::STANDARD, &alphabet::URL_SAFE] {
        forms.push(engine(alphabet, true).encode(bytes).into_bytes());
        forms.push(engine(alphabet, false).encode(bytes).into_bytes());
        forms.extend((0..3).map(|before| inside(alphabet, bytes, before)));
    }
    forms
}

/// The characters that depend on the secret alone when `before` (mod 3) bytes precede it and anything follows.
fn inside(alphabet: &Alphabet, bytes: &[u8], before: usize) -> Vec<u8> {
    let mut padded = vec![0; before];
    padded.extend_from_slice(bytes);
    let mut text = engine(alphabet, false).encode(&padded).into_bytes();
    text.truncate(padded.len() * 8 / 6);
    text.drain(..(before * 8).div_ceil(6));
    text
}

fn engine(alphabet: &Alphabet, padding: bool) -> GeneralPurpose {
    GeneralPurpose::new(alphabet, GeneralPurposeConfig::new().with_encode_padding(padding))
}

/// Percent-encodings, which differ in what they leave as it is: RFC 3986, `encodeURIComponent`, forms (blank as `+`),
/// and the user part of a URL.
fn url(text: &str) -> Vec<Vec<u8>> {
    let mut forms = Vec::new();
    for kept in ["-._~", "-._~!'()*", "*-._", "-._~$&+,;="] {
        for hex in ["0123456789ABCDEF", "0123456789abcdef"] {
            let form = percent(text, kept, hex.as_bytes());
            forms.push(String::from_utf8_lossy(&form).replace("%20", "+").into_bytes());
            forms.push(form);
        }
    }
    forms
}

fn percent(text: &str, kept: &str, hex: &[u8]) -> Vec<u8> {
    let mut form = Vec::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || kept.as_bytes().contains(&byte) {
            form.push(byte);
        } else {
            form.extend_from_slice(&[b'%', hex[usize::from(byte >> 4)], hex[usize::from(byte & 15)]]);
        }
    }
    form
}

/// Inside a JSON string: as serde writes it, with `\/`, ASCII only, safe for HTML; and once more inside another.
fn json(text: &str) -> Vec<String> {
    let plain = escape(text, |_| false);
    vec![
        plain.replace('/', "\\/"),
        escape(text, |c| !c.is_ascii()),
        escape(text, |c| matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}')),
        escape(&plain, |_| false),
        plain,
    ]
}

fn escape(text: &str, also: fn(char) -> bool) -> String {
    let mut form = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '"' | '\\' => form.extend(['\\', c]),
            '\n' => form.push_str("\\n"),
            '\r' => form.push_str("\\r"),
            '\t' => form.push_str("\\t"),
            '\u{8}' => form.push_str("\\b"),
            '\u{c}' => form.push_str("\\f"),
            c if c.is_control() && c.is_ascii() || also(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(form, "\\u{unit:04x}");
                }
            }
            c => form.push(c),
        }
    }
    form
}

/// As shells quote it: single quotes in both ways, double quotes, backslashes, `$'…'`; and with `$$`, as Compose does.
fn shell(text: &str) -> Vec<String> {
    let before = |special: &str| {
        let mut form = String::with_capacity(text.len() * 2);
        for c in text.chars() {
            if special.contains(c) {
                form.push('\\');
            }
            form.push(c);
        }
        form
    };
    vec![
        text.replace('\'', r"'\''"),
        text.replace('\'', r#"'"'"'"#),
        before("\"$`\\"),
        before("\"$`\\!"),
        before(" \t!\"#$&'()*,;<>?[\\]^`{|}~"),
        before("'\\").replace('\n', "\\n").replace('\t', "\\t").replace('\r', "\\r"),
        text.replace('$', "$$"),
    ]
}
