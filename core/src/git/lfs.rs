//! Git LFS: files of which a commit holds only a pointer.
//!
//! Owns: recognising pointers and finding their content on this machine. Must never know: LFS servers.

use std::path::PathBuf;

use super::{Entry, EntryKind, GitError, Repo, command::unexpected};
use crate::domain::commit::CommitId;

/// A large file and where its real content is on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LfsFile {
    /// Relative to the repository's root.
    pub path: String,
    /// SHA-256 of the content, hex.
    pub oid: String,
    /// Size of the content in bytes.
    pub size: u64,
    /// The content.
    pub content: PathBuf,
}

/// The specification says that a pointer is smaller than this; the smallest possible one has over 100 bytes.
const POINTER_SIZES: std::ops::Range<u64> = 100..1024;

impl Repo {
    /// The large files of a commit, recognised by content: `.gitattributes` may be wrong or elsewhere.
    ///
    /// # Errors
    /// [`GitError::LfsMissing`] names those whose content is not on this machine.
    pub async fn lfs_files(&self, commit: &CommitId) -> Result<Vec<LfsFile>, GitError> {
        let mut entries = self.list(commit, "").await?;
        let candidate = |entry: &Entry| POINTER_SIZES.contains(&entry.size) && is_file(entry.kind);
        entries.retain(candidate);
        let contents = self.blobs(&entries).await?;
        let pointers: Vec<_> = entries.iter().zip(&contents).filter_map(|(e, c)| Some((e, pointer(c)?))).collect();
        if pointers.is_empty() {
            return Ok(Vec::new());
        }
        let store = self.lfs_store().await?;
        let (mut files, mut missing) = (Vec::new(), Vec::new());
        for (entry, (oid, size)) in pointers {
            let content = store.join("objects").join(&oid[..2]).join(&oid[2..4]).join(&oid);
            let whole = tokio::fs::metadata(&content).await.is_ok_and(|meta| meta.len() == size);
            match whole {
                true => files.push(LfsFile { path: entry.path.clone(), oid, size, content }),
                false => missing.push(entry.path.clone()),
            }
        }
        if missing.is_empty() { Ok(files) } else { Err(GitError::LfsMissing(missing)) }
    }

    async fn lfs_store(&self) -> Result<PathBuf, GitError> {
        let answer = self.git.ask(&["config", "--type=path", "--get", "lfs.storage"], b"").await?;
        let set = super::command::line(&answer.stdout);
        Ok(if set.is_empty() { self.common_dir().join("lfs") } else { self.common_dir().join(set) })
    }

    /// The contents of small files, in order.
    async fn blobs(&self, entries: &[Entry]) -> Result<Vec<Vec<u8>>, GitError> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let questions: String = entries.iter().map(|entry| format!("{}\n", entry.id)).collect();
        let output = self.git.feed(&["cat-file", "--batch"], questions.as_bytes()).await?;
        let mut rest = output.as_slice();
        let mut contents = Vec::with_capacity(entries.len());
        for entry in entries {
            let end = rest.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            let size = usize::try_from(entry.size).unwrap_or(usize::MAX);
            let content = rest.get(end..end.saturating_add(size)).ok_or_else(|| unexpected("cat-file", rest))?;
            contents.push(content.to_vec());
            rest = rest.get(end + size + 1..).unwrap_or_default();
        }
        Ok(contents)
    }
}

fn is_file(kind: EntryKind) -> bool {
    matches!(kind, EntryKind::File | EntryKind::Executable)
}

/// The content's hash and size, if this is a pointer.
fn pointer(content: &[u8]) -> Option<(String, u64)> {
    let text = std::str::from_utf8(content).ok()?;
    text.starts_with("version https://git-lfs.github.com/spec/").then_some(())?;
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let oid = field("oid")?.strip_prefix("sha256:")?;
    let whole = oid.len() == 64 && oid.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase());
    whole.then_some(())?;
    Some((oid.to_owned(), field("size")?.parse().ok()?))
}
