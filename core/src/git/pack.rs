//! Packs: one commit's content on its way to another machine.
//!
//! Owns: which objects travel. Must never know: where to.
//!
//! Only the commit itself travels, without its history: builders need none. The receiver must therefore hold
//! the commit in its `shallow` file.

use std::process::Stdio;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::{Child, ChildStdout},
};

use super::{GitError, Repo, command};
use crate::domain::commit::CommitId;

/// A running `git pack-objects`. Dropping it ends it.
pub struct Pack {
    /// The pack's bytes.
    pub stdout: ChildStdout,
    child: Child,
}

const ARGS: &[&str] = &["pack-objects", "--revs", "--thin", "--stdout", "--delta-base-offset", "--shallow", "-q"];

impl Repo {
    /// A thin pack that turns a machine that has `haves` (each without its history) into one that has `commit`, without
    /// its history. Those of `haves` that this repository lacks are ignored.
    ///
    /// # Errors
    /// When git cannot be started.
    pub async fn pack(&self, commit: &CommitId, haves: &[CommitId]) -> Result<Pack, GitError> {
        let revisions = revisions(commit, &self.known(haves).await?);
        let mut command = self.git.command(ARGS);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(command::spawning)?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(revisions.as_bytes()).await.map_err(GitError::io("writing to git pack-objects"))?;
        }
        let missing = || GitError::io("reading from git pack-objects")(std::io::ErrorKind::BrokenPipe.into());
        let stdout = child.stdout.take().ok_or_else(missing)?;
        Ok(Pack { stdout, child })
    }

    /// Those of some commits that this repository holds.
    async fn known(&self, commits: &[CommitId]) -> Result<Vec<CommitId>, GitError> {
        if commits.is_empty() {
            return Ok(Vec::new());
        }
        let questions: String = commits.iter().map(|id| format!("{id}\n")).collect();
        let answer = self.git.feed(&["cat-file", "--batch-check=%(objecttype)"], questions.as_bytes()).await?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        Ok(commits.iter().zip(answer.lines()).filter(|(_, line)| *line == "commit").map(|(id, _)| id.clone()).collect())
    }
}

/// `--shallow` makes git treat a commit as if it had no parents.
fn revisions(commit: &CommitId, haves: &[CommitId]) -> String {
    let mut lines = format!("--shallow {commit}\n");
    for have in haves {
        lines.push_str(&format!("--shallow {have}\n"));
    }
    lines.push_str(&format!("{commit}\n"));
    for have in haves {
        lines.push_str(&format!("^{have}\n"));
    }
    lines
}

impl Pack {
    /// Waits for git to end after its output was read.
    ///
    /// # Errors
    /// When it reports an error, such as an object that is missing here.
    pub async fn finish(mut self) -> Result<(), GitError> {
        drop(self.stdout);
        let mut stderr = Vec::new();
        if let Some(pipe) = self.child.stderr.take() {
            let read = pipe.take(64 << 10).read_to_end(&mut stderr).await;
            read.map_err(GitError::io("reading from git pack-objects"))?;
        }
        let status = self.child.wait().await.map_err(GitError::io("waiting for git pack-objects"))?;
        if status.success() { Ok(()) } else { Err(command::failed(ARGS, status.code().unwrap_or(-1), &stderr)) }
    }
}
