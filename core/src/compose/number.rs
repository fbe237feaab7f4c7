//! Plain YAML scalars as Compose's YAML reader prints them again.
//!
//! Owns: that rewriting (`3.10` → `3.1`, `0777` → `511`, `True` → `true`). Must never know: where the scalar stands.
//!
//! Source: go-yaml v3's resolver, seen through `docker compose config` 2.26.

use std::borrow::Cow;

/// The text that Compose sees for a plain scalar.
pub(crate) fn canonical(text: &str) -> Cow<'_, str> {
    match text {
        "true" | "True" | "TRUE" => return "true".into(),
        "false" | "False" | "FALSE" => return "false".into(),
        _ => {}
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')) {
        return text.into();
    }
    match integer(&text.replace('_', "")) {
        Some(number) => number.to_string().into(),
        None => float(text).map_or(text.into(), Into::into),
    }
}

/// Go's `strconv.ParseInt(text, 0, 64)`.
fn integer(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = match digits.get(..2) {
        Some("0x" | "0X") => (16, &digits[2..]),
        Some("0o" | "0O") => (8, &digits[2..]),
        Some("0b" | "0B") => (2, &digits[2..]),
        Some(two) if two.starts_with('0') => (8, &digits[1..]),
        _ => (10, digits),
    };
    let plain = digits.starts_with(|c: char| c.is_ascii_alphanumeric());
    i64::from_str_radix(digits, radix).ok().filter(|_| plain).and_then(|n| n.checked_mul(sign))
}

/// A float as Go prints it: shortest, without an exponent in the common range.
fn float(text: &str) -> Option<String> {
    let shape = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E');
    let is_float = text.contains(shape) && text.chars().all(shape) && text.contains(|c: char| c.is_ascii_digit());
    let value: f64 = text.parse().ok().filter(|_| is_float)?;
    let magnitude = value.abs();
    (magnitude == 0.0 || (1e-4..1e21).contains(&magnitude)).then(|| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn numbers_are_what_compose_makes_of_them() {
        for (text, expected) in [
            ("3.10", "3.1"),
            ("0777", "511"),
            ("0o17", "15"),
            ("0x1F", "31"),
            ("1e3", "1000"),
            ("1_000", "1000"),
            ("-5", "-5"),
            ("+5", "5"),
            ("0", "0"),
            ("True", "true"),
            ("yes", "yes"),
            ("08", "8"),
            ("1.2.3", "1.2.3"),
            ("8080:80", "8080:80"),
            ("5s", "5s"),
            ("10-20", "10-20"),
            (".env", ".env"),
            ("-", "-"),
            ("./a", "./a"),
            ("0.50", "0.5"),
            ("2.0", "2"),
        ] {
            assert_eq!(canonical(text), expected, "{text}");
        }
    }
}
