//! Canaries in every form, at every position, across every border.

use super::{MARK, Redactor, forms};
use crate::domain::secret::Secret;

const CANARY: &str = "c4n'ar/y+ \"$w0rd\\ü&é";

fn redactor(secrets: &[&str]) -> Redactor {
    Redactor::new(secrets.iter().map(|s| Secret::new(*s))).unwrap()
}

fn in_chunks(redactor: &Redactor, text: &[u8], cuts: &[usize]) -> Vec<u8> {
    let mut stream = redactor.stream();
    let mut clean = Vec::new();
    let mut at = 0;
    for cut in cuts {
        clean.extend(stream.push(&text[at..*cut]));
        at = *cut;
    }
    clean.extend(stream.push(&text[at..]));
    clean.extend(stream.finish());
    clean
}

#[test]
fn every_form_split_at_every_position_is_gone() {
    let redactor = redactor(&[CANARY]);
    for form in forms::of(CANARY) {
        let text = [b"before <", form.as_slice(), b"> after"].concat();
        for cut in 0..=text.len() {
            let clean = in_chunks(&redactor, &text, &[cut]);
            assert_eq!(String::from_utf8_lossy(&clean), format!("before <{MARK}> after"), "{}", String::from_utf8_lossy(&form));
        }
    }
}

#[test]
fn byte_by_byte_is_the_same_as_whole() {
    let redactor = redactor(&["s3cret", "secret-of-more", "retired"]);
    for text in ["", "s3cre", "xs3crets3cretx", "secret-of-mores3cret and retired", "a s3cs3cret", "retired"] {
        let cuts: Vec<usize> = (0..text.len()).collect();
        let clean = in_chunks(&redactor, text.as_bytes(), &cuts);
        assert_eq!(String::from_utf8_lossy(&clean), redactor.text(text), "{text}");
    }
}

#[test]
fn base64_of_a_longer_text_around_it_shows_nothing_of_it() {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let redactor = redactor(&["correct-horse-battery"]);
    for before in ["", "u", "us", "usr", "user:"] {
        for after in ["", "\n", "xy", "xyz"] {
            let text = BASE64_STANDARD.encode(format!("{before}correct-horse-battery{after}"));
            let clean = redactor.text(&text).into_owned();
            assert!(clean.contains(MARK), "{text}");
            // At most the characters that the secret shares with its neighbours are left.
            assert!(clean.len() <= MARK.len() + (before.len() + after.len()) * 4 / 3 + 6, "{clean}");
        }
    }
}

#[test]
fn secrets_that_share_bytes_both_go() {
    let redactor = redactor(&["abcdXY", "XYefgh", "abcd"]);
    assert_eq!(redactor.text("<abcdXYefgh>"), format!("<{MARK}>"));
    assert_eq!(in_chunks(&redactor, b"<abcdXYefgh>", &[5, 8]), format!("<{MARK}>").into_bytes());
    assert_eq!(redactor.text("<abcd>"), format!("<{MARK}>"));
}

#[test]
fn each_line_of_a_key_goes_but_not_its_braces() {
    let key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQ\n}\n-----END KEY-----\n";
    let redactor = redactor(&[key]);
    assert_eq!(redactor.text("x MIIEvQIBADANBgkqhkiG9w0BAQ"), format!("x {MARK}"));
    assert_eq!(redactor.text("}"), "}");
}

#[test]
fn what_is_too_short_is_left_alone() {
    let redactor = redactor(&["on", "abc"]);
    assert_eq!(redactor.text("on abc"), "on abc");
    assert_eq!(in_chunks(&redactor, b"on abc", &[1]), b"on abc");
}

#[test]
fn bytes_that_are_no_text_pass_through() {
    let redactor = redactor(&["s3cret"]);
    let clean = in_chunks(&redactor, b"\xff\xfes3cret\xff", &[4]);
    assert_eq!(clean, [b"\xff\xfe", MARK.as_bytes(), b"\xff"].concat());
}

#[test]
fn debug_shows_nothing() {
    assert_eq!(format!("{:?}", redactor(&["s3cret"])), "Redactor(…)");
}
