//! What of a commit a builder needs: the repository itself, its submodules, their large files.
//!
//! Owns: that list and the names under which a builder keeps it. Must never know: what is there already.

use sha2::{Digest as _, Sha256};

use crate::{
    build::{BuildError, BuildJob},
    domain::commit::CommitId,
    git::{LfsFile, Repo},
};

/// Everything that a checkout of a commit consists of.
pub(super) struct Content {
    pub(super) trees: Vec<Tree>,
    pub(super) large: Vec<LfsFile>,
}

/// One repository's part.
pub(super) struct Tree {
    /// Under which name the builder keeps the repository.
    pub(super) key: String,
    /// Where it belongs, relative to the checkout; empty for the outermost.
    pub(super) path: String,
    pub(super) commit: CommitId,
    pub(super) repo: Repo,
}

impl Content {
    pub(super) async fn of(job: &BuildJob) -> Result<Self, BuildError> {
        let project = job.project.to_string();
        let outermost = Tree { key: project.clone(), path: String::new(), commit: job.commit.clone(), repo: job.repo.clone() };
        let mut trees = vec![outermost];
        for inner in job.repo.submodules(&job.commit).await? {
            let key = format!("{project}.{}", short_hash(&inner.path));
            trees.push(Tree { key, path: inner.path, commit: inner.commit, repo: inner.repo });
        }
        let mut large = Vec::new();
        for tree in &trees {
            for file in tree.repo.lfs_files(&tree.commit).await? {
                large.push(LfsFile { path: below(&tree.path, &file.path), ..file });
            }
        }
        let content = Self { trees, large };
        content.paths().try_for_each(one_line)?;
        Ok(content)
    }

    fn paths(&self) -> impl Iterator<Item = &str> {
        self.trees.iter().map(|tree| tree.path.as_str()).chain(self.large.iter().map(|file| file.path.as_str()))
    }
}

/// These paths travel as lines.
fn one_line(path: &str) -> Result<(), BuildError> {
    match path.contains(['\n', '\0']) {
        true => Err(BuildError::Job(format!("the path {path:?} of a submodule or large file holds a line break"))),
        false => Ok(()),
    }
}

fn below(folder: &str, path: &str) -> String {
    if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") }
}

fn short_hash(text: &str) -> String {
    Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
