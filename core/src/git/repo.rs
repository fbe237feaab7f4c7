//! Finding a repository.
//!
//! Owns: where its root and git folder are. Must never know: what is in it.

use std::path::{Path, PathBuf};

use super::{
    GitError,
    command::{Git, failed, line, unexpected},
    objects::Objects,
};

/// A repository on this machine, found from any folder inside its work tree.
#[derive(Debug, Clone)]
pub struct Repo {
    root: PathBuf,
    folder: String,
    git_dir: PathBuf,
    common_dir: PathBuf,
    pub(super) git: Git,
    pub(super) objects: Objects,
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
        let (place, filters) = tokio::join!(Place::of(&git, path), filters(&git));
        let Place { root, folder, git_dir, common_dir } = place?;
        let git = Git::with(&root, &git_dir).without_filters(filters?);
        Ok(Self { root, folder, git_dir, common_dir, git, objects: Objects::default() })
    }

    /// A repository whose git folder is known, such as a submodule's.
    pub(super) async fn at_git_dir(git_dir: &Path) -> Result<Self, GitError> {
        let git = Git::with(git_dir, git_dir);
        let common_dir = git_dir.join(git.text(&["rev-parse", "--git-common-dir"]).await?);
        let git = git.clone().without_filters(filters(&git).await?);
        let (root, git_dir) = (git_dir.to_owned(), git_dir.to_owned());
        Ok(Self { root, folder: String::new(), git_dir, common_dir, git, objects: Objects::default() })
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

    /// Where the repository is pushed to: the address of `origin`, if it has one.
    ///
    /// # Errors
    /// When git cannot be run.
    pub async fn origin(&self) -> Result<Option<String>, GitError> {
        let answer = self.git.ask(&["remote", "get-url", "origin"], b"").await?;
        Ok((answer.status == 0).then(|| line(&answer.stdout)).filter(|address| !address.is_empty()))
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

/// Where a repository is.
struct Place {
    root: PathBuf,
    folder: String,
    git_dir: PathBuf,
    common_dir: PathBuf,
}

impl Place {
    /// Asks in one call. Each answer is a line; a path that holds a line's end gives too many and is refused.
    async fn of(git: &Git, path: &Path) -> Result<Self, GitError> {
        let args =
            ["rev-parse", "--is-bare-repository", "--show-toplevel", "--show-prefix", "--absolute-git-dir", "--git-common-dir"];
        let answer = git.ask(&args, b"").await?;
        let text = String::from_utf8_lossy(&answer.stdout);
        if text.starts_with("true\n") {
            return Err(GitError::Bare(path.to_owned()));
        }
        match answer.status {
            0 => {}
            128 => return Err(unusable(path, &answer.stderr)),
            status => return Err(failed(&args, status, &answer.stderr)),
        }
        let lines: Vec<&str> = text.strip_suffix('\n').unwrap_or(&text).split('\n').collect();
        let [_, root, folder, git_dir, common_dir] = lines[..] else { return Err(unexpected("rev-parse", &answer.stdout)) };
        Ok(Self {
            root: root.into(),
            folder: folder.trim_end_matches('/').to_owned(),
            git_dir: git_dir.into(),
            common_dir: path.join(common_dir),
        })
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
