//! Finding a repository.
//!
//! Owns: where its root and git folder are. Must never know: what is in it.

use std::path::{Path, PathBuf};

use super::{
    GitError,
    command::{Git, failed, line},
};

/// A repository on this machine, found from any folder inside its work tree.
#[derive(Debug, Clone)]
pub struct Repo {
    root: PathBuf,
    folder: String,
    git_dir: PathBuf,
    common_dir: PathBuf,
    pub(super) git: Git,
}

impl Repo {
    /// Finds the repository that a folder belongs to.
    ///
    /// # Errors
    /// [`GitError::Vanished`], [`GitError::NotARepository`], [`GitError::Bare`], [`GitError::NotOwned`],
    /// [`GitError::ToolMissing`].
    pub async fn open(path: &Path) -> Result<Self, GitError> {
        if !path.is_dir() {
            return Err(GitError::Vanished(path.to_owned()));
        }
        let git = Git::at(path);
        let bare = rev_parse(&git, path, "--is-bare-repository").await?;
        if bare == "true" {
            return Err(GitError::Bare(path.to_owned()));
        }
        let root = PathBuf::from(rev_parse(&git, path, "--show-toplevel").await?);
        let folder = rev_parse(&git, path, "--show-prefix").await?.trim_end_matches('/').to_owned();
        let git_dir = PathBuf::from(rev_parse(&git, path, "--absolute-git-dir").await?);
        Self::of(root, folder, git_dir).await
    }

    /// A repository whose git folder is known, such as a submodule's.
    pub(super) async fn at_git_dir(git_dir: &Path) -> Result<Self, GitError> {
        Self::of(git_dir.to_owned(), String::new(), git_dir.to_owned()).await
    }

    async fn of(root: PathBuf, folder: String, git_dir: PathBuf) -> Result<Self, GitError> {
        let git = Git::with(&root, &git_dir);
        let common = git.text(&["rev-parse", "--git-common-dir"]).await?;
        let common_dir = root.join(common);
        let git = git.clone().without_filters(filters(&git).await?);
        Ok(Self { root, folder, git_dir, common_dir, git })
    }

    /// The top of the work tree.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder it was opened at, relative to the root with `/` between names; empty for the root itself.
    #[must_use]
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// The git folder of this work tree: `HEAD`, the index, what is under way.
    pub(super) fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The git folder that all work trees share: objects, submodules, LFS.
    pub(super) fn common_dir(&self) -> &Path {
        &self.common_dir
    }
}

/// Names of the content filters that the configuration knows; they would run programs.
async fn filters(git: &Git) -> Result<Vec<String>, GitError> {
    let args = ["config", "-z", "--name-only", "--get-regexp", r"^filter\..*\.(clean|smudge|process)$"];
    let answer = git.ask(&args, b"").await?;
    let keys = String::from_utf8_lossy(&answer.stdout).into_owned();
    let mut names: Vec<String> =
        keys.split('\0').filter_map(|key| Some(key.strip_prefix("filter.")?.rsplit_once('.')?.0.to_owned())).collect();
    names.sort();
    names.dedup();
    Ok(names)
}

async fn rev_parse(git: &Git, path: &Path, what: &str) -> Result<String, GitError> {
    let args = ["rev-parse", what];
    let answer = git.ask(&args, b"").await?;
    match answer.status {
        0 => Ok(line(&answer.stdout)),
        128 => Err(unusable(path, &answer.stderr)),
        status => Err(failed(&args, status, &answer.stderr)),
    }
}

/// Git has one status for both; only its text (in the C locale) tells them apart.
fn unusable(path: &Path, stderr: &[u8]) -> GitError {
    let stderr = String::from_utf8_lossy(stderr);
    if stderr.contains("safe.directory") {
        GitError::NotOwned(path.to_owned())
    } else {
        GitError::NotARepository(path.to_owned())
    }
}
