//! Submodules: commits of other repositories that a commit records.
//!
//! Owns: finding them on this machine. Must never know: how to fetch them.

use std::path::PathBuf;

use super::{EntryKind, GitError, Repo};
use crate::domain::commit::CommitId;

/// A submodule of a commit, with the local repository that holds the recorded commit.
#[derive(Debug, Clone)]
pub struct Submodule {
    /// Where it belongs, relative to the outermost repository's root.
    pub path: String,
    /// The recorded commit.
    pub commit: CommitId,
    /// The repository that has it.
    pub repo: Repo,
}

impl Repo {
    /// All submodules of a commit, those of submodules included, outer ones first.
    ///
    /// # Errors
    /// [`GitError::SubmoduleMissing`] if a recorded commit is not on this machine.
    pub async fn submodules(&self, commit: &CommitId) -> Result<Vec<Submodule>, GitError> {
        let mut found = Vec::new();
        let mut open = vec![(String::new(), self.clone(), commit.clone())];
        while let Some((base, repo, commit)) = open.pop() {
            for inner in repo.direct(&base, &commit).await? {
                open.push((format!("{}/", inner.path), inner.repo.clone(), inner.commit.clone()));
                found.push(inner);
            }
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    async fn direct(&self, base: &str, commit: &CommitId) -> Result<Vec<Submodule>, GitError> {
        let entries = self.list(commit, "").await?;
        let links: Vec<_> = entries.into_iter().filter(|entry| entry.kind == EntryKind::Submodule).collect();
        if links.is_empty() {
            return Ok(Vec::new());
        }
        let names = self.submodule_names(commit).await?;
        let mut found = Vec::new();
        for link in links {
            let commit: CommitId = link.id.parse().map_err(|_| super::command::unexpected("ls-tree", link.id.as_bytes()))?;
            let path = format!("{base}{}", link.path);
            let name = names.iter().find(|(_, at)| *at == link.path).map(|(name, _)| name.as_str());
            let repo = self.find_submodule(&link.path, name, &commit).await?;
            let repo = repo.ok_or_else(|| GitError::SubmoduleMissing { path: path.clone(), commit: commit.clone() })?;
            found.push(Submodule { path, commit, repo });
        }
        Ok(found)
    }

    /// Name and path of each submodule as `.gitmodules` has them at that commit.
    async fn submodule_names(&self, commit: &CommitId) -> Result<Vec<(String, String)>, GitError> {
        let blob = format!("{commit}:.gitmodules");
        let args = ["config", "-z", "--blob", &blob, "--get-regexp", r"^submodule\..*\.path$"];
        let answer = self.git.ask(&args, b"").await?;
        let text = String::from_utf8_lossy(&answer.stdout).into_owned();
        let pair = |record: &str| {
            let (key, path) = record.split_once('\n')?;
            let name = key.strip_prefix("submodule.")?.strip_suffix(".path")?;
            Some((name.to_owned(), path.to_owned()))
        };
        Ok(text.split('\0').filter_map(pair).collect())
    }

    /// In the work tree, or where git keeps it while another commit is checked out.
    async fn find_submodule(&self, path: &str, name: Option<&str>, commit: &CommitId) -> Result<Option<Self>, GitError> {
        // A repository's own data names these folders; git itself refuses such names too.
        let kept = name.filter(|name| !name.split(['/', '\\']).any(|part| matches!(part, "" | "." | "..")));
        let kept = kept.map(|name| self.common_dir().join("modules").join(name));
        for candidate in [Some(self.root().join(path)), kept].into_iter().flatten() {
            let Some(repo) = open_exactly(candidate).await? else { continue };
            if repo.commit(commit).await.is_ok() {
                return Ok(Some(repo));
            }
        }
        Ok(None)
    }
}

/// Opens a folder only if it is a repository itself, not merely inside one.
async fn open_exactly(folder: PathBuf) -> Result<Option<Repo>, GitError> {
    if folder.join("HEAD").is_file() && folder.join("objects").is_dir() {
        return Repo::at_git_dir(&folder).await.map(Some);
    }
    if !folder.join(".git").exists() {
        return Ok(None);
    }
    Repo::open(&folder).await.map(Some)
}
