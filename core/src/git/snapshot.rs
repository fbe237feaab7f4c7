//! Snapshots of a work tree as it is, for `--dirty`.
//!
//! Owns: turning uncommitted work into a commit that no branch, tag or index knows. Must never know: who deploys it.

use std::path::Path;

use super::{
    GitError, Repo,
    command::{checked, finish, line, unexpected},
};
use crate::domain::commit::{Commit, CommitId};

impl Repo {
    /// A commit of the tracked changes and the untracked files that git does not ignore, on top of the head. The same
    /// work tree gives the same commit. Without any changes it is the head itself.
    ///
    /// Content filters do not run: a changed LFS file is taken as it is. Changes inside submodules are not taken.
    ///
    /// # Errors
    /// [`GitError::Unborn`], [`GitError::Unmerged`]; when a file cannot be read.
    pub async fn snapshot(&self) -> Result<Commit, GitError> {
        let unmerged = self.state().await?.unmerged;
        if unmerged > 0 {
            return Err(GitError::Unmerged(unmerged));
        }
        let head = self.resolve("HEAD").await?;
        let tree = self.tree_of_work().await?;
        if tree == self.git.text(&["rev-parse", &format!("{}^{{tree}}", head.id)]).await? {
            return Ok(head);
        }
        let id = self.commit_tree(&tree, &head).await?;
        Ok(Commit { branch: head.branch, dirty: true, ..self.commit(&id).await? })
    }

    async fn tree_of_work(&self) -> Result<String, GitError> {
        let folder = tempfile::tempdir().map_err(GitError::io("making a temporary folder"))?;
        let index = folder.path().join("index");
        self.copy_index(&index).await?;
        let changed = ["ls-files", "-z", "--modified", "--deleted", "--others", "--exclude-standard", "--deduplicate"];
        let paths = self.on_index(&index, &changed, b"").await?;
        let update = ["update-index", "-z", "--add", "--remove", "--replace", "--stdin"];
        // Untracked repositories inside are listed with a final `/`; git leaves such paths out.
        self.on_index(&index, &update, &paths).await?;
        self.on_index(&index, &["write-tree"], b"").await.map(|id| line(&id))
    }

    /// The real index is only read; its copy keeps what git knows of unchanged files, so they are not read again.
    async fn copy_index(&self, copy: &Path) -> Result<(), GitError> {
        let real = self.git_dir().join("index");
        match tokio::fs::copy(&real, copy).await {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(GitError::io("copying git's index")(error)),
        }
    }

    async fn on_index(&self, index: &Path, args: &[&str], stdin: &[u8]) -> Result<Vec<u8>, GitError> {
        let mut command = self.git.command(args);
        command.current_dir(self.root()).env("GIT_INDEX_FILE", index);
        checked(args, finish(args, command, stdin).await?)
    }

    async fn commit_tree(&self, tree: &str, head: &Commit) -> Result<CommitId, GitError> {
        let args = ["commit-tree", tree, "-p", head.id.as_str()];
        let message = format!("Uncommitted changes on {}\n", head.id.short());
        let date = format!("@{} +0000", head.at.as_second());
        let mut command = self.git.command(&args);
        for who in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{who}_NAME"), "Plimsoll")
                .env(format!("GIT_{who}_EMAIL"), "plimsoll@localhost")
                .env(format!("GIT_{who}_DATE"), &date);
        }
        let output = checked(&args, finish(&args, command, message.as_bytes()).await?)?;
        line(&output).parse().map_err(|_| unexpected("commit-tree", &output))
    }
}
