//! From what people type to commits.
//!
//! Owns: resolving references and walking from one commit to another. Must never know: trees.

use jiff::Timestamp;

use super::{GitError, Repo, command::unexpected};
use crate::domain::commit::{Commit, CommitId};

/// Fields of a commit, separated by NUL: id, subject, author, time.
const FORMAT: &str = "--format=%H%x00%s%x00%an%x00%ct";
const FIELDS: usize = 4;
/// More commits than anybody reads in a list.
const MOST: &str = "--max-count=1000";

impl Repo {
    /// The commit that a branch, tag, hash, or expression such as `HEAD~2` names.
    ///
    /// # Errors
    /// [`GitError::InvalidReference`], [`GitError::UnknownCommit`], [`GitError::Ambiguous`]; [`GitError::Unborn`] for
    /// `HEAD` of a repository without commits.
    pub async fn resolve(&self, reference: &str) -> Result<Commit, GitError> {
        if reference.trim().is_empty() || reference.starts_with('-') || reference.contains(char::is_control) {
            return Err(GitError::InvalidReference(reference.to_owned()));
        }
        let peeled = format!("{reference}^{{commit}}");
        let answer = self.git.ask(&["rev-parse", "--verify", "--quiet", "--end-of-options", &peeled], b"").await?;
        if answer.status != 0 {
            return Err(self.why_unknown(reference).await?);
        }
        let id = super::command::line(&answer.stdout);
        let id = id.parse().map_err(|_| unexpected("rev-parse", id.as_bytes()))?;
        let (commit, branch) = tokio::try_join!(self.commit(&id), self.branch_of(reference))?;
        Ok(Commit { branch, ..commit })
    }

    /// What is known of a commit.
    ///
    /// # Errors
    /// When it is not here.
    pub async fn commit(&self, id: &CommitId) -> Result<Commit, GitError> {
        let mut commits = self.log(&["--no-walk", "--end-of-options", id.as_str(), "--"]).await?;
        commits.pop().ok_or_else(|| GitError::UnknownCommit(id.to_string()))
    }

    /// The commits that `to` has and `from` lacks, newest first; at most a thousand.
    ///
    /// # Errors
    /// When one of them is not here.
    pub async fn ahead(&self, from: &CommitId, to: &CommitId) -> Result<Vec<Commit>, GitError> {
        let without = format!("^{from}");
        self.log(&[MOST, "--end-of-options", to.as_str(), &without, "--"]).await
    }

    async fn log(&self, selection: &[&str]) -> Result<Vec<Commit>, GitError> {
        let mut args = vec!["log", "-z", "--no-color", "--no-patch", "--no-notes", "--no-mailmap", FORMAT];
        args.extend(selection);
        let output = self.git.run(&args).await?;
        let text = String::from_utf8_lossy(&output);
        let fields: Vec<&str> = text.trim_end_matches('\0').split('\0').collect();
        if output.is_empty() {
            return Ok(Vec::new());
        }
        fields.chunks(FIELDS).map(|chunk| parse(chunk).ok_or_else(|| unexpected("log", &output))).collect()
    }

    async fn branch_of(&self, reference: &str) -> Result<Option<String>, GitError> {
        let answer = self.git.ask(&["rev-parse", "--symbolic-full-name", "--end-of-options", reference], b"").await?;
        let name = super::command::line(&answer.stdout);
        let name = name.lines().last().unwrap_or_default();
        Ok(name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("refs/remotes/")).map(str::to_owned))
    }

    async fn why_unknown(&self, reference: &str) -> Result<GitError, GitError> {
        if reference == "HEAD" {
            return Ok(GitError::Unborn);
        }
        let hash = (4..=64).contains(&reference.len()) && reference.bytes().all(|b| b.is_ascii_hexdigit());
        if !hash {
            return Ok(GitError::UnknownCommit(reference.to_owned()));
        }
        let found = self.git.text(&["rev-parse", &format!("--disambiguate={reference}")]).await?;
        let candidates: Vec<String> = found.lines().map(|id| id.chars().take(12).collect()).collect();
        let reference = reference.to_owned();
        Ok(if candidates.len() > 1 { GitError::Ambiguous { reference, candidates } } else { GitError::UnknownCommit(reference) })
    }
}

fn parse(fields: &[&str]) -> Option<Commit> {
    let [id, subject, author, at] = fields else { return None };
    Some(Commit {
        id: id.parse().ok()?,
        subject: (*subject).to_owned(),
        author: (*author).to_owned(),
        at: Timestamp::from_second(at.parse().ok()?).ok()?,
        branch: None,
        dirty: false,
    })
}
