//! The sample's files, in a git repository of their own.
//!
//! Owns: putting them into a folder. Must never know: where they will run.

use std::path::Path;

use crate::{
    host::{Command, Host as _, local::LocalHost},
    problem::{Code, Problem},
};

/// Its files, relative to its folder.
const FILES: &[(&str, &str)] = &[
    (".dockerignore", include_str!("../../../../examples/shop/.dockerignore")),
    (".env.example", include_str!("../../../../examples/shop/.env.example")),
    ("README.md", include_str!("../../../../examples/shop/README.md")),
    ("api/Dockerfile", include_str!("../../../../examples/shop/api/Dockerfile")),
    ("api/api.py", include_str!("../../../../examples/shop/api/api.py")),
    ("api/migrate.py", include_str!("../../../../examples/shop/api/migrate.py")),
    ("caddy/Caddyfile", include_str!("../../../../examples/shop/caddy/Caddyfile")),
    ("compose.yml", include_str!("../../../../examples/shop/compose.yml")),
    ("plimsoll.toml", include_str!("../../../../examples/shop/plimsoll.toml")),
    ("shared/healthy.py", include_str!("../../../../examples/shop/shared/healthy.py")),
    ("shared/redis.py", include_str!("../../../../examples/shop/shared/redis.py")),
    ("shared/service.py", include_str!("../../../../examples/shop/shared/service.py")),
    ("web/Dockerfile", include_str!("../../../../examples/shop/web/Dockerfile")),
    ("web/web.py", include_str!("../../../../examples/shop/web/web.py")),
    ("worker/Dockerfile", include_str!("../../../../examples/shop/worker/Dockerfile")),
    ("worker/worker.py", include_str!("../../../../examples/shop/worker/worker.py")),
];

/// Puts the sample into a folder as a git repository with one commit. What is there already is taken as it is.
///
/// # Errors
/// When the folder cannot be written or git is missing.
pub(super) async fn put(folder: &Path) -> Result<(), Problem> {
    if folder.join(".git").exists() {
        return Ok(());
    }
    write(folder).await?;
    git(folder, &["init", "-q", "-b", "main"]).await?;
    commit(folder, "The shop").await
}

/// Commits everything that is not committed; nothing, if there is nothing.
///
/// # Errors
/// When git does not do as asked.
pub(super) async fn commit(folder: &Path, subject: &str) -> Result<(), Problem> {
    git(folder, &["add", "-A"]).await?;
    if git(folder, &["diff", "--cached", "--quiet"]).await.is_ok() {
        return Ok(());
    }
    git(folder, &["commit", "-q", "--no-verify", "-m", subject]).await
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

async fn git(folder: &Path, args: &[&str]) -> Result<(), Problem> {
    let place = folder.display().to_string();
    let who = ["-c", "user.name=Plimsoll", "-c", "user.email=sample@localhost", "-c", "commit.gpgsign=false"];
    let words = ["git", "-C", &place].into_iter().chain(who).chain(args.iter().copied());
    let output = LocalHost::new("this machine").run(Command::new(words)).await?;
    if output.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    let title = "The sample cannot be made a git repository";
    Err(Problem::new(Code::RepositoryUnusable, title, said, "Install git, then try again."))
}
