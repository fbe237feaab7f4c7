//! A git repository with one service, `app`.
//!
//! Owns: writing, committing, and the job that builds its head. Must never know: what is in it.

use std::{fs, path::PathBuf};

use plimsoll_core::{
    build::{BuildJob, BuildTarget},
    domain::{id::ProjectId, platform::Platform, registry::RegistryAuth, secret::Secret},
    git::Repo,
};
use serde_json::json;

use super::Outcome;
use crate::lab::{Lab, run};

pub(super) struct Checkout {
    pub(super) folder: PathBuf,
    project: ProjectId,
}

impl Checkout {
    /// An empty one.
    pub(super) async fn new(folder: PathBuf) -> Outcome<Self> {
        fs::create_dir_all(&folder)?;
        let checkout = Self { folder, project: ProjectId::new() };
        checkout.git(&["init", "-q", "-b", "main"]).await?;
        Ok(checkout)
    }

    pub(super) fn read(&self, path: &str) -> Outcome<String> {
        Ok(fs::read_to_string(self.folder.join(path))?)
    }

    pub(super) fn write(&self, path: &str, content: &str) -> Outcome<()> {
        let file = self.folder.join(path);
        fs::create_dir_all(file.parent().unwrap_or(&self.folder))?;
        Ok(fs::write(file, content)?)
    }

    /// Commits whatever changed.
    pub(super) async fn commit(&self) -> Outcome<()> {
        self.git(&["add", "-A"]).await?;
        self.git(&["commit", "-q", "-m", "change"]).await
    }

    /// The head as a job.
    pub(super) async fn job(&self, lab: &Lab) -> Outcome<BuildJob> {
        let repo = Repo::open(&self.folder).await?;
        let commit = repo.resolve("HEAD").await?.id;
        let registry = &lab.registry;
        let tag = format!("{}/bench/app:{}", registry.address, commit.short());
        Ok(BuildJob {
            project: self.project,
            repo,
            commit,
            bake: json!({"target": {"app": {"context": ".", "tags": [tag]}}}).to_string(),
            services: vec![BuildTarget { service: "app".parse()?, target: "app".to_owned() }],
            platform: Platform::from_uname(std::env::consts::ARCH).ok_or("an unknown architecture")?,
            auths: vec![RegistryAuth {
                host: registry.address.clone(),
                user: registry.user.clone(),
                password: Secret::new(&registry.password),
            }],
            secrets: Vec::new(),
        })
    }

    async fn git(&self, words: &[&str]) -> Outcome<()> {
        let folder = self.folder.display().to_string();
        let git = ["git", "-C", &folder, "-c", "user.name=Bench", "-c", "user.email=bench@example.com"];
        run(&[&git[..], words].concat()).await?;
        Ok(())
    }
}
