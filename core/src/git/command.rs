//! Running `git`: argv only, a clean environment, a deadline.
//!
//! Owns: which configuration and variables git sees. Must never know: what is asked of it.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{io::AsyncWriteExt as _, process::Command, time::timeout};

use super::GitError;

/// Long enough for a status of a large work tree on a slow disk.
const DEADLINE: Duration = Duration::from_secs(60);

/// Settings that keep git from starting programs or reaching the network, whatever the repository's configuration says.
const SETTINGS: &[(&str, &str)] = &[
    ("core.fsmonitor", "false"),
    ("core.hooksPath", "/dev/null"),
    ("core.pager", "cat"),
    ("core.askPass", ""),
    ("core.sshCommand", "false"),
    ("core.quotePath", "false"),
    ("credential.helper", ""),
    ("diff.external", ""),
    ("gc.auto", "0"),
    ("i18n.logOutputEncoding", "UTF-8"),
    ("log.showSignature", "false"),
    ("maintenance.auto", "false"),
    ("pack.packSizeLimit", "0"),
    ("protocol.allow", "never"),
    ("protocol.ext.allow", "never"),
];

/// How git is called in one repository.
#[derive(Debug, Clone)]
pub(super) struct Git {
    dir: PathBuf,
    git_dir: Option<PathBuf>,
    filters: Vec<String>,
}

/// A finished git.
pub(super) struct Answer {
    pub(super) status: i32,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

impl Git {
    /// Git in a folder; it finds the repository itself.
    pub(super) fn at(dir: &Path) -> Self {
        Self { dir: dir.to_owned(), git_dir: None, filters: Vec::new() }
    }

    /// Git in a repository whose git folder is known, with the folder as its work tree.
    pub(super) fn with(dir: &Path, git_dir: &Path) -> Self {
        Self { dir: dir.to_owned(), git_dir: Some(git_dir.to_owned()), filters: Vec::new() }
    }

    /// The same with these clean and smudge filters switched off: they are programs.
    pub(super) fn without_filters(mut self, filters: Vec<String>) -> Self {
        self.filters = filters;
        self
    }

    /// A git that can be configured further before it is started.
    pub(super) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("git");
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("GIT_") {
                command.env_remove(name);
            }
        }
        command
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_LITERAL_PATHSPECS", "1")
            .env("LC_ALL", "C")
            .env_remove("SSH_ASKPASS");
        self.configure(&mut command);
        if let Some(git_dir) = &self.git_dir {
            command.arg("--git-dir").arg(git_dir).arg("--work-tree").arg(&self.dir);
        }
        command.args(args).current_dir(&self.dir).stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    fn configure(&self, command: &mut Command) {
        let filters = self.filters.iter().flat_map(|name| {
            [("clean", ""), ("smudge", ""), ("process", ""), ("required", "false")]
                .map(|(key, value)| (format!("filter.{name}.{key}"), value))
        });
        let all = SETTINGS.iter().map(|(key, value)| ((*key).to_owned(), *value)).chain(filters);
        let mut count = 0;
        for (key, value) in all {
            command.env(format!("GIT_CONFIG_KEY_{count}"), key).env(format!("GIT_CONFIG_VALUE_{count}"), value);
            count += 1;
        }
        command.env("GIT_CONFIG_COUNT", count.to_string());
    }

    /// Runs git to its end; a status other than 0 is an error.
    pub(super) async fn run(&self, args: &[&str]) -> Result<Vec<u8>, GitError> {
        checked(args, self.ask(args, b"").await?)
    }

    /// The same, feeding it.
    pub(super) async fn feed(&self, args: &[&str], stdin: &[u8]) -> Result<Vec<u8>, GitError> {
        checked(args, self.ask(args, stdin).await?)
    }

    /// The same as text without the line's end.
    pub(super) async fn text(&self, args: &[&str]) -> Result<String, GitError> {
        self.run(args).await.map(|bytes| line(&bytes))
    }

    /// Runs git to its end, whatever its status.
    pub(super) async fn ask(&self, args: &[&str], stdin: &[u8]) -> Result<Answer, GitError> {
        finish(args, self.command(args), stdin).await
    }
}

/// Runs a prepared git to its end, whatever its status.
pub(super) async fn finish(args: &[&str], mut command: Command, stdin: &[u8]) -> Result<Answer, GitError> {
    if !stdin.is_empty() {
        command.stdin(Stdio::piped());
    }
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(spawning)?;
    let pipe = child.stdin.take();
    let write = async {
        if let Some(mut pipe) = pipe {
            // A git that ends early closes its input; its status says why.
            let _ = pipe.write_all(stdin).await;
        }
    };
    let both = async { tokio::join!(write, child.wait_with_output()).1 };
    let output = timeout(DEADLINE, both)
        .await
        .map_err(|_| GitError::TimedOut { command: verb(args), seconds: DEADLINE.as_secs() })?
        .map_err(GitError::io("reading from git"))?;
    Ok(Answer { status: output.status.code().unwrap_or(-1), stdout: output.stdout, stderr: output.stderr })
}

/// An answer's output, if its status is 0.
pub(super) fn checked(args: &[&str], answer: Answer) -> Result<Vec<u8>, GitError> {
    if answer.status == 0 { Ok(answer.stdout) } else { Err(failed(args, answer.status, &answer.stderr)) }
}

/// The error for a git that ended badly.
pub(super) fn failed(args: &[&str], status: i32, stderr: &[u8]) -> GitError {
    GitError::Failed { command: verb(args), status, stderr: String::from_utf8_lossy(stderr).trim().to_owned() }
}

/// The error for output that makes no sense.
pub(super) fn unexpected(command: &str, output: &[u8]) -> GitError {
    let output: String = String::from_utf8_lossy(output).chars().take(200).collect();
    GitError::Unexpected { command: command.to_owned(), output }
}

/// The error for a git that could not be started.
pub(super) fn spawning(error: std::io::Error) -> GitError {
    match error.kind() {
        std::io::ErrorKind::NotFound => GitError::ToolMissing(error),
        _ => GitError::Io { what: "starting git".to_owned(), source: error },
    }
}

/// One line of output, its end removed and nothing else: names may end in blanks.
pub(super) fn line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.strip_suffix('\n').unwrap_or(&text).to_owned()
}

fn verb(args: &[&str]) -> String {
    args.first().copied().unwrap_or_default().to_owned()
}
