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
        self.objects.blob(&self.git, &format!("{commit}:{path}"), cap).await
    }

    /// Everything below a folder of a commit, or the one file of that name; `""` is the root. Submodules are not entered.
    ///
    /// # Errors
    /// When the commit is not here.
    pub async fn list(&self, commit: &CommitId, prefix: &str) -> Result<Vec<Entry>, GitError> {
        self.list_all(commit, &[prefix]).await
    }

    /// The same for several folders and files at once.
    ///
    /// # Errors
    /// When the commit is not here.
    pub async fn list_all(&self, commit: &CommitId, prefixes: &[&str]) -> Result<Vec<Entry>, GitError> {
        let mut args = vec!["ls-tree", "-r", "-z", "-l", "--full-tree", commit.as_str()];
        if prefixes.iter().all(|prefix| !prefix.is_empty()) {
            args.push("--");
            args.extend(prefixes);
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
        let missing = || unexpected("cat-file", format!("{id} missing").as_bytes());
        self.objects.blob(&self.git, id, u64::MAX).await?.ok_or_else(missing)
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
