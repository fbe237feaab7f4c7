//! Watching the folders of projects: what is committed or changed there makes answers out of date.
//!
//! Owns: which files matter. Must never know: git, Compose.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::future::join_all;
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use plimsoll_core::{
    api::{Session, changes, projects},
    domain::name::Name,
};
use tokio::{
    sync::mpsc,
    task::{JoinHandle, spawn_blocking},
    time::{sleep, timeout},
};

/// Tags that may wait; more say nothing new.
const AHEAD: usize = 256;

/// How often it is looked whether a folder is still, or again, where it was: a folder cannot be watched while it is not there.
const LOOK: Duration = Duration::from_secs(2);

/// How long a folder may take to answer.
const DEADLINE: Duration = Duration::from_secs(2);

/// Several projects may live in one repository.
type Owned = BTreeMap<PathBuf, Vec<Name>>;
type Owners = Arc<Mutex<Owned>>;

/// The watched folders.
pub(crate) struct Repos {
    watcher: Option<RecommendedWatcher>,
    owners: Owners,
    folders: Vec<Folder>,
}

impl Repos {
    /// Begins to watch; tags of projects come out of the channel. Where nothing can be watched, none do.
    pub(crate) fn begin() -> (Self, mpsc::Receiver<String>) {
        let (tags, receiver) = mpsc::channel(AHEAD);
        let owners = Owners::default();
        let seen = owners.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let Ok(event) = event else { return };
            for tag in tags_of(&event, &locked(&seen)) {
                let _ = tags.try_send(tag);
            }
        });
        (Self { watcher: watcher.ok(), owners, folders: Vec::new() }, receiver)
    }

    /// Watches the folders of the projects there are now, and no others.
    pub(crate) async fn refresh(&mut self, session: &Session) {
        let Ok(folders) = projects::folders(session).await else { return };
        self.folders = with(folders, std::mem::take(&mut self.folders));
        let found = join_all(self.folders.iter_mut().map(Folder::places)).await;
        let mut wanted: BTreeMap<PathBuf, (Vec<Name>, RecursiveMode)> = BTreeMap::new();
        for (folder, places) in self.folders.iter().zip(found) {
            for (path, mode) in places {
                wanted.entry(path).or_insert_with(|| (Vec::new(), mode)).0.push(folder.name.clone());
            }
        }
        let Some(watcher) = &mut self.watcher else { return };
        // The watcher's thread wants the owners for every event, and answers us only between two: never hold them meanwhile.
        let mut owners = locked(&self.owners).clone();
        for gone in owners.extract_if(.., |path, _| !wanted.contains_key(path)) {
            // A folder that does not exist any more is not watched any more either.
            let _ = watcher.unwatch(&gone.0);
        }
        for (path, (names, mode)) in wanted {
            if owners.contains_key(&path) || watcher.watch(&path, mode).is_ok() {
                owners.insert(path, names);
            }
        }
        *locked(&self.owners) = owners;
    }

    /// Waits until folders went away or came back; the tags of their projects.
    pub(crate) async fn moved(&mut self) -> BTreeSet<String> {
        loop {
            sleep(LOOK).await;
            let tags = self.look().await;
            if !tags.is_empty() {
                return tags;
            }
        }
    }

    async fn look(&mut self) -> BTreeSet<String> {
        let moved = join_all(self.folders.iter_mut().map(Folder::moved)).await;
        let names = self.folders.iter().zip(moved).filter_map(|(folder, moved)| moved.then_some(&folder.name));
        names.flat_map(|name| ["projects".to_owned(), changes::of_project(name)]).collect()
    }
}

/// A project's folder.
struct Folder {
    name: Name,
    path: PathBuf,
    /// Whether it was there; what is told stays as it was until a change is told. Before the first answer nobody knows.
    there: Option<bool>,
    asked: Asked<bool>,
    searched: Asked<Vec<(PathBuf, RecursiveMode)>>,
}

impl Folder {
    fn new(name: Name, path: PathBuf) -> Self {
        Self { name, path, there: None, asked: Asked::default(), searched: Asked::default() }
    }

    /// Whether it went away or came back.
    async fn moved(&mut self) -> bool {
        let path = self.path.clone();
        let Some(now) = self.asked.within(DEADLINE, move || path.exists()).await else { return false };
        self.there.replace(now).is_some_and(|before| before != now)
    }

    /// Where it is to be watched; nowhere while its disk does not answer.
    async fn places(&mut self) -> Vec<(PathBuf, RecursiveMode)> {
        let path = self.path.clone();
        self.searched.within(DEADLINE, move || places(&path)).await.unwrap_or_default()
    }
}

/// A question to the disk, on a thread of its own: one that hangs, as a server's may, holds up nobody else and is not asked
/// again meanwhile.
struct Asked<T>(Option<JoinHandle<T>>);

impl<T> Default for Asked<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Send + 'static> Asked<T> {
    async fn within(&mut self, deadline: Duration, question: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let answer = timeout(deadline, self.0.get_or_insert_with(|| spawn_blocking(question))).await.ok()?;
        self.0 = None;
        answer.ok()
    }
}

/// Of those known before, what is told stays as it was: a change in between is still to be told.
fn with(folders: Vec<(Name, PathBuf)>, mut before: Vec<Folder>) -> Vec<Folder> {
    let keep = |(name, path): (Name, PathBuf)| {
        let known = before.iter().position(|known| known.name == name && known.path == path);
        known.map_or_else(|| Folder::new(name, path), |known| before.swap_remove(known))
    };
    folders.into_iter().map(keep).collect()
}

fn locked(owners: &Owners) -> MutexGuard<'_, Owned> {
    owners.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The folders to watch for a project: its own, and those where git keeps what is checked out.
fn places(project: &Path) -> Vec<(PathBuf, RecursiveMode)> {
    let mut places = vec![(project.to_owned(), RecursiveMode::NonRecursive)];
    if let Some(git) = project.ancestors().map(|folder| folder.join(".git")).find(|git| git.exists()).and_then(git_folder) {
        let common = fs::read_to_string(git.join("commondir")).map_or_else(|_| git.clone(), |common| git.join(common.trim()));
        places.push((git, RecursiveMode::NonRecursive));
        places.push((common.join("refs").join("heads"), RecursiveMode::Recursive));
    }
    places.into_iter().filter_map(|(path, mode)| Some((path.canonicalize().ok()?, mode))).collect()
}

/// `.git` itself, or where the file of that name points (a second work tree, a submodule).
fn git_folder(git: PathBuf) -> Option<PathBuf> {
    if git.is_dir() {
        return Some(git);
    }
    let text = fs::read_to_string(&git).ok()?;
    let target = text.strip_prefix("gitdir:")?.trim();
    Some(git.parent()?.join(target))
}

fn tags_of(event: &Event, owners: &Owned) -> Vec<String> {
    // Reading is no change; telling of it would make the page read again, for ever.
    if matches!(event.kind, EventKind::Access(_)) {
        return Vec::new();
    }
    let owned = |path: &PathBuf| path.ancestors().find_map(|folder| owners.get(folder)).into_iter().flatten().cloned();
    event.paths.iter().filter(|path| matters(path)).flat_map(owned).map(|name| changes::of_project(&name)).collect()
}

fn matters(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let compose = (name.contains("compose")) && (name.ends_with(".yml") || name.ends_with(".yaml"));
    let in_refs = path.components().any(|part| part.as_os_str() == "refs") && !name.ends_with(".lock");
    compose || in_refs || matches!(name.as_str(), "plimsoll.toml" | "head" | "packed-refs" | ".git")
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeMap,
        path::PathBuf,
        sync::{
            Arc, Mutex,
            atomic::{AtomicUsize, Ordering},
            mpsc,
        },
        time::Duration,
    };

    use notify::{
        Event, EventKind, RecursiveMode,
        event::{AccessKind, ModifyKind},
    };

    use super::{Asked, Repos, places, tags_of, with};

    #[test]
    fn only_what_matters_makes_a_tag() {
        let names: Vec<_> = ["shop", "till"].map(|name| name.parse().unwrap()).into();
        let owners = BTreeMap::from([(PathBuf::from("/p/shop"), names)]);
        let changed = |path: &str| tags_of(&Event::new(EventKind::Modify(ModifyKind::Any)).add_path(path.into()), &owners);
        for path in ["/p/shop/compose.yml", "/p/shop/plimsoll.toml", "/p/shop/.git/HEAD", "/p/shop/.git/refs/heads/a/b"] {
            assert_eq!(changed(path), ["project:shop", "project:till"], "{path}");
        }
        for path in ["/p/shop/notes.txt", "/p/shop/.git/index", "/p/shop/.git/refs/heads/main.lock", "/p/other/compose.yml"] {
            assert!(changed(path).is_empty(), "{path}");
        }
        let read = Event::new(EventKind::Access(AccessKind::Read)).add_path("/p/shop/compose.yml".into());
        assert!(tags_of(&read, &owners).is_empty());
    }

    #[tokio::test]
    async fn a_folder_that_goes_and_comes_back_is_told_each_time() {
        let dir = tempfile::tempdir().unwrap();
        let (here, away) = (dir.path().join("shop"), dir.path().join("away"));
        std::fs::create_dir(&here).unwrap();
        let (mut repos, _tags) = Repos::begin();
        repos.folders = with(vec![("shop".parse().unwrap(), here.clone())], Vec::new());
        assert!(repos.look().await.is_empty());
        for (from, to) in [(&here, &away), (&away, &here)] {
            std::fs::rename(from, to).unwrap();
            repos.folders = with(vec![("shop".parse().unwrap(), here.clone())], repos.folders);
            assert_eq!(repos.look().await, ["project:shop", "projects"].map(str::to_owned).into());
            assert!(repos.look().await.is_empty());
        }
    }

    #[tokio::test]
    async fn a_disk_that_hangs_holds_up_nobody_and_is_asked_once() {
        let (asked, (answer, hung)) = (Arc::new(AtomicUsize::new(0)), mpsc::channel::<()>());
        let hung = Arc::new(Mutex::new(hung));
        let mut disk = Asked::default();
        let mut ask = async |deadline| {
            let (asked, hung) = (asked.clone(), hung.clone());
            let question = move || {
                asked.fetch_add(1, Ordering::Relaxed);
                hung.lock().unwrap().recv().is_ok()
            };
            disk.within(deadline, question).await
        };
        for _ in 0..3 {
            assert_eq!(ask(Duration::from_millis(20)).await, None);
        }
        answer.send(()).unwrap();
        assert_eq!(ask(Duration::from_secs(60)).await, Some(true));
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn the_git_folder_of_a_work_tree_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let (main, tree) = (root.join("main/.git"), root.join("tree"));
        let own = main.join("worktrees/tree");
        for folder in [&own, &main.join("refs/heads"), &tree.join("app")] {
            std::fs::create_dir_all(folder).unwrap();
        }
        std::fs::write(tree.join(".git"), format!("gitdir: {}\n", own.display())).unwrap();
        std::fs::write(own.join("commondir"), "../..\n").unwrap();
        let found = places(&tree.join("app"));
        let (flat, deep) = (RecursiveMode::NonRecursive, RecursiveMode::Recursive);
        assert_eq!(found, [(tree.join("app"), flat), (own, flat), (main.join("refs/heads"), deep)]);
    }
}
