//! Real files, real helper processes.

use std::process::Command;

use tempfile::TempDir;

use super::{DockerLogin, DockerLogins, SecretsError};
use crate::domain::secret::Secret;

struct Docker {
    dir: TempDir,
    logins: DockerLogins,
}

fn docker(config: &str) -> Docker {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("config.json"), config).unwrap();
    let logins = DockerLogins::at(dir.path().join("config.json"), dir.path());
    Docker { dir, logins }
}

impl Docker {
    fn helper(self, name: &str, script: &str) -> Self {
        let (draft, path) = (self.dir.path().join("draft"), self.dir.path().join(format!("docker-credential-{name}")));
        std::fs::write(&draft, format!("#!/bin/sh\n{script}\n")).unwrap();
        // Another process writes the program: one that this process has open for writing, a fork of another test
        // included, cannot be executed.
        assert!(Command::new("install").args(["-m", "755"]).args([draft, path]).status().unwrap().success());
        self
    }
}

fn ann() -> Option<DockerLogin> {
    Some(DockerLogin { user: "ann".into(), password: Secret::new("p:w") })
}

/// Answers for one host only, and only when asked with `get`.
const HELPER: &str = r#"[ "$1" = get ] && [ "$(cat)" = reg.test:5000 ] || exit 1
printf '{"ServerURL":"reg.test:5000","Username":"ann","Secret":"p:w"}'"#;

#[tokio::test]
async fn the_helper_of_the_host_is_asked_on_its_standard_input() {
    let docker = docker(r#"{"credHelpers":{"reg.test:5000":"one"}}"#).helper("one", HELPER);
    assert_eq!(docker.logins.get("reg.test:5000").await, Ok(ann()));
    assert_eq!(docker.logins.get("other.test").await, Ok(None));
}

#[tokio::test]
async fn the_store_is_asked_for_every_host() {
    let docker = docker(r#"{"credsStore":"all"}"#).helper("all", HELPER);
    assert_eq!(docker.logins.get("reg.test:5000").await, Ok(ann()));
    assert_eq!(docker.logins.get("other.test").await, Ok(None));
}

#[tokio::test]
async fn what_docker_stored_itself_is_read() {
    // ann:p:w
    let docker = docker(r#"{"auths":{"https://index.docker.io/v1/":{"auth":"YW5uOnA6dw=="},"x.test":{}}}"#);
    assert_eq!(docker.logins.get("docker.io").await, Ok(ann()));
    assert_eq!(docker.logins.get("x.test").await, Ok(None));
}

#[tokio::test]
async fn an_identity_token_is_no_password() {
    let answer = r#"printf '{"Username":"<token>","Secret":"abc"}'"#;
    let docker = docker(r#"{"credsStore":"all"}"#).helper("all", answer);
    assert_eq!(docker.logins.get("reg.test").await, Ok(None));
}

#[tokio::test]
async fn a_missing_helper_is_named_and_a_path_is_no_helper() {
    let missing = docker(r#"{"credsStore":"gone"}"#);
    let error = missing.logins.get("x.test").await.unwrap_err();
    assert!(error.to_string().starts_with("docker-credential-gone: "), "{error}");
    let path = docker(r#"{"credsStore":"../../bin/sh"}"#);
    let error = path.logins.get("x.test").await.unwrap_err();
    assert_eq!(error, SecretsError::Docker("docker-credential-../../bin/sh: is no name of a helper".into()));
}

#[tokio::test]
async fn a_broken_file_is_refused_without_quoting_it() {
    let docker = docker("{\"auths\":{\"x\":{\"auth\":\"canary\"},}}");
    let error = docker.logins.get("x").await.unwrap_err().to_string();
    assert!(error.contains("line 1") && !error.contains("canary"), "{error}");
}

#[tokio::test]
async fn without_docker_there_is_no_login() {
    assert_eq!(DockerLogins::at("/nonexistent/config.json", "/nonexistent").get("x").await, Ok(None));
}
