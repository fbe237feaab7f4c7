//! Tokens that end, and two programs that want the next one.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{Grant, KeptToken, Renewal, Vault};
use crate::{
    domain::secret::Secret,
    github::{
        GithubError, Login, Tokens,
        testing::{Server, answer},
    },
    secrets::{MemorySecrets, SecretKey},
};

const NEXT: &str = r#"{"access_token":"second","expires_in":28800,"refresh_token":"r2"}"#;

fn vault() -> Vault {
    let key = SecretKey::github("api.github.com");
    Vault { keychain: Arc::new(MemorySecrets::default()), memory: Arc::new(MemorySecrets::default()), key }
}

fn ending_in(minutes: i64) -> Grant {
    let expires = Some(Timestamp::now() + SignedDuration::from_mins(minutes));
    let renewal = Some(Renewal { token: Secret::new("r1"), client_id: "Iv1.abc".to_owned() });
    Grant { access: Secret::new("first"), expires, renewal }
}

fn program(vault: &Vault, server: &Server, folder: &tempfile::TempDir) -> KeptToken {
    let login = Login::new(server.url.clone()).unwrap();
    KeptToken { vault: vault.clone(), login, lock: folder.path().join("github.lock") }
}

#[tokio::test]
async fn what_is_kept_comes_back_and_goes() {
    let (vault, grant) = (vault(), ending_in(60));
    assert!(!vault.forget().await.unwrap());
    assert!(vault.keep(&grant).await.is_none());
    assert_eq!(vault.load().await.unwrap(), Some(grant));
    assert!(vault.forget().await.unwrap());
    assert_eq!(vault.load().await.unwrap(), None);
}

#[tokio::test]
async fn an_entry_of_somebody_else_is_not_shown() {
    let vault = vault();
    vault.keychain.set(&vault.key, &Secret::new("canary, no JSON")).await.unwrap();
    let error = vault.load().await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("canary"));
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends_and_not_earlier() {
    let (vault, folder) = (vault(), tempfile::tempdir().unwrap());
    let server = Server::answering([answer(200, "", NEXT)]).await;
    let tokens = program(&vault, &server, &folder);
    assert_eq!(tokens.token().await, Err(GithubError::NotConnected));
    vault.keep(&ending_in(6)).await;
    let first = tokens.token().await.unwrap();
    assert_eq!((first.secret.reveal(), server.asked().len()), ("first", 0));
    vault.keep(&ending_in(4)).await;
    let second = tokens.token().await.unwrap();
    assert_eq!(second.secret.reveal(), "second");
    assert_ne!(first.generation, second.generation);
    assert_eq!(vault.load().await.unwrap().unwrap().renewal.unwrap().token, Secret::new("r2"));
}

#[tokio::test]
async fn two_programs_renew_once() {
    let (vault, folder) = (vault(), tempfile::tempdir().unwrap());
    let server = Server::answering([answer(200, "", NEXT)]).await;
    vault.keep(&ending_in(1)).await;
    let (one, other) = (program(&vault, &server, &folder), program(&vault, &server, &folder));
    let (one, other) = tokio::join!(one.token(), other.token());
    assert_eq!((one.unwrap().secret.reveal(), other.unwrap().secret.reveal()), ("second", "second"));
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_refused_token_is_replaced_by_what_another_program_got_or_renewed() {
    let (vault, folder) = (vault(), tempfile::tempdir().unwrap());
    let server = Server::answering([answer(200, "", NEXT)]).await;
    let tokens = program(&vault, &server, &folder);
    vault.keep(&ending_in(60)).await;
    let first = tokens.token().await.unwrap();
    let second = tokens.refused(&first).await.unwrap().unwrap();
    assert_eq!((second.secret.reveal(), server.asked().len()), ("second", 1));
    assert_eq!(tokens.refused(&first).await.unwrap(), Some(second.clone()));
    assert_eq!(server.asked().len(), 1, "what another program got is taken");
    vault.keep(&Grant::of(second.secret.clone())).await;
    assert_eq!(tokens.refused(&second).await.unwrap(), None, "nobody renews what a person made");
}
