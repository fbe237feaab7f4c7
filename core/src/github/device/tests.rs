//! The device flow against a server on a real socket.

use std::{sync::Mutex, time::Duration};

use jiff::Timestamp;

use super::{Grant, Login, Renewal};
use crate::{
    domain::secret::Secret,
    github::{
        GithubError,
        testing::{Server, answer},
    },
};

const CODE: &str = r#"{"device_code":"d3vice","user_code":"ABCD-1234","verification_uri":"https://github.com/login/device",
  "expires_in":900,"interval":5}"#;
const GRANTED: &str = r#"{"access_token":"gho_canary","token_type":"bearer","scope":"repo"}"#;

fn says(error: &str) -> String {
    answer(200, "", &format!(r#"{{"error":"{error}","error_description":"in words"}}"#))
}

/// What comes of a login when GitHub answers this, and the pauses in seconds.
async fn login(code: &str, answers: Vec<String>) -> (Result<Grant, GithubError>, Vec<u64>, Vec<String>) {
    let server = Server::answering([vec![answer(200, "", code)], answers].concat()).await;
    let (login, pauses) = (Login::new(server.url.clone()).unwrap(), Mutex::new(Vec::new()));
    let begun = login.begin("Iv1.abc").await.unwrap();
    assert_eq!(begun.user_code, "ABCD-1234");
    assert!(!format!("{begun:?}").contains("d3vice"));
    let granted = login.granted(begun, async |pause: Duration| pauses.lock().unwrap().push(pause.as_secs())).await;
    let pauses = pauses.lock().unwrap().clone();
    (granted, pauses, server.asked().into_iter().map(|asked| asked.body).collect())
}

#[tokio::test]
async fn it_waits_for_the_person_as_slowly_as_github_wants() {
    let answers = ["authorization_pending", "slow_down", "authorization_pending", "slow_down"].map(says);
    let answers = answers.into_iter().chain([answer(502, "", "bad gateway"), answer(200, "", GRANTED)]).collect();
    let (granted, pauses, asked) = login(CODE, answers).await;
    assert_eq!(granted, Ok(Grant::of(Secret::new("gho_canary"))));
    assert_eq!(pauses, [5, 5, 10, 10, 15, 15]);
    assert!(asked[0].contains("Iv1.abc") && asked[1].contains("d3vice") && asked[1].contains("device_code"));
}

#[tokio::test]
async fn a_no_and_a_code_that_ended_are_told_apart() {
    for (error, words) in [("access_denied", "denied"), ("expired_token", "in time"), ("device_flow_disabled", "in words")] {
        let (granted, ..) = login(CODE, vec![says("authorization_pending"), says(error)]).await;
        assert!(matches!(granted, Err(GithubError::NotGranted { reason }) if reason.contains(words)), "{error}");
    }
}

#[tokio::test]
async fn a_github_that_is_gone_is_not_waited_for_longer_than_the_code_lasts() {
    let (granted, pauses, _) = login(&CODE.replace("900", "0"), vec![answer(503, "", "")]).await;
    assert!(matches!(granted, Err(GithubError::NotGranted { .. })));
    assert_eq!(pauses, [5]);
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_not_quoted() {
    let (granted, ..) = login(CODE, vec![answer(200, "", r#"{"access_token":["gho_canary"]}"#)]).await;
    let error = granted.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("gho_canary"), "{error}");
}

#[tokio::test]
async fn a_token_that_ends_comes_with_what_renews_it() {
    let next = r#"{"access_token":"ghu_2","expires_in":28800,"refresh_token":"ghr_2","refresh_token_expires_in":15897600}"#;
    let server = Server::answering([answer(200, "", next), says("bad_refresh_token")]).await;
    let login = Login::new(server.url.clone()).unwrap();
    let old = Renewal { token: Secret::new("ghr_1"), client_id: "Iv1.abc".to_owned() };
    let grant = login.renew(&old).await.unwrap();
    let hours = grant.expires.unwrap().duration_since(Timestamp::now()).as_hours();
    assert_eq!((grant.renewal.unwrap().token, hours), (Secret::new("ghr_2"), 7));
    assert!(server.asked()[0].body.contains(r#""refresh_token":"ghr_1""#));
    assert!(matches!(login.renew(&old).await, Err(GithubError::NotGranted { .. })));
}
