//! ECR's authorization token: what it says and how long it holds. Pure.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};

use crate::domain::{registry::RegistryAuth, secret::Secret};

/// A token is replaced this long before it ends, so that a push that begins with it can also finish.
const SPARE: SignedDuration = SignedDuration::from_mins(30);

/// A login that holds for some hours.
#[derive(Debug, Clone)]
pub(super) struct Token {
    /// What it is used as.
    pub(super) auth: RegistryAuth,
    /// The registry is spoken to over plain HTTP (an endpoint of a test or a proxy).
    pub(super) plain_http: bool,
    expires: Timestamp,
}

impl Token {
    /// From the API's fields: base64 of `user:password`, the registry's URL, seconds since 1970. `None` if one is malformed.
    pub(super) fn read(encoded: &str, endpoint: &str, expires: i64) -> Option<Self> {
        let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        let (user, password) = text.split_once(':')?;
        let (scheme, host) = endpoint.split_once("://")?;
        let host = host.trim_end_matches('/').to_owned();
        let auth = RegistryAuth { host, user: user.to_owned(), password: Secret::new(password) };
        Some(Self { auth, plain_http: scheme == "http", expires: Timestamp::from_second(expires).ok()? })
    }

    /// Whether it still holds long enough.
    pub(super) fn holds(&self, now: Timestamp) -> bool {
        now.saturating_add(SPARE).is_ok_and(|then| then < self.expires)
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use jiff::Timestamp;

    use super::Token;

    #[test]
    fn a_token_is_replaced_before_it_ends() {
        let token =
            Token::read(&STANDARD.encode("AWS:p:w"), "https://1.dkr.ecr.eu-west-1.amazonaws.com", 10_000).expect("a token");
        assert_eq!((token.auth.user.as_str(), token.auth.password.reveal()), ("AWS", "p:w"));
        assert!(!token.plain_http);
        let at = |second| Timestamp::from_second(second).expect("a time");
        assert!(token.holds(at(8_000)) && !token.holds(at(8_200)) && !token.holds(at(20_000)));
    }

    #[test]
    fn a_plain_endpoint_keeps_its_port() {
        let token = Token::read(&STANDARD.encode("AWS:x"), "http://127.0.0.1:5558/", 1).expect("a token");
        assert!(token.plain_http);
        assert_eq!(token.auth.host, "127.0.0.1:5558");
        assert!(Token::read("%%%", "https://h", 1).is_none() && Token::read(&STANDARD.encode("x"), "https://h", 1).is_none());
    }
}
