//! Runs against a server on a real socket.

use std::collections::BTreeMap;

use super::{Cancelled, Dispatch, Dispatched, WorkflowRef, jobs, run, runs};
use crate::{
    domain::secret::Secret,
    github::{
        Attempt, Class, Conclusion, Fresh, GithubError, RepositoryId, RunId, RunStatus, Token, Word,
        testing::{Given, Server, answer, client_of},
    },
    problem::{Code, Problem},
};

fn workflow() -> WorkflowRef {
    WorkflowRef { repository: "anna/shop".parse().unwrap(), id: RepositoryId(7), file: "plimsoll-production.yml".to_owned() }
}

fn order() -> Dispatch {
    Dispatch { git_ref: "main".to_owned(), inputs: BTreeMap::from([("nonce".to_owned(), "abc".to_owned())]) }
}

const NO: &str = r#"{"message":"no"}"#;

async fn dispatched(text: &str) -> (Dispatched, usize) {
    let server = Server::answering([text]).await;
    let dispatched = server.client().dispatch(&workflow(), &order()).await;
    (dispatched, server.asked().len())
}

#[tokio::test]
async fn a_run_that_was_started_has_its_number() {
    let server = Server::answering([answer(200, "", r#"{"workflow_run_id":42,"run_url":"u","html_url":"h"}"#)]).await;
    assert_eq!(server.client().dispatch(&workflow(), &order()).await, Dispatched::Started(RunId(42)));
    let asked = server.asked();
    assert_eq!(asked[0].line(), "POST /repos/anna/shop/actions/workflows/plimsoll-production.yml/dispatches");
    assert_eq!(asked[0].body, r#"{"inputs":{"nonce":"abc"},"ref":"main"}"#);
    assert_eq!(asked[0].header("x-github-api-version"), Some("2026-03-10"));
    assert_eq!(asked[0].header("authorization"), Some("Bearer t0ken-canary"));
    assert_eq!(dispatched(&answer(204, "", "")).await.0, Dispatched::Accepted);
}

#[tokio::test]
async fn only_a_proof_says_that_nothing_runs() {
    for status in [401, 403, 404, 422] {
        assert!(matches!(dispatched(&answer(status, "", NO)).await, (Dispatched::Refused(_), 1)), "{status}");
    }
    let client = {
        let gone = Server::answering([""; 0]).await;
        gone.client()
    };
    assert!(matches!(client.dispatch(&workflow(), &order()).await, Dispatched::Refused(GithubError::Unreachable { .. })));
}

#[tokio::test]
async fn whatever_else_comes_back_may_run_and_is_sent_once() {
    let lost = [
        String::new(),
        "HTTP/1.1 200 O".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{\"workflow_run".to_owned(),
        answer(200, "", r#"{"else":1}"#),
        answer(301, "location: /repositories/7/x\r\n", NO),
        answer(307, "location: /repositories/7/x\r\n", NO),
        answer(403, "", "<html>a proxy</html>"),
        answer(429, "", NO),
        answer(500, "", NO),
        answer(502, "", "bad gateway"),
    ];
    for text in lost {
        let (dispatched, sent) = dispatched(&text).await;
        assert!(matches!(dispatched, Dispatched::Unknown(_)) && sent == 1, "{text}: {dispatched:?}, sent {sent} times");
    }
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let tokens = ["old", "new"].map(|text| Token { secret: Secret::new(text), generation: 1 });
    let server = Server::answering([answer(401, "", NO), answer(204, "", "")]).await;
    let client = client_of(server.url.clone(), Given(tokens.to_vec()));
    assert_eq!(client.dispatch(&workflow(), &order()).await, Dispatched::Accepted);
    assert_eq!(server.asked()[1].header("authorization"), Some("Bearer new"));
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let text = answer(403, "x-accepted-github-permissions: actions=write\r\n", NO);
    let (Dispatched::Refused(error), _) = dispatched(&text).await else { panic!("it was not refused") };
    let problem = Problem::from(error);
    assert_eq!((problem.code, problem.title.as_str()), (Code::GithubPermission, "The token lacks Actions: write"));
    assert!(!format!("{problem:?}").contains("canary"));
}

#[tokio::test]
async fn a_limit_holds_back_the_next_request_without_sending_it() {
    let server = Server::answering([answer(403, "retry-after: 30\r\n", NO)]).await;
    let client = server.client();
    assert!(matches!(client.read(&run(&workflow(), RunId(1)), Class::Idle).await, Err(GithubError::Limited { status: 403, .. })));
    assert!(matches!(client.account().await, Err(GithubError::Held { wait }) if wait.as_secs() <= 30));
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_used_up_hour_ends_by_githubs_clock() {
    let reset = "date: Thu, 01 Jan 2015 00:00:00 GMT\r\nx-ratelimit-remaining: 0\r\nx-ratelimit-reset: 1420070500\r\n";
    let server = Server::answering([answer(200, reset, r#"{"login":"anna"}"#)]).await;
    let client = server.client();
    client.account().await.unwrap();
    assert!(matches!(client.account().await, Err(GithubError::Held { wait }) if (95..=100).contains(&wait.as_secs())));
}

const JOBS: &str = r#"{"total_count":1,"jobs":[{"id":5,"name":"build api","status":"completed","conclusion":"failure",
  "started_at":"2026-11-20T10:00:00Z","completed_at":"2026-11-20T10:01:00Z","runner_name":"r","steps":[
  {"number":1,"name":"Check out","status":"in_progress","conclusion":"brand_new","started_at":null,"completed_at":null}]}]}"#;

#[tokio::test]
async fn jobs_are_read_and_words_of_tomorrow_are_kept() {
    let server = Server::answering([answer(200, "", JOBS)]).await;
    let read = server.client().read(&jobs(&workflow(), RunId(42), Attempt(2)), Class::Active).await.unwrap();
    assert_eq!(server.asked()[0].line(), "GET /repos/anna/shop/actions/runs/42/attempts/2/jobs?per_page=100");
    let job = &read.jobs[0];
    assert_eq!((&job.status, &job.conclusion), (&RunStatus::Completed, &Some(Conclusion::Failure)));
    assert_eq!(job.steps[0].conclusion, Some(Conclusion::Other(Word("brand_new".to_owned()))));
}

#[tokio::test]
async fn what_was_remembered_is_no_news_and_what_was_not_is() {
    let page = r#"{"total_count":0,"workflow_runs":[]}"#;
    let unchanged = "HTTP/1.1 304 Not Modified\r\nconnection: close\r\n\r\n".to_owned();
    let with_tag = || answer(200, "etag: \"one\"\r\n", page);
    let server = Server::answering([with_tag(), with_tag(), unchanged, answer(200, "", page)]).await;
    let (client, read) = (server.client(), runs(&workflow()));
    assert!(matches!(client.look(&read, Class::Idle).await, Ok(Fresh::New(..))));
    let Ok(Fresh::New(_, mark)) = client.look(&read, Class::Idle).await else { panic!("it was never remembered") };
    client.remember(mark).await;
    assert_eq!(client.look(&read, Class::Idle).await, Ok(Fresh::Same));
    assert!(matches!(client.look(&read, Class::Idle).await, Ok(Fresh::New(..))), "the validator went");
    let conditions: Vec<_> = server.asked().iter().map(|asked| asked.header("if-none-match").map(str::to_owned)).collect();
    assert_eq!(conditions, [None, None, Some("\"one\"".to_owned()), Some("\"one\"".to_owned())]);
}

#[tokio::test]
async fn an_answer_without_validator_is_known_by_its_content() {
    let pages = [r#"{"total_count":0,"workflow_runs":[]}"#, r#"{"total_count":1,"workflow_runs":[]}"#];
    let server = Server::answering([pages[0], pages[0], pages[1]].map(|page| answer(200, "", page))).await;
    let (client, read) = (server.client(), runs(&workflow()));
    let Ok(Fresh::New(_, mark)) = client.look(&read, Class::Idle).await else { panic!("it is new") };
    client.remember(mark).await;
    assert_eq!(client.look(&read, Class::Idle).await, Ok(Fresh::Same));
    assert!(matches!(client.look(&read, Class::Idle).await, Ok(Fresh::New(..))));
}

#[tokio::test]
async fn an_end_and_another_attempt_are_asked_for() {
    let server = Server::answering([answer(202, "", "{}"), answer(409, "", NO), answer(201, "", "{}")]).await;
    let client = server.client();
    assert_eq!(client.cancel(&workflow(), RunId(42)).await, Ok(Cancelled::Asked));
    assert_eq!(client.cancel(&workflow(), RunId(42)).await, Ok(Cancelled::Ended));
    assert_eq!(client.rerun_failed(&workflow(), RunId(42)).await, Ok(()));
    let lines: Vec<_> = server.asked().iter().map(|asked| asked.line().to_owned()).collect();
    let of_run = |act: &str| format!("POST /repos/anna/shop/actions/runs/42/{act}");
    assert_eq!(lines, [of_run("cancel"), of_run("cancel"), of_run("rerun-failed-jobs")]);
}
