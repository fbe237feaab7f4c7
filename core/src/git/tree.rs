//! What a commit holds.
//!
//! Owns: listing and reading its files. Must never know: what the files mean.

use super::{GitError, Repo, command::unexpected};
use crate::domain::commit::CommitId;

/// One thing in a commit's tree, folders aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Relative to the repository's root, with `/`. Bytes that are not UTF-8 are replaced.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
    /// Its object's id; for a submodule the recorded commit.
    pub id: String,
    /// In bytes; 0 for a submodule.
    pub size: u64,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// An ordinary file.
    File,
    /// A file with its executable bit set.
    Executable,
    /// A symbolic link; its content is the target.
    Symlink,
    /// A commit of another repository.
    Submodule,
}

impl Repo {
    /// A file's bytes as committed; links inside the commit are followed. `None` if there is no such file.
    ///
    /// # Errors
    /// [`GitError::TooLarge`] beyond `cap` bytes.
    pub async fn read(&self, commit: &CommitId, path: &str, cap: u64) -> Result<Option<Vec<u8>>, GitError> {
        let odd = |part: &str| matches!(part, "" | "." | "..");
        if path.contains(['\n', '\0']) || path.split('/').any(odd) {
            return Ok(None);
        }
        let question = format!("{commit}:{path}\n");
        let answer = self.git.feed(&["cat-file", "--batch-check", "--follow-symlinks"], question.as_bytes()).await?;
        let Some((id, size)) = blob(&String::from_utf8_lossy(&answer)) else { return Ok(None) };
        if size > cap {
            return Err(GitError::TooLarge { path: path.to_owned(), size, cap });
        }
        self.git.run(&["cat-file", "blob", &id]).await.map(Some)
    }

    /// Everything below a folder of a commit, or the one file of that name; `""` is the root. Submodules are not entered.
    ///
    /// # Errors
    /// When the commit is not here.
    pub async fn list(&self, commit: &CommitId, prefix: &str) -> Result<Vec<Entry>, GitError> {
        let mut args = vec!["ls-tree", "-r", "-z", "-l", "--full-tree", commit.as_str()];
        if !prefix.is_empty() {
            args.extend(["--", prefix]);
        }
        let output = self.git.run(&args).await?;
        output
            .split(|byte| *byte == 0)
            .filter(|line| !line.is_empty())
            .map(|line| entry(&String::from_utf8_lossy(line)).ok_or_else(|| unexpected("ls-tree", line)))
            .collect()
    }

    /// A blob by its object id, as [`Repo::list`] names it.
    ///
    /// # Errors
    /// When it is not here.
    pub async fn blob(&self, id: &str) -> Result<Vec<u8>, GitError> {
        self.git.run(&["cat-file", "blob", id]).await
    }

    /// Whether a commit holds a file, or anything below a folder, of that name.
    ///
    /// # Errors
    /// When the commit is not here.
    pub async fn is_tracked(&self, commit: &CommitId, path: &str) -> Result<bool, GitError> {
        let path = path.trim_end_matches('/');
        let args = ["ls-tree", "-z", "--full-tree", "--name-only", commit.as_str(), "--", path];
        Ok(!self.git.run(&args).await?.is_empty())
    }
}

/// `<id> blob <size>`; anything else (missing, dangling, a folder) is no file.
fn blob(answer: &str) -> Option<(String, u64)> {
    let mut words = answer.trim_end().split(' ');
    match (words.next()?, words.next()?, words.next()?.parse()) {
        (id, "blob", Ok(size)) => Some((id.to_owned(), size)),
        _ => None,
    }
}

/// `<mode> <type> <id> <padded size>\t<path>`.
fn entry(line: &str) -> Option<Entry> {
    let (head, path) = line.split_once('\t')?;
    let mut words = head.split_whitespace();
    let (mode, _type, id, size) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let kind = match mode {
        "100755" => EntryKind::Executable,
        "120000" => EntryKind::Symlink,
        "160000" => EntryKind::Submodule,
        _ => EntryKind::File,
    };
    Some(Entry { path: path.to_owned(), kind, id: id.to_owned(), size: size.parse().unwrap_or(0) })
}
