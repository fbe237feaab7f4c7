//! The sample shop as a developer has it: a repository to commit to, and a server where it shall run.
//!
//! Owns: its files and commits, and the way to the lab's machines. Must never know: the app.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use plimsoll_lab::{
    desktop::Outcome,
    lab::{Lab, run},
};

pub(crate) struct Shop {
    folder: PathBuf,
    url: String,
}

impl Shop {
    /// Puts the sample into a folder, with the lab's base images in place of public ones.
    pub(crate) async fn check_out(lab: &Lab, folder: &Path) -> Outcome<Self> {
        let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/shop");
        run(&["cp", "-R", sample, &folder.display().to_string()]).await?;
        let url = format!("http://{}/health", lab.machine("server")?.ip);
        let shop = Self { folder: folder.to_owned(), url };
        for (public, name) in [("python:3.12-slim", "python"), ("redis:7", "redis"), ("caddy:2", "caddy")] {
            shop.edit("compose.yml", public, &lab.registry.base(name))?;
        }
        // Checks start a Python each time, which takes long where tests keep every processor busy.
        shop.edit("compose.yml", "timeout: 5s", "timeout: 30s")?;
        shop.edit("plimsoll.toml", "http://SERVER/health", &shop.url)?;
        let switch = format!("[switch]\nimage = \"{}\"\n\n[release]", lab.registry.base("haproxy"));
        shop.edit("plimsoll.toml", "[release]", &switch)?;
        shop.git(&["init", "-q", "-b", "main"])?;
        shop.commit("The shop")?;
        Ok(shop)
    }

    /// Replaces a text in one of its files.
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) -> Outcome<()> {
        let path = self.folder.join(file);
        let text = fs::read_to_string(&path)?;
        if !text.contains(from) {
            return Err(format!("{file} does not hold “{from}”").into());
        }
        Ok(fs::write(path, text.replace(from, to))?)
    }

    /// Commits everything; the short hash.
    pub(crate) fn commit(&self, subject: &str) -> Outcome<String> {
        self.git(&["add", "-A"])?;
        self.git(&["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "-q", "-m", subject])?;
        self.git(&["rev-parse", "--short=7", "HEAD"])
    }

    /// Leaves the repository in the middle of a rebase that found a conflict.
    pub(crate) fn conflict(&self) -> Outcome<()> {
        let notes = self.folder.join("notes.txt");
        self.git(&["checkout", "-q", "-b", "other", "HEAD~1"])?;
        fs::write(&notes, "Others wrote this.\n")?;
        self.commit("Notes of others")?;
        self.git(&["checkout", "-q", "main"])?;
        fs::write(&notes, "We wrote this.\n")?;
        self.commit("Notes of the day")?;
        let rebase = self.git(&["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "rebase", "-q", "other"]);
        if rebase.is_ok() { Err("the rebase found no conflict".into()) } else { Ok(()) }
    }

    pub(crate) fn folder(&self) -> String {
        self.folder.display().to_string()
    }

    /// What users get at the public address.
    pub(crate) async fn front_page(&self) -> Outcome<String> {
        let url = self.url.replace("/health", "/");
        Ok(run(&["curl", "--silent", "--show-error", "--fail", "--max-time", "10", &url]).await?)
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> Outcome<String> {
        let output = Command::new("git").arg("-C").arg(&self.folder).args(arguments).output()?;
        if !output.status.success() {
            return Err(format!("git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

/// An ssh configuration that calls the machines by their names.
pub(crate) fn ssh_config(lab: &Lab, folder: &Path) -> Outcome<PathBuf> {
    let entries = lab.machines.iter().map(|machine| {
        let (name, ip, user, port) = (&machine.name, machine.ip, &machine.user, machine.ssh_port);
        let (key, known) = (machine.key.display(), folder.join("known_hosts"));
        format!(
            "Host {name}\n  HostName {ip}\n  User {user}\n  Port {port}\n  IdentityFile {key}\n  IdentitiesOnly yes\n  UserKnownHostsFile {}\n",
            known.display()
        )
    });
    let file = folder.join("ssh_config");
    fs::write(&file, entries.collect::<String>())?;
    Ok(file)
}
