//! A registry login as an engine wants it with a request.

use base64::{Engine as _, engine::general_purpose::URL_SAFE};
use bollard::{BollardRequest, Docker};
use hyper::header::HeaderValue;
use serde::Serialize;

use crate::domain::registry::RegistryAuth;

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
struct Login<'a> {
    username: &'a str,
    password: &'a str,
    serveraddress: &'a str,
}

/// The same client, sending this login with every request. The engine uses it and forgets it.
///
/// bollard's own credentials travel in the standard base64 alphabet; engines decode the URL-safe one
/// and refuse the rest, so the header is written here.
pub(super) fn with_login(docker: &Docker, auth: Option<&RegistryAuth>) -> Docker {
    let Some(header) = auth.and_then(header) else { return docker.clone() };
    docker.clone().with_request_modifier(move |mut request: BollardRequest| {
        request.headers_mut().insert("X-Registry-Auth", header.clone());
        request
    })
}

fn header(auth: &RegistryAuth) -> Option<HeaderValue> {
    let login = Login { username: &auth.user, password: auth.password.reveal(), serveraddress: &auth.host };
    let mut value = HeaderValue::from_str(&URL_SAFE.encode(serde_json::to_vec(&login).ok()?)).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE};

    use super::header;
    use crate::domain::{registry::RegistryAuth, secret::Secret};

    #[test]
    fn the_alphabet_is_the_one_engines_decode() {
        let auth = RegistryAuth { host: "r:5000".to_owned(), user: "u".to_owned(), password: Secret::new("p>>>???~~~") };
        let value = header(&auth).expect("a header");
        let text = value.to_str().expect("ascii");
        assert!(!text.contains(['+', '/']), "{text}");
        let json: serde_json::Value = serde_json::from_slice(&URL_SAFE.decode(text).expect("base64")).expect("json");
        assert_eq!(json, serde_json::json!({"username": "u", "password": "p>>>???~~~", "serveraddress": "r:5000"}));
        assert_eq!(format!("{value:?}"), "Sensitive");
    }
}
