//! Why git did not do as asked.
//!
//! Owns: the room's errors and their words for the user. Must never know: what they were needed for.

use std::path::PathBuf;

use super::Operation;
use crate::{
    domain::{bytes::Bytes, commit::CommitId},
    problem::{Code, Problem},
};

/// Why git did not do as asked. Messages are fragments fit for "failed to …".
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// There is no `git` on this machine.
    #[error("git is not installed")]
    ToolMissing(#[source] std::io::Error),
    /// The folder is gone.
    #[error("{} does not exist", .0.display())]
    Vanished(PathBuf),
    /// The folder is in no git repository.
    #[error("{} is not in a git repository", .0.display())]
    NotARepository(PathBuf),
    /// A repository without a work tree.
    #[error("{} is a bare repository", .0.display())]
    Bare(PathBuf),
    /// Git refuses a repository that belongs to another user.
    #[error("{} belongs to another user", .0.display())]
    NotOwned(PathBuf),
    /// The repository has no commit yet.
    #[error("the repository has no commit")]
    Unborn,
    /// A rebase, merge or the like is under way.
    #[error("{0} is under way")]
    InProgress(Operation),
    /// Some files hold unresolved conflicts.
    #[error("{0} files hold unresolved conflicts")]
    Unmerged(usize),
    /// The reference names no commit here.
    #[error("`{0}` names no commit")]
    UnknownCommit(String),
    /// A short hash that several commits begin with.
    #[error("`{reference}` begins several commits: {}", .candidates.join(", "))]
    Ambiguous { reference: String, candidates: Vec<String> },
    /// Not a reference at all: empty, an option, or with control characters.
    #[error("`{0}` is not a reference")]
    InvalidReference(String),
    /// A path that leaves the repository.
    #[error("`{0}` lies outside the repository")]
    Outside(String),
    /// A file that is larger than the reader can take.
    #[error("`{path}` has {}, more than {}", Bytes(*.size), Bytes(*.cap))]
    TooLarge { path: String, size: u64, cap: u64 },
    /// A submodule's commit is not on this machine.
    #[error("submodule `{path}` lacks commit {}", .commit.short())]
    SubmoduleMissing { path: String, commit: CommitId },
    /// Large files of which only the pointers are on this machine.
    #[error("Git LFS has not fetched {}", .0.join(", "))]
    LfsMissing(Vec<String>),
    /// Git took too long.
    #[error("`git {command}` took longer than {seconds} s")]
    TimedOut { command: String, seconds: u64 },
    /// Git ended with an error that has no name here.
    #[error("`git {command}` ended with status {status}: {stderr}")]
    Failed { command: String, status: i32, stderr: String },
    /// Git printed something that cannot be understood.
    #[error("`git {command}` printed something unexpected: {output}")]
    Unexpected { command: String, output: String },
    /// A local file or pipe failed.
    #[error("{what}: {source}")]
    Io { what: String, source: std::io::Error },
}

impl GitError {
    pub(super) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

impl GitError {
    /// Whether git was ended by a signal, such as that of a closed pipe, rather than by an error of its own.
    #[must_use]
    pub fn is_signal(&self) -> bool {
        matches!(self, Self::Failed { status: -1, .. })
    }
}

impl From<GitError> for Problem {
    fn from(error: GitError) -> Self {
        let detail = error.to_string();
        let (code, title, hint) = words(&error);
        Self::new(code, title, detail, hint)
    }
}

fn words(error: &GitError) -> (Code, &'static str, String) {
    use GitError as E;
    let say = |code, title, hint: &str| (code, title, hint.to_owned());
    match error {
        E::ToolMissing(_) => say(Code::ToolMissing, "git is missing on this machine", "Install git, then try again."),
        E::Vanished(_) => {
            say(Code::RepositoryUnusable, "The project's folder is gone", "Restore it, or remove the project and add it again.")
        }
        E::NotARepository(_) => {
            say(Code::RepositoryUnusable, "The folder is not in a git repository", "Run `git init` there and commit the project.")
        }
        E::Bare(_) => say(Code::RepositoryUnusable, "The repository is bare", "Add a clone of it that has a work tree."),
        E::NotOwned(path) => (
            Code::RepositoryUnusable,
            "git refuses a repository of another user",
            format!("If you trust it, run `git config --global --add safe.directory '{}'`.", path.display()),
        ),
        E::Unborn => say(Code::RepositoryUnusable, "The repository has no commit", "Commit the project, then deploy."),
        E::InProgress(operation) => (
            Code::RepositoryUnusable,
            "The repository is in the middle of something",
            format!("Finish or abort the {operation}, or name a commit with `--commit`."),
        ),
        E::Unmerged(_) => {
            say(Code::RepositoryUnusable, "The work tree holds unresolved conflicts", "Resolve them and `git add` the files.")
        }
        E::UnknownCommit(_) => {
            say(Code::CommitUnknown, "No such commit", "Check the reference; `git fetch` if it is not here yet.")
        }
        E::Ambiguous { .. } => say(Code::CommitUnknown, "The short hash is ambiguous", "Give more digits of it."),
        E::InvalidReference(_) => say(Code::InvalidInput, "That is not a git reference", "Name a branch, a tag or a commit."),
        E::Outside(_) => say(Code::InvalidInput, "A path leaves the repository", "Move the file into the repository."),
        E::TooLarge { .. } => say(Code::InvalidInput, "A file is too large to be read", "Keep it out of the release."),
        E::SubmoduleMissing { .. } => {
            say(Code::RepositoryUnusable, "A submodule is not checked out", "Run `git submodule update --init --recursive`.")
        }
        E::LfsMissing(_) => say(Code::FileMissing, "Large files are missing", "Run `git lfs pull`, then deploy."),
        E::TimedOut { .. } => {
            say(Code::TimedOut, "git does not finish", "Check the disk that holds the repository, then try again.")
        }
        E::Failed { .. } | E::Unexpected { .. } => {
            say(Code::RepositoryUnusable, "git reports an error", "Run `git fsck` in the repository and repair what it names.")
        }
        E::Io { .. } => say(Code::LocalFile, "A local file cannot be used", "Check its permissions and the free disk space."),
    }
}
