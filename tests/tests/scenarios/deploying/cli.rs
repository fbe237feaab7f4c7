//! The program itself, as a user starts it.
//!
//! Owns: finding it, its environment, what it prints. Must never know: what is deployed.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    task::JoinHandle,
};

/// Longer than any deployment of these scenarios takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(240);

/// The program, with one laptop's folder and secrets.
#[derive(Debug, Clone)]
pub(super) struct Cli {
    /// What it is given beside its own variables.
    pub(super) variables: Vec<(String, String)>,
    /// Where it is started.
    pub(super) folder: PathBuf,
}

impl Cli {
    /// One of its own variables.
    pub(super) fn variable(&self, name: &str) -> String {
        let found = self.variables.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.clone()).unwrap_or_else(|| panic!("{name} is set"))
    }

    /// The same with another value of a variable.
    pub(super) fn with(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.variables.retain(|(own, _)| own != name);
        other.variables.push((name.to_owned(), value.to_owned()));
        other
    }

    /// Runs a command to its end.
    pub(super) async fn run(&self, args: &[&str]) -> Finished {
        self.feed(args, "").await
    }

    /// [`Cli::run`] with something on standard input.
    pub(super) async fn feed(&self, args: &[&str], input: &str) -> Finished {
        let mut started = self.start(args, &[]);
        let mut stdin = started.child.stdin.take().expect("it is piped");
        // Who does not read closes early.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        started.end().await
    }

    /// Starts a command; its standard input stays open and silent.
    pub(super) fn start(&self, args: &[&str], more: &[(&str, &str)]) -> Started {
        let mut child = Command::new(program())
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .envs(more.iter().copied())
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("plimsoll starts");
        let stdout = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let mut stderr = child.stderr.take().expect("it is piped");
        let complaints = tokio::spawn(async move {
            let mut said = String::new();
            let _ = stderr.read_to_string(&mut said).await;
            said
        });
        Started { child, stdout, complaints, events: Vec::new(), what: args.join(" ") }
    }
}

/// The program under test: built together with these tests, so that its failpoints are there.
pub(super) fn program() -> PathBuf {
    let tests = std::env::current_exe().expect("a path");
    let folder = tests.parent().and_then(Path::parent).expect("target/debug");
    let program = folder.join("plimsoll");
    assert!(program.exists(), "{} is not there: `cargo test --workspace` builds it", program.display());
    program
}

/// A command that runs.
pub(super) struct Started {
    child: Child,
    stdout: Lines<BufReader<ChildStdout>>,
    complaints: JoinHandle<String>,
    events: Vec<Value>,
    what: String,
}

impl Started {
    /// Reads events until one fits.
    pub(super) async fn until(&mut self, wanted: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let reading = async {
            while let Some(event) = self.next().await {
                if fits(&event) {
                    return event;
                }
            }
            panic!("`{}` ended before {wanted}: {:#?}", self.what, self.events);
        };
        tokio::time::timeout(DEADLINE, reading).await.unwrap_or_else(|_| panic!("no {wanted} in time"))
    }

    /// Reads events until a stage begins.
    pub(super) async fn until_stage(&mut self, stage: &str) {
        self.until(stage, |event| event["type"] == "stage_started" && event["stage"] == stage).await;
    }

    /// Reads events until a step begins.
    pub(super) async fn until_step(&mut self, step: &str) {
        self.until(step, |event| event["type"] == "step_started" && event["step"] == step).await;
    }

    /// Sends it a signal, e.g. `INT`.
    pub(super) fn signal(&self, name: &str) {
        let pid = self.child.id().expect("it runs").to_string();
        let sent = std::process::Command::new("kill").args([&format!("-{name}"), &pid]).status().expect("kill starts");
        assert!(sent.success());
    }

    /// Whether it has ended.
    pub(super) fn is_over(&mut self) -> bool {
        self.child.try_wait().expect("it can be waited for").is_some()
    }

    /// Waits for its end.
    pub(super) async fn end(mut self) -> Finished {
        let waiting = async {
            while self.next().await.is_some() {}
            self.child.wait().await.expect("it can be waited for")
        };
        let status = tokio::time::timeout(DEADLINE, waiting).await.unwrap_or_else(|_| panic!("`{}` does not end", self.what));
        let complaints = self.complaints.await.expect("it is read");
        Finished { exit: status.code(), events: self.events, complaints, what: self.what }
    }

    async fn next(&mut self) -> Option<Value> {
        let line = self.stdout.next_line().await.expect("it is UTF-8")?;
        let event = serde_json::from_str(&line).unwrap_or(Value::String(line));
        self.events.push(event.clone());
        Some(event)
    }
}

/// A command that ended.
#[derive(Debug)]
pub(super) struct Finished {
    /// Its exit status; `None` if a signal ended it.
    pub(super) exit: Option<i32>,
    /// Its lines: JSON, or text as a JSON string.
    pub(super) events: Vec<Value>,
    /// Standard error.
    pub(super) complaints: String,
    what: String,
}

impl Finished {
    /// The last line.
    pub(super) fn last(&self) -> &Value {
        self.events.last().unwrap_or(&Value::Null)
    }

    /// `status` of the last line.
    pub(super) fn status(&self) -> &str {
        self.last()["status"].as_str().unwrap_or("")
    }

    /// `release` of the last line.
    pub(super) fn release(&self) -> String {
        self.last()["release"].as_str().unwrap_or("").to_owned()
    }

    /// The problem's code, its title and its detail; it has a hint.
    pub(super) fn problem(&self) -> (&str, String) {
        let problem = &self.last()["problem"];
        let field = |name: &str| problem[name].as_str().unwrap_or("");
        assert!(!problem.is_null(), "no problem: {self:#?}");
        assert!(!field("hint").is_empty() && !field("title").is_empty(), "{self:#?}");
        (field("code"), format!("{}: {}", field("title"), field("detail")))
    }

    /// It ended so.
    pub(super) fn is(self, exit: i32, status: &str) -> Self {
        assert_eq!((self.exit, self.status()), (Some(exit), status), "{}: {self:#?}", self.what);
        self
    }

    /// It was refused or failed so.
    pub(super) fn fails(self, exit: i32, code: &str) -> Self {
        assert_eq!((self.exit, self.problem().0), (Some(exit), code), "{}: {self:#?}", self.what);
        self
    }

    /// It did what it should.
    pub(super) fn ok(self) -> Self {
        assert_eq!(self.exit, Some(0), "{}: {self:#?}", self.what);
        self
    }
}
