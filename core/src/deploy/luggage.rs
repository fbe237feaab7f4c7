//! What of the repository travels with a release, and what stays on the server.
//!
//! Owns: that decision and loading the bytes. Must never know: how they travel.
//!
//! Compose files and tracked env files travel as sources for rendering. Tracked paths that containers mount travel by
//! content: an unchanged one keeps its path on the server, so an unchanged service is not recreated.
//! What git does not track stays in the environment's `fixed/` folder.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use sha2::{Digest as _, Sha256};

use super::halt::Halt;
use crate::{
    compose::{Model, ReferenceKind, ReferencedFile},
    domain::commit::CommitId,
    git::{Entry as TreeEntry, EntryKind, Repo, within},
    problem::{Code, Problem},
};

/// More than any config folder that a release should carry.
const CAP: u64 = 64 << 20;

/// What travels and what stays.
#[derive(Debug, Clone, Default)]
pub(super) struct Luggage {
    /// Compose and env files by their path in the repository.
    pub(super) source: BTreeMap<String, Vec<u8>>,
    /// Tracked trees by content hash.
    pub(super) trees: BTreeMap<String, Vec<Item>>,
    /// Referenced path -> where it is on the server, relative to the stack's folder.
    pub(super) moved: BTreeMap<String, String>,
    /// Untracked env files: path below `fixed/`, laid beside the sources at the same path in the repository.
    pub(super) copied: BTreeSet<String>,
    /// Folders made in `fixed/` if they are not there, as the engine would make them.
    pub(super) folders: BTreeSet<String>,
    /// Paths that must be in `fixed/`, with where they are named.
    pub(super) needed: BTreeMap<String, String>,
}

/// A file of a tracked tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Item {
    /// Relative to the tree; the tree's own name for a single file.
    pub(super) path: String,
    pub(super) kind: EntryKind,
    pub(super) content: Vec<u8>,
}

impl Luggage {
    /// Hash of everything that travels, for the release's id.
    pub(super) fn hash(&self) -> String {
        let mut hash = Sha256::new();
        for (path, content) in &self.source {
            hash.update(format!("{path}\0{}\0", content.len()));
            hash.update(content);
        }
        for (path, place) in &self.moved {
            hash.update(format!("{path}\0{place}\0"));
        }
        hex(&hash.finalize())
    }
}

/// Decides for every path that the Compose files name, and loads what travels.
pub(super) async fn pack(repo: &Repo, commit: &CommitId, model: &Model) -> Result<Luggage, Halt> {
    let mut luggage = Luggage::default();
    let files = &model.referenced_files;
    let paths = files.iter().map(|file| within(repo.folder(), &file.path)).collect::<Result<Vec<_>, _>>()?;
    let prefixes: Vec<&str> = paths.iter().map(String::as_str).collect();
    let listed = if files.is_empty() { Vec::new() } else { repo.list_all(commit, &prefixes).await? };
    for (file, path) in files.iter().zip(paths) {
        let entries = tracked(&listed, &path);
        match file.kind {
            ReferenceKind::Compose | ReferenceKind::EnvFile | ReferenceKind::IncludeEnvFile => {
                luggage.text(repo, commit, file, path, &entries).await?;
            }
            ReferenceKind::Bind | ReferenceKind::Config | ReferenceKind::Secret if entries.is_empty() => {
                luggage.stays(file, path, model);
            }
            ReferenceKind::Bind | ReferenceKind::Config | ReferenceKind::Secret => {
                luggage.travels(repo, file, &path, &entries).await?;
            }
        }
    }
    Ok(luggage)
}

impl Luggage {
    async fn text(
        &mut self,
        repo: &Repo,
        commit: &CommitId,
        file: &ReferencedFile,
        path: String,
        entries: &[TreeEntry],
    ) -> Result<(), Halt> {
        if !entries.is_empty() {
            let content = repo.read(commit, &path, CAP).await?.unwrap_or_default();
            self.source.insert(path, content);
        } else if file.kind != ReferenceKind::Compose {
            if file.required {
                self.needed.insert(path.clone(), file.place.to_string());
            }
            self.copied.insert(path);
        }
        Ok(())
    }

    fn stays(&mut self, file: &ReferencedFile, path: String, model: &Model) {
        let made = model
            .services
            .iter()
            .flat_map(|s| &s.volumes)
            .any(|mount| mount.relative_source() == Some(&file.path) && mount.create_host_path && !looks_like_a_file(&path));
        if file.kind == ReferenceKind::Bind && made {
            self.folders.insert(path.clone());
        } else {
            self.needed.insert(path.clone(), file.place.to_string());
        }
        self.moved.insert(file.path.clone(), format!("fixed/{path}"));
    }

    async fn travels(&mut self, repo: &Repo, file: &ReferencedFile, path: &str, entries: &[TreeEntry]) -> Result<(), Halt> {
        let hash = tree_hash(path, entries);
        let name = path.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("root");
        self.moved.insert(file.path.clone(), format!("files/{hash}/{name}"));
        if let Entry::Vacant(tree) = self.trees.entry(hash) {
            tree.insert(load(repo, path, name, entries).await?);
        }
        Ok(())
    }
}

/// What of the listed files git tracks at a path. A folder that only keeps itself (`.gitkeep`, `.gitignore`) counts as untracked: its content
/// is written at run time.
fn tracked(listed: &[TreeEntry], path: &str) -> Vec<TreeEntry> {
    let inside = |entry: &&TreeEntry| {
        path.is_empty() || entry.path.strip_prefix(path).is_some_and(|rest| matches!(rest.as_bytes().first(), None | Some(b'/')))
    };
    let entries: Vec<TreeEntry> = listed.iter().filter(inside).cloned().collect();
    let placeholder =
        |entry: &TreeEntry| [".gitkeep", ".keep", ".gitignore"].iter().any(|name| entry.path == format!("{path}/{name}"));
    if entries.iter().all(placeholder) { Vec::new() } else { entries }
}

/// A folder is made where it is missing, a file is not: `./data` is a folder, `./nginx.conf` is not.
fn looks_like_a_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.trim_start_matches('.').contains('.')
}

/// Object ids are content hashes already.
fn tree_hash(path: &str, entries: &[TreeEntry]) -> String {
    let mut hash = Sha256::new();
    for entry in entries {
        let relative = entry.path.strip_prefix(path).unwrap_or(&entry.path);
        hash.update(format!("{relative}\0{:?}\0{}\n", entry.kind, entry.id));
    }
    hash.update(path.rsplit('/').next().unwrap_or(path));
    hex(&hash.finalize())[..16].to_owned()
}

async fn load(repo: &Repo, path: &str, name: &str, entries: &[TreeEntry]) -> Result<Vec<Item>, Halt> {
    let total: u64 = entries.iter().map(|entry| entry.size).sum();
    if total > CAP {
        return Err(too_large(path, total).into());
    }
    let mut items = Vec::new();
    for entry in entries.iter().filter(|entry| entry.kind != EntryKind::Submodule) {
        let relative = entry.path.strip_prefix(path).unwrap_or(&entry.path).trim_start_matches('/');
        let place = if relative.is_empty() { name.to_owned() } else { format!("{name}/{relative}") };
        let content = repo.blob(&entry.id).await?;
        items.push(Item { path: place, kind: entry.kind, content });
    }
    Ok(items)
}

fn too_large(path: &str, bytes: u64) -> Problem {
    Problem::new(
        Code::ComposeInvalid,
        format!("{path} is too large to travel with a release"),
        format!("{}, at most {}", crate::domain::bytes::Bytes(bytes), crate::domain::bytes::Bytes(CAP)),
        "Copy it into the image, or take it out of git and keep it on the server.",
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::looks_like_a_file;

    #[test]
    fn folders_are_told_from_files_by_their_name() {
        assert!(looks_like_a_file("conf/nginx.conf"));
        assert!(looks_like_a_file(".env.production"));
        assert!(!looks_like_a_file("data"));
        assert!(!looks_like_a_file(".data"));
    }
}
