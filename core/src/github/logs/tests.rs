//! Logs from another host than the API's, on real sockets.

use super::LogEnd;
use crate::github::{
    GithubError, JobId, RepositoryId, WorkflowRef,
    testing::{Server, answer},
};

fn workflow() -> WorkflowRef {
    WorkflowRef { repository: "anna/shop".parse().unwrap(), id: RepositoryId(7), file: "x.yml".to_owned() }
}

/// The log as it is fetched from a host that answers this, and what that host was asked.
async fn fetched(blob: &str) -> (Vec<u8>, LogEnd, Option<String>) {
    let store = Server::answering([blob]).await;
    let link = store.url.join("logs/5?sig=s3cret").unwrap();
    let api = Server::answering([answer(302, &format!("location: {link}\r\n"), "")]).await;
    let mut log = api.client().job_log(&workflow(), JobId(5)).await.unwrap();
    assert_eq!(api.asked()[0].line(), "GET /repos/anna/shop/actions/jobs/5/logs");
    assert_eq!(store.asked()[0].line(), "GET /logs/5?sig=s3cret");
    let mut bytes = Vec::new();
    loop {
        match log.next().await {
            Ok(chunk) => bytes.extend_from_slice(&chunk),
            Err(end) => return (bytes, end, store.asked()[0].header("authorization").map(str::to_owned)),
        }
    }
}

#[tokio::test]
async fn the_token_stays_with_github() {
    let (bytes, end, authorization) = fetched(&answer(200, "", "one\ntwo\n")).await;
    assert_eq!((bytes.as_slice(), end, authorization), (b"one\ntwo\n".as_slice(), LogEnd::Whole, None));
}

#[tokio::test]
async fn a_log_that_breaks_off_says_how_much_came() {
    let (bytes, end, _) = fetched("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\none\n").await;
    assert_eq!(bytes, b"one\n");
    assert!(matches!(&end, LogEnd::Cut { came: 4, expected: Some(9), reason } if !reason.contains("s3cret")), "{end:?}");
}

#[tokio::test]
async fn a_log_that_is_not_there_is_missing() {
    let api = Server::answering([answer(404, "", r#"{"message":"Not Found"}"#)]).await;
    assert!(matches!(api.client().job_log(&workflow(), JobId(5)).await.err(), Some(GithubError::Missing { .. })));
}

#[tokio::test]
async fn a_link_that_fails_keeps_its_signature_to_itself() {
    let gone = Server::answering([""; 0]).await.url.clone();
    for link in [format!("{gone}logs?sig=s3cret"), "ftp://x/?sig=s3cret".to_owned()] {
        let api = Server::answering([answer(302, &format!("location: {link}\r\n"), "")]).await;
        let error = api.client().job_log(&workflow(), JobId(5)).await.err().unwrap();
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    }
}
