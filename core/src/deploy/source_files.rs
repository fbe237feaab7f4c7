//! The Compose reader's view of a commit or a work tree.
//!
//! Owns: joining the git room's asynchronous files to the compose room's plain ones.
//! Must never know: what is in the files.

use std::{collections::BTreeMap, io};

use tokio::runtime::Handle;

use super::halt::Halt;
use crate::{
    compose::{self, Folder, Model, ProjectFiles},
    domain::{commit::CommitId, settings::Settings},
    git::{CommitFiles, GitError, Repo},
    problem::{Code, Problem},
};

struct Committed {
    files: CommitFiles,
    runtime: Handle,
}

impl ProjectFiles for Committed {
    fn read(&self, path: &str) -> io::Result<Option<Vec<u8>>> {
        self.runtime.block_on(self.files.read(path)).map_err(|error: GitError| io::Error::other(error))
    }

    fn folder(&self) -> &str {
        self.files.repo.folder()
    }
}

/// Reads a commit's Compose files with the given variables.
///
/// # Errors
/// What keeps them from being understood, as one problem with file and line.
pub async fn model_of_commit(
    repo: &Repo,
    commit: &CommitId,
    settings: &Settings,
    variables: &BTreeMap<String, String>,
) -> Result<Model, Halt> {
    let files = Committed { files: CommitFiles { repo: repo.clone(), commit: commit.clone() }, runtime: Handle::current() };
    let (settings, variables) = (settings.clone(), variables.clone());
    read(move || compose::read(&files, &settings, &variables)).await?.map_err(|findings| problem(&findings))
}

/// Reads a work tree's Compose files; what is wrong comes back as findings.
///
/// # Errors
/// When reading breaks down altogether.
pub async fn model_of_folder(folder: Folder, settings: &Settings) -> Result<Result<Model, Vec<compose::Finding>>, Halt> {
    let settings = settings.clone();
    read(move || compose::read(&folder, &settings, &BTreeMap::new())).await
}

/// Reading blocks, so it happens where blocking is fine.
async fn read<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Halt> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        Problem::new(Code::Internal, "Reading the Compose file broke off", error.to_string(), "Report this with the file.").into()
    })
}

fn problem(findings: &[compose::Finding]) -> Halt {
    compose::problem_of(findings)
        .unwrap_or_else(|| {
            Problem::new(
                Code::ComposeInvalid,
                "The Compose file cannot be deployed",
                "no error was named",
                "Run `plimsoll project check`.",
            )
        })
        .into()
}
