//! How a repository stands: its head, what is under way, what is not committed.
//!
//! Owns: reading that. Must never know: whether it matters.

use std::{fmt, path::Path};

use super::{GitError, Repo, command::unexpected};
use crate::domain::commit::CommitId;

/// How a repository stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Where its head is.
    pub head: Head,
    /// What is under way.
    pub operation: Option<Operation>,
    /// Tracked files that differ from the head, staged or not.
    pub changed: usize,
    /// Files with unresolved conflicts.
    pub unmerged: usize,
    /// Files and folders that are neither tracked nor ignored.
    pub untracked: usize,
}

/// Where a repository's head is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Head {
    /// On a branch without commits.
    Unborn { branch: String },
    /// On a branch.
    Branch { name: String, commit: CommitId },
    /// On a commit.
    Detached { commit: CommitId },
}

/// Something that git has begun and not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Rebase,
    ApplyMail,
    Merge,
    CherryPick,
    Revert,
    Bisect,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rebase => "rebase",
            Self::ApplyMail => "apply of mailed patches",
            Self::Merge => "merge",
            Self::CherryPick => "cherry-pick",
            Self::Revert => "revert",
            Self::Bisect => "bisect",
        })
    }
}

impl State {
    /// Whether the head can be deployed as it is.
    ///
    /// # Errors
    /// [`GitError::Unborn`], [`GitError::InProgress`], [`GitError::Unmerged`].
    pub fn settled(&self) -> Result<(), GitError> {
        if matches!(self.head, Head::Unborn { .. }) {
            return Err(GitError::Unborn);
        }
        if let Some(operation) = self.operation {
            return Err(GitError::InProgress(operation));
        }
        if self.unmerged > 0 {
            return Err(GitError::Unmerged(self.unmerged));
        }
        Ok(())
    }

    /// Whether anything is not committed.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        self.changed + self.unmerged + self.untracked > 0
    }
}

impl Repo {
    /// How the repository stands. Changes inside submodules are not looked at.
    ///
    /// # Errors
    /// When git fails.
    pub async fn state(&self) -> Result<State, GitError> {
        let args = [
            "status",
            "--porcelain=v2",
            "--branch",
            "-z",
            "--untracked-files=normal",
            "--ignore-submodules=dirty",
            "--no-renames",
        ];
        let output = self.git.run(&args).await?;
        parse(&output, operation(self.git_dir()))
    }
}

fn operation(git_dir: &Path) -> Option<Operation> {
    let marks = [
        ("rebase-merge", Operation::Rebase),
        ("rebase-apply/applying", Operation::ApplyMail),
        ("rebase-apply", Operation::Rebase),
        ("MERGE_HEAD", Operation::Merge),
        ("CHERRY_PICK_HEAD", Operation::CherryPick),
        ("REVERT_HEAD", Operation::Revert),
        ("BISECT_LOG", Operation::Bisect),
    ];
    marks.into_iter().find(|(mark, _)| git_dir.join(mark).exists()).map(|(_, operation)| operation)
}

/// Reads `git status --porcelain=v2 --branch -z --no-renames`.
fn parse(output: &[u8], operation: Option<Operation>) -> Result<State, GitError> {
    let text = String::from_utf8_lossy(output);
    let (mut id, mut branch) = (None, None);
    let (mut changed, mut unmerged, mut untracked) = (0, 0, 0);
    for entry in text.split('\0') {
        if let Some(oid) = entry.strip_prefix("# branch.oid ") {
            id = Some(oid);
        } else if let Some(name) = entry.strip_prefix("# branch.head ") {
            branch = Some(name);
        } else {
            match entry.as_bytes().first() {
                Some(b'1' | b'2') => changed += 1,
                Some(b'u') => unmerged += 1,
                Some(b'?') => untracked += 1,
                _ => {}
            }
        }
    }
    let head = head(id, branch).ok_or_else(|| unexpected("status", output))?;
    Ok(State { head, operation, changed, unmerged, untracked })
}

fn head(id: Option<&str>, branch: Option<&str>) -> Option<Head> {
    let branch = branch?.to_owned();
    match id? {
        "(initial)" => Some(Head::Unborn { branch }),
        id if branch == "(detached)" => Some(Head::Detached { commit: id.parse().ok()? }),
        id => Some(Head::Branch { name: branch, commit: id.parse().ok()? }),
    }
}
