//! The sample shop: a project to try everything with.
//!
//! Owns: putting it into a folder as a git repository. Must never know: where it will run.

use std::path::Path;

use super::{
    Session,
    projects::{self, Understood},
};
use crate::{
    host::{Command, Host as _, local::LocalHost},
    problem::{Code, Problem},
};

/// Its files, relative to its folder.
const FILES: &[(&str, &str)] = &[
    (".dockerignore", include_str!("../../../examples/shop/.dockerignore")),
    (".env.example", include_str!("../../../examples/shop/.env.example")),
    ("README.md", include_str!("../../../examples/shop/README.md")),
    ("api/Dockerfile", include_str!("../../../examples/shop/api/Dockerfile")),
    ("api/api.py", include_str!("../../../examples/shop/api/api.py")),
    ("api/migrate.py", include_str!("../../../examples/shop/api/migrate.py")),
    ("caddy/Caddyfile", include_str!("../../../examples/shop/caddy/Caddyfile")),
    ("compose.yml", include_str!("../../../examples/shop/compose.yml")),
    ("plimsoll.toml", include_str!("../../../examples/shop/plimsoll.toml")),
    ("shared/healthy.py", include_str!("../../../examples/shop/shared/healthy.py")),
    ("shared/redis.py", include_str!("../../../examples/shop/shared/redis.py")),
    ("shared/service.py", include_str!("../../../examples/shop/shared/service.py")),
    ("web/Dockerfile", include_str!("../../../examples/shop/web/Dockerfile")),
    ("web/web.py", include_str!("../../../examples/shop/web/web.py")),
    ("worker/Dockerfile", include_str!("../../../examples/shop/worker/Dockerfile")),
    ("worker/worker.py", include_str!("../../../examples/shop/worker/worker.py")),
];

/// The name it is added under.
const NAME: &str = "shop";

/// Puts the sample into a folder of this laptop's data, makes it a git repository with one commit, and adds it as a project.
/// What is there already is taken as it is.
///
/// # Errors
/// When the folder cannot be written, git is missing, or a project of that name exists elsewhere.
pub async fn add(session: &Session) -> Result<Understood, Problem> {
    let folder = session.paths.data().join("sample").join(NAME);
    if session.store.projects().find(NAME).await?.is_some_and(|known| known.path == folder) {
        return projects::show(session, NAME).await;
    }
    if !folder.join(".git").exists() {
        write(&folder).await?;
        commit(&folder).await?;
    }
    projects::add(session, &folder, Some(NAME)).await
}

async fn write(folder: &Path) -> Result<(), Problem> {
    for (name, text) in FILES {
        let path = folder.join(name);
        let written = async {
            tokio::fs::create_dir_all(path.parent().unwrap_or(folder)).await?;
            tokio::fs::write(&path, text).await
        };
        written.await.map_err(|error| local_file(&path, &error))?;
    }
    Ok(())
}

fn local_file(path: &Path, error: &std::io::Error) -> Problem {
    let title = format!("{} cannot be written", path.display());
    Problem::new(Code::LocalFile, title, error.to_string(), "Check that there is room and that you may write there.")
}

async fn commit(folder: &Path) -> Result<(), Problem> {
    let host = LocalHost::new("this machine");
    let place = folder.display().to_string();
    let who = ["-c", "user.name=Plimsoll", "-c", "user.email=sample@localhost", "-c", "commit.gpgsign=false"];
    let steps: [&[&str]; 3] = [&["init", "-q", "-b", "main"], &["add", "-A"], &["commit", "-q", "--no-verify", "-m", "The shop"]];
    for step in steps {
        let words = ["git", "-C", &place].into_iter().chain(who).chain(step.iter().copied());
        let output = host.run(Command::new(words)).await?;
        if !output.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            let title = "The sample cannot be made a git repository";
            return Err(Problem::new(Code::RepositoryUnusable, title, said, "Install git, then try again."));
        }
    }
    Ok(())
}
