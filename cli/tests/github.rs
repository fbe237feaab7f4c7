//! Connecting an account, against a server that answers like GitHub: exit statuses, and where a token is seen.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    path::Path,
    process::{Command, Output, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
};

const CANARY: &str = "github_pat_canary";

/// Answers each request with the next of these, and passes on what it was asked.
fn github(answers: Vec<(u16, &'static str)>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (asked, heard) = channel();
    thread::spawn(move || {
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 8192];
            let read = stream.read(&mut request).unwrap();
            asked.send(String::from_utf8_lossy(&request[..read]).into_owned()).unwrap();
            let head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
            write!(stream, "{head}x-ratelimit-remaining: 4999\r\nx-ratelimit-reset: 4102444800\r\n\r\n{body}").unwrap();
        }
    });
    (url, heard)
}

fn plimsoll(home: &Path, url: &str, variables: &[(&str, &str)], args: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plimsoll"));
    command.args(args).env("PLIMSOLL_HOME", home.join("data")).env("HOME", home).current_dir(home);
    command
        .env("PLIMSOLL_GITHUB_API", url)
        .env("PLIMSOLL_GITHUB_LOGIN", url)
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
    command.env_remove("PLIMSOLL_GITHUB_TOKEN").env_remove("PLIMSOLL_GITHUB_CLIENT_ID").envs(variables.iter().copied());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_token_is_asked_about_once_and_never_shown() {
    let home = tempfile::tempdir().unwrap();
    let (url, heard) = github(vec![(200, r#"{"login":"anna"}"#)]);
    let connected = plimsoll(home.path(), &url, &[], &["github", "connect", "--token-stdin"], &format!("{CANARY}\n"));
    assert_eq!(connected.status.code(), Some(0), "{}", said(&connected));
    assert!(said(&connected).contains("Connected to GitHub as anna.") && !said(&connected).contains(CANARY));
    let asked = heard.recv().unwrap();
    assert!(asked.starts_with("GET /user ") && asked.contains(&format!("authorization: Bearer {CANARY}")), "{asked}");
}

#[test]
fn the_variable_counts_and_says_so() {
    let home = tempfile::tempdir().unwrap();
    let (url, _heard) = github(vec![(200, r#"{"login":"anna"}"#)]);
    let status = plimsoll(home.path(), &url, &[("PLIMSOLL_GITHUB_TOKEN", CANARY)], &["github", "status", "--json"], "");
    let answer: serde_json::Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!((&answer["login"], &answer["origin"]), (&"anna".into(), &"variable".into()));
    assert_eq!(answer["requests_left"], 4999);
    assert!(!said(&status).contains(CANARY));
}

#[test]
fn what_does_not_work_has_a_code_and_a_status() {
    let home = tempfile::tempdir().unwrap();
    let (refusing, _heard) = github(vec![(401, r#"{"message":"Bad credentials"}"#)]);
    let cases: [(&str, &[&str], &str, i32, &str); 5] = [
        (&refusing, &["github", "connect", "--token-stdin"], CANARY, 1, "github_refused"),
        ("http://127.0.0.1:1/", &["github", "connect", "--token-stdin"], CANARY, 1, "github_unreachable"),
        ("http://github.example/", &["github", "connect", "--token-stdin"], CANARY, 2, "invalid_input"),
        ("http://127.0.0.1:1/", &["github", "connect"], "", 1, "settings_incomplete"),
        ("http://127.0.0.1:1/", &["github", "disconnect"], "", 3, "consent_missing"),
    ];
    for (url, args, input, status, code) in cases {
        let output = plimsoll(home.path(), url, &[], &[args, &["--json"]].concat(), input);
        let error: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((output.status.code(), error["problem"]["code"].as_str()), (Some(status), Some(code)), "{args:?}: {error}");
        assert!(!said(&output).contains(CANARY));
    }
}

#[test]
fn a_code_is_typed_at_github() {
    let home = tempfile::tempdir().unwrap();
    let code =
        r#"{"device_code":"d","user_code":"ABCD-1234","verification_uri":"https://x/login","expires_in":900,"interval":0}"#;
    let granted = r#"{"access_token":"github_pat_canary"}"#;
    let (url, heard) = github(vec![(200, code), (200, granted), (200, r#"{"login":"anna"}"#)]);
    let output = plimsoll(home.path(), &url, &[], &["github", "connect", "--client-id", "Iv1.abc"], "");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(
        said(&output).contains("type this code: ABCD-1234")
            && said(&output).contains("as anna.")
            && !said(&output).contains(CANARY)
    );
    let lines: Vec<String> = heard.iter().map(|asked| asked.lines().next().unwrap().to_owned()).collect();
    assert_eq!(lines, ["POST /login/device/code HTTP/1.1", "POST /login/oauth/access_token HTTP/1.1", "GET /user HTTP/1.1"]);
}
