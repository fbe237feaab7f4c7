//! What a build is told, as the script reads it: files, checkouts, and `go`.
//!
//! Owns: their text; secrets leave this machine here, on standard input. Must never know: how they travel.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::content::Content;
use crate::{
    build::{BuildError, BuildJob, BuildSecret},
    domain::registry::RegistryAuth,
};

/// The order for a build whose files will be in `run` on the builder. Holds secrets.
pub(super) fn order(job: &BuildJob, content: &Content, run: &str) -> Result<String, BuildError> {
    let mut text = String::new();
    let mut file = |name: &str, bytes: &[u8]| text.push_str(&format!("file {name} {}\n", STANDARD.encode(bytes)));
    file("config.json", docker_config(&job.auths).to_string().as_bytes());
    file("bake.json", bake(&job.bake, &job.secrets, run)?.as_bytes());
    for (index, secret) in job.secrets.iter().enumerate() {
        file(&secret_file(index), secret.value.reveal().as_bytes());
    }
    for tree in &content.trees {
        text.push_str(&format!("checkout {} {} {}/\n", tree.key, tree.commit, tree.path));
    }
    for large in &content.large {
        text.push_str(&format!("large {} {}/\n", large.oid, large.path));
    }
    text.push_str("go\n");
    Ok(text)
}

fn secret_file(index: usize) -> String {
    format!("secret-{index}")
}

/// A Docker configuration with these logins and nothing else.
fn docker_config(auths: &[RegistryAuth]) -> Value {
    let login = |auth: &RegistryAuth| {
        let pair = format!("{}:{}", auth.user, auth.password.reveal());
        (key_of(&auth.host).to_owned(), json!({ "auth": STANDARD.encode(pair) }))
    };
    json!({ "auths": auths.iter().map(login).collect::<serde_json::Map<_, _>>() })
}

/// Docker keeps the login of its Hub under the address of the Hub's first version.
fn key_of(host: &str) -> &str {
    match host {
        "docker.io" | "index.docker.io" | "registry-1.docker.io" => "https://index.docker.io/v1/",
        host => host,
    }
}

/// The bake file with a place for every secret that its targets name.
fn bake(bake: &str, secrets: &[BuildSecret], run: &str) -> Result<String, BuildError> {
    let unusable = |error: serde_json::Error| BuildError::Job(format!("the bake file is no JSON: {error}"));
    let mut bake: Value = serde_json::from_str(bake).map_err(unusable)?;
    let places: BTreeMap<&str, String> =
        secrets.iter().enumerate().map(|(index, s)| (s.id.as_str(), format!("{run}/{}", secret_file(index)))).collect();
    let targets = bake.get_mut("target").and_then(Value::as_object_mut).into_iter().flat_map(|t| t.values_mut());
    for entry in targets.filter_map(|target| target.get_mut("secret")?.as_array_mut()).flatten() {
        let id = id_of(entry).ok_or_else(|| BuildError::Job(format!("a build secret has no usable id: {entry}")))?;
        match places.get(id.as_str()) {
            Some(place) => *entry = Value::String(format!("type=file,id={id},src={place}")),
            None if is_in_checkout(entry) => {}
            None => return Err(BuildError::Job(format!("build secret `{id}` has no value"))),
        }
    }
    Ok(bake.to_string())
}

/// A secret is written as `id=name,…` or as an object.
fn id_of(entry: &Value) -> Option<String> {
    let id = match entry {
        Value::String(text) => text.split(',').find_map(|field| field.strip_prefix("id="))?,
        entry => entry.get("id")?.as_str()?,
    };
    (!id.is_empty() && !id.contains([',', '"', '\n'])).then(|| id.to_owned())
}

/// A file of the repository; the environment of the builder, the other possibility, is not ours to read.
fn is_in_checkout(entry: &Value) -> bool {
    entry.as_str().is_some_and(|text| text.split(',').any(|field| field.starts_with("src=")))
}

#[cfg(test)]
mod tests {
    use super::{bake, docker_config};
    use crate::{
        build::BuildSecret,
        domain::{registry::RegistryAuth, secret::Secret},
    };

    #[test]
    fn secrets_get_their_place_and_none_is_forgotten() {
        let secrets = [BuildSecret { id: "npm".to_owned(), value: Secret::new("x") }];
        let file = r#"{"target":{"api":{"secret":["id=npm"]},"web":{"secret":[{"id":"npm"}]}}}"#;
        let text = bake(file, &secrets, "/dev/shm/r").unwrap();
        assert_eq!(text.matches("type=file,id=npm,src=/dev/shm/r/secret-0").count(), 2, "{text}");
        assert!(bake(file, &[], "/r").unwrap_err().to_string().contains("`npm` has no value"));
        let tracked = r#"{"target":{"api":{"secret":["id=ca,src=certs/ca.pem"]}}}"#;
        assert_eq!(bake(tracked, &secrets, "/r").unwrap(), tracked);
    }

    #[test]
    fn logins_are_where_docker_looks_for_them() {
        let auth = |host: &str| RegistryAuth { host: host.to_owned(), user: "u".to_owned(), password: Secret::new("p:>") };
        let config = docker_config(&[auth("docker.io"), auth("r:5000")]);
        assert_eq!(config["auths"]["https://index.docker.io/v1/"]["auth"], "dTpwOj4=");
        assert_eq!(config["auths"]["r:5000"]["auth"], "dTpwOj4=");
    }
}
