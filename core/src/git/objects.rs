//! Reading many objects through one `git cat-file`.
//!
//! Owns: that process and what it answers. Must never know: what the objects mean.
//!
//! Starting git takes longer than reading a file with it, and a project is read file by file.

use std::{process::Stdio, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    process::{Child, ChildStdin, ChildStdout},
    sync::Mutex,
    time::timeout,
};

use super::{
    GitError,
    command::{Git, spawning, unexpected},
};

const ARGS: &[&str] = &["cat-file", "--batch", "--follow-symlinks"];
/// Long enough for the largest file that is read whole, on a slow disk.
const DEADLINE: Duration = Duration::from_secs(60);

/// The objects of one repository. The process is started by the first question and ends with the last clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Objects(Arc<Mutex<Option<Reader>>>);

impl Objects {
    /// The content of a blob, by its id or as `commit:path`, links inside the commit followed; `None` if there is none.
    ///
    /// # Errors
    /// [`GitError::TooLarge`] beyond `cap` bytes.
    pub(super) async fn blob(&self, git: &Git, name: &str, cap: u64) -> Result<Option<Vec<u8>>, GitError> {
        let mut kept = self.0.lock().await;
        let mut reader = match kept.take() {
            Some(reader) => reader,
            None => Reader::start(git)?,
        };
        let slow = |_| GitError::TimedOut { command: ARGS[0].to_owned(), seconds: DEADLINE.as_secs() };
        let answer = timeout(DEADLINE, reader.ask(name, cap)).await.map_err(slow)?;
        // One that failed or was left in the middle of an answer is not asked again: dropping it ends it.
        if answer.is_ok() {
            *kept = Some(reader);
        }
        answer
    }
}

#[derive(Debug)]
struct Reader {
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    _child: Child,
}

impl Reader {
    fn start(git: &Git) -> Result<Self, GitError> {
        let mut command = git.command(ARGS);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(spawning)?;
        let closed = || failed(std::io::ErrorKind::BrokenPipe.into());
        let (stdin, stdout) = (child.stdin.take().ok_or_else(closed)?, child.stdout.take().ok_or_else(closed)?);
        Ok(Self { stdin, stdout: BufReader::new(stdout), _child: child })
    }

    async fn ask(&mut self, name: &str, cap: u64) -> Result<Option<Vec<u8>>, GitError> {
        self.stdin.write_all(format!("{name}\n").as_bytes()).await.map_err(failed)?;
        let mut head = Vec::new();
        self.stdout.read_until(b'\n', &mut head).await.map_err(failed)?;
        let head = String::from_utf8_lossy(&head).into_owned();
        if head.ends_with(" missing\n") {
            return Ok(None);
        }
        let size = head.trim_end().rsplit(' ').next().and_then(|size| size.parse().ok());
        let size: u64 = size.ok_or_else(|| unexpected(ARGS[0], head.as_bytes()))?;
        let is_blob = head.split(' ').nth(1) == Some("blob");
        if is_blob && size > cap {
            return Err(GitError::TooLarge { path: path(name).to_owned(), size, cap });
        }
        let content = self.content(size).await?;
        Ok(is_blob.then_some(content))
    }

    /// So many bytes and the end of the line behind them.
    async fn content(&mut self, size: u64) -> Result<Vec<u8>, GitError> {
        let mut content = Vec::new();
        (&mut self.stdout).take(size + 1).read_to_end(&mut content).await.map_err(failed)?;
        match content.pop() {
            Some(b'\n') if content.len() as u64 == size => Ok(content),
            _ => Err(failed(std::io::ErrorKind::UnexpectedEof.into())),
        }
    }
}

fn failed(error: std::io::Error) -> GitError {
    GitError::io("reading from git cat-file")(error)
}

/// Of `commit:path` the path.
fn path(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, path)| path)
}
