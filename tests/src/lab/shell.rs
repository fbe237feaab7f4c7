//! Running programs, and waiting for what they bring about.
//!
//! Owns: output capture, deadlines, polling. Must never know: what a lab consists of.

use std::{
    path::Path,
    process::{Output, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    process::Command,
    time::Instant,
};

use super::LabError;

/// Longest that any single program of the lab may run.
const PROGRAM: Duration = Duration::from_secs(300);
/// Pause between two looks at something that has no event to wait for.
const POLL: Duration = Duration::from_millis(25);

/// Runs a program to its end and returns its standard output.
///
/// # Errors
/// When it cannot be started, ends with another status than 0 or takes longer than five minutes.
pub async fn run<S: AsRef<str>>(argv: &[S]) -> Result<String, LabError> {
    feed(argv, "").await
}

/// [`run`], with `input` on the program's standard input.
///
/// # Errors
/// As [`run`].
pub async fn feed<S: AsRef<str>>(argv: &[S], input: &str) -> Result<String, LabError> {
    let output = output(argv, input.as_bytes()).await?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(LabError::Command {
        command: words(argv),
        status: output.status.to_string(),
        stderr: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    })
}

/// Runs a program and returns all it said, whatever its status.
///
/// # Errors
/// When it cannot be started or takes longer than five minutes.
pub async fn output<S: AsRef<str>>(argv: &[S], input: &[u8]) -> Result<Output, LabError> {
    let io = |source| LabError::Io { what: words(argv), source };
    let (program, rest) = argv.split_first().ok_or_else(|| LabError::Unsuitable("an empty command".into()))?;
    let mut child = Command::new(program.as_ref())
        .args(rest.iter().map(AsRef::as_ref))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(io)?;
    let stdin = child.stdin.take();
    let write = async {
        if let Some(mut stdin) = stdin {
            // A program that does not read its input closes the pipe early: not an error.
            let _ = stdin.write_all(input).await;
        }
    };
    let both = async { tokio::join!(write, child.wait_with_output()).1 };
    match tokio::time::timeout(PROGRAM, both).await {
        Ok(output) => output.map_err(io),
        Err(_) => Err(LabError::Deadline { what: format!("the end of `{}`", words(argv)), within: PROGRAM, last: String::new() }),
    }
}

/// Asks until `look` says yes.
///
/// # Errors
/// When it still says no after `within`; the error carries its last reason.
pub async fn until(what: &str, within: Duration, mut look: impl AsyncFnMut() -> Result<(), String>) -> Result<(), LabError> {
    let end = Instant::now() + within;
    let mut last = String::new();
    loop {
        match tokio::time::timeout_at(end, look()).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(reason)) => last = format!(" (last: {reason})"),
            Err(_) => {}
        }
        if Instant::now() >= end {
            return Err(LabError::Deadline { what: what.to_owned(), within, last });
        }
        tokio::time::sleep(POLL).await;
    }
}

/// The status with which an HTTP server at `address` answers a GET.
pub(super) async fn status(address: &str, path: &str) -> Result<u16, String> {
    let mut stream = TcpStream::connect(address).await.map_err(|e| e.to_string())?;
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.map_err(|e| e.to_string())?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).await.map_err(|e| e.to_string())?;
    line.split_whitespace().nth(1).and_then(|code| code.parse().ok()).ok_or(line)
}

/// A path as an argument; the lab's own paths are all UTF-8.
pub(super) fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn words<S: AsRef<str>>(argv: &[S]) -> String {
    argv.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(" ")
}
