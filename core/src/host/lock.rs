//! The deployment lock of an environment, on its server.
//!
//! Owns: who may deploy, and when a lock counts as left behind. Must never know: what a deployment does.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Command, Host, HostError, Output};
use crate::domain::environment::Folders;

/// Who wants or holds the lock. Each text is one line of at most 500 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockOwner {
    /// The lock's id, unique for every holding: the deployment's id.
    pub id: String,
    /// `user@laptop`.
    pub who: String,
    /// What is being done: "deploy of shop to production".
    pub what: String,
    /// Since when, by the holder's clock.
    pub since: Timestamp,
    /// The step it is at.
    pub step: String,
}

/// A lock as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockState {
    /// Who holds it.
    pub owner: LockOwner,
    /// How long ago its holder was heard of, by the server's clock.
    pub silent_for: Duration,
    /// Whether a runner works in this environment right now.
    pub runner: bool,
}

impl LockState {
    /// Whether it was left behind: its holder is silent for more than 30 s and no runner works.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.silent_for > Duration::from_secs(30) && !self.runner
    }
}

/// The answer to a request for the lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acquire {
    /// It is ours now.
    Acquired,
    /// Somebody else has it.
    Held(LockState),
}

/// The answer to a holder's sign of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// The lock is still ours.
    Kept,
    /// It was taken over or released; stop.
    Lost,
}

/// Takes the lock, or says who has it. Asking again with the same id while holding it is answered `Acquired`.
///
/// # Errors
/// When the server cannot be asked or its folder cannot be written.
pub async fn acquire(host: &dyn Host, folders: &Folders, owner: &LockOwner) -> Result<Acquire, HostError> {
    let answer = ask(host, folders, "acquire", owned(owner)).await?;
    acquired(host, answer)
}

/// Tells the server that the holder lives; to be called every 10 s or so.
///
/// # Errors
/// When the server cannot be asked.
pub async fn heartbeat(host: &dyn Host, folders: &Folders, id: &str) -> Result<Hold, HostError> {
    let answer = ask(host, folders, "heartbeat", vec![id.to_owned()]).await?;
    held(host, &answer)
}

/// Notes the step the holder is at; also a sign of life.
///
/// # Errors
/// When the server cannot be asked, or its disk is full.
pub async fn set_step(host: &dyn Host, folders: &Folders, id: &str, step: &str) -> Result<Hold, HostError> {
    let answer = ask(host, folders, "step", vec![id.to_owned(), line(step)]).await?;
    held(host, &answer)
}

/// Gives the lock back. `Lost` if it was no longer ours.
///
/// # Errors
/// When the server cannot be asked.
pub async fn release(host: &dyn Host, folders: &Folders, id: &str) -> Result<Hold, HostError> {
    let answer = ask(host, folders, "release", vec![id.to_owned()]).await?;
    held(host, &answer)
}

/// Who holds the lock, if anybody.
///
/// # Errors
/// When the server cannot be asked.
pub async fn read(host: &dyn Host, folders: &Folders) -> Result<Option<LockState>, HostError> {
    let answer = ask(host, folders, "read", Vec::new()).await?;
    match answer.status {
        HELD => Ok(Some(state(&answer)?)),
        FREE => Ok(None),
        _ => Err(failed(host, &answer)),
    }
}

/// Takes a lock that was left behind: only if it is still the one with `stale_id`, and still stale.
/// Of many who try, one wins.
///
/// # Errors
/// When the server cannot be asked.
pub async fn take_over(host: &dyn Host, folders: &Folders, stale_id: &str, owner: &LockOwner) -> Result<Acquire, HostError> {
    let operands = std::iter::once(stale_id.to_owned()).chain(owned(owner)).collect();
    let answer = ask(host, folders, "take_over", operands).await?;
    acquired(host, answer)
}

const SCRIPT: &str = include_str!("lock.sh");
const HELD: i32 = 10;
const NOT_OURS: i32 = 11;
const FREE: i32 = 12;

async fn ask(host: &dyn Host, folders: &Folders, act: &str, operands: Vec<String>) -> Result<Output, HostError> {
    // Ids become names of folders.
    let id_like = |id: &String| {
        !id.is_empty() && !id.starts_with(['.', '-']) && id.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    };
    let ids = if act == "take_over" { 2 } else { 1 };
    if let Some(bad) = operands.iter().take(ids).find(|id| !id_like(id)) {
        return Err(HostError::Refused(format!("{bad:?} is no lock's id")));
    }
    let head = ["sh", "-s", "--", folders.root(), act].map(str::to_owned);
    host.run(Command::new(head.into_iter().chain(operands)).stdin(SCRIPT)).await
}

fn owned(owner: &LockOwner) -> Vec<String> {
    vec![owner.id.clone(), line(&owner.who), line(&owner.what), owner.since.to_string(), line(&owner.step)]
}

/// One line of at most 500 bytes.
fn line(text: &str) -> String {
    let end = text.char_indices().map(|(i, c)| i + c.len_utf8()).take_while(|end| *end <= 500).last().unwrap_or(0);
    text[..end].replace(|c: char| c.is_control(), " ")
}

fn acquired(host: &dyn Host, answer: Output) -> Result<Acquire, HostError> {
    match answer.status {
        0 => Ok(Acquire::Acquired),
        HELD => Ok(Acquire::Held(state(&answer)?)),
        _ => Err(failed(host, &answer)),
    }
}

fn held(host: &dyn Host, answer: &Output) -> Result<Hold, HostError> {
    match answer.status {
        0 => Ok(Hold::Kept),
        NOT_OURS => Ok(Hold::Lost),
        _ => Err(failed(host, answer)),
    }
}

/// Parts that a crash of the server has emptied are shown as empty.
fn state(answer: &Output) -> Result<LockState, HostError> {
    let text = String::from_utf8_lossy(&answer.stdout);
    let lines: Vec<&str> = text.lines().collect();
    let [id, silent, runner, who, what, since, step] = lines[..] else {
        return Err(HostError::Failed { what: "read the lock".into(), reason: format!("it says {text:?}") });
    };
    let silent: i64 = silent.parse().unwrap_or(0);
    Ok(LockState {
        owner: LockOwner {
            id: id.to_owned(),
            who: who.to_owned(),
            what: what.to_owned(),
            since: since.parse().unwrap_or(Timestamp::UNIX_EPOCH),
            step: step.to_owned(),
        },
        // A heartbeat of the future: see `stale` in the script.
        silent_for: Duration::from_secs(if silent < -60 { silent.unsigned_abs() } else { silent.max(0).unsigned_abs() }),
        runner: runner == "yes",
    })
}

fn failed(host: &dyn Host, answer: &Output) -> HostError {
    let said = String::from_utf8_lossy(&answer.stderr).trim().to_owned();
    HostError::Failed { what: format!("use the deployment lock on {}", host.name()), reason: said }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::{fs, process::Stdio, sync::Arc, time::Duration};

    use jiff::Timestamp;

    use super::{Acquire, Hold, LockOwner, acquire, heartbeat, read, release, set_step, take_over};
    use crate::{domain::environment::Folders, host::local::LocalHost};

    struct Place {
        dir: tempfile::TempDir,
        folders: Folders,
        host: Arc<LocalHost>,
    }

    fn place() -> Place {
        let dir = tempfile::tempdir().unwrap();
        let folders = Folders::new(dir.path().to_str().unwrap(), &"shop".parse().unwrap());
        Place { dir, folders, host: Arc::new(LocalHost::new("here")) }
    }

    fn owner(id: &str) -> LockOwner {
        let text = |t: &str| t.to_owned();
        let (who, what) = (text("me@laptop $(id) 'x'"), text("deploy of shop\nto production"));
        LockOwner { id: id.into(), who, what, since: Timestamp::UNIX_EPOCH, step: "pull".into() }
    }

    impl Place {
        async fn acquire(&self, id: &str) -> Acquire {
            acquire(self.host.as_ref(), &self.folders, &owner(id)).await.unwrap()
        }

        /// Makes the holder look silent for an hour.
        fn silence(&self, id: &str) {
            let beat = fs::File::open(format!("{}/{id}/heartbeat", self.folders.lock())).unwrap();
            beat.set_modified(std::time::SystemTime::now() - Duration::from_secs(3600)).unwrap();
        }

        /// Nothing of a lock is left in the environment's folder.
        fn leftovers(&self) -> Vec<String> {
            let entries = fs::read_dir(self.folders.root()).unwrap();
            entries
                .map(|e| e.unwrap().file_name().into_string().unwrap())
                .filter(|n| n != "lock" && n != "runner.flock")
                .collect()
        }
    }

    #[tokio::test]
    async fn one_holds_it_and_the_other_learns_who_since_when_at_which_step() {
        let place = place();
        let (host, folders) = (place.host.as_ref(), &place.folders);
        assert_eq!(read(host, folders).await.unwrap(), None);
        assert_eq!(place.acquire("a").await, Acquire::Acquired);
        assert_eq!(place.acquire("a").await, Acquire::Acquired);
        assert_eq!(set_step(host, folders, "a", "swap").await.unwrap(), Hold::Kept);
        let Acquire::Held(state) = place.acquire("b").await else { panic!("two hold it") };
        let expected = LockOwner { step: "swap".into(), what: "deploy of shop to production".into(), ..owner("a") };
        assert_eq!((state.owner.clone(), state.runner, state.is_stale()), (expected, false, false));
        assert_eq!(read(host, folders).await.unwrap().map(|s| s.owner), Some(state.owner));
        assert_eq!(heartbeat(host, folders, "b").await.unwrap(), Hold::Lost);
        assert_eq!(set_step(host, folders, "b", "x").await.unwrap(), Hold::Lost);
        assert_eq!(release(host, folders, "b").await.unwrap(), Hold::Lost);
        assert_eq!(release(host, folders, "a").await.unwrap(), Hold::Kept);
        assert_eq!(place.acquire("b").await, Acquire::Acquired);
        assert_eq!(place.leftovers(), Vec::<String>::new());
    }

    #[tokio::test]
    async fn a_fresh_lock_and_one_with_a_runner_are_not_taken_over() {
        let place = place();
        let take = || async { take_over(place.host.as_ref(), &place.folders, "a", &owner("b")).await.unwrap() };
        place.acquire("a").await;
        assert!(matches!(take().await, Acquire::Held(_)), "fresh");
        place.silence("a");
        let file = format!("{}/runner.flock", place.folders.root());
        let mut runner = std::process::Command::new("flock");
        let mut runner = runner.arg(&file).arg("sh").arg("-c").arg("echo up; exec sleep 1000");
        runner = runner.stdout(Stdio::piped());
        let mut runner = runner.spawn().unwrap();
        let mut up = [0; 3];
        std::io::Read::read_exact(runner.stdout.as_mut().unwrap(), &mut up).unwrap();
        let Acquire::Held(state) = take().await else { panic!("taken from a runner") };
        assert!(state.runner && !state.is_stale() && state.silent_for > Duration::from_secs(3000));
        end_children(runner.id());
        runner.wait().unwrap();
        assert_eq!(take().await, Acquire::Acquired);
        assert_eq!(heartbeat(place.host.as_ref(), &place.folders, "a").await.unwrap(), Hold::Lost);
    }

    fn end_children(pid: u32) {
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
        for child in children.split_whitespace() {
            std::process::Command::new("kill").arg(child).status().unwrap();
        }
    }

    #[tokio::test]
    async fn a_lock_that_changed_hands_is_not_taken_by_its_old_id() {
        let place = place();
        place.acquire("a").await;
        place.silence("a");
        let (host, folders) = (place.host.as_ref(), &place.folders);
        assert_eq!(take_over(host, folders, "a", &owner("b")).await.unwrap(), Acquire::Acquired);
        place.silence("b");
        let Acquire::Held(state) = take_over(host, folders, "a", &owner("c")).await.unwrap() else { panic!("taken") };
        assert_eq!(state.owner.id, "b");
    }

    #[tokio::test]
    async fn ids_that_are_no_names_are_refused() {
        let place = place();
        for id in ["", "..", "a/b", "-x", "a b"] {
            assert!(acquire(place.host.as_ref(), &place.folders, &owner(id)).await.is_err(), "{id:?}");
        }
        assert_eq!(fs::read_dir(place.dir.path()).unwrap().count(), 0);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn of_two_who_ask_at_once_one_wins_a_hundred_times() {
        let place = place();
        for round in 0..100 {
            let (a, b) = (format!("a{round}"), format!("b{round}"));
            let (one, two) = tokio::join!(place.acquire(&a), place.acquire(&b));
            let winner = if one == Acquire::Acquired { &a } else { &b };
            assert_eq!((one == Acquire::Acquired) as u8 + (two == Acquire::Acquired) as u8, 1, "round {round}");
            let lost = if one == Acquire::Acquired { two } else { one };
            assert!(matches!(lost, Acquire::Held(state) if state.owner.id == *winner), "round {round}");
            assert_eq!(release(place.host.as_ref(), &place.folders, winner).await.unwrap(), Hold::Kept);
        }
        assert_eq!(place.leftovers(), Vec::<String>::new());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn of_three_who_take_over_at_once_one_wins_a_hundred_times() {
        let place = place();
        let mut stale = "old".to_owned();
        place.acquire(&stale).await;
        for round in 0..100 {
            place.silence(&stale);
            let ids = ["a", "b", "c"].map(|n| format!("{n}{round}"));
            let owners = ids.clone().map(|id| owner(&id));
            let take = |o| take_over(place.host.as_ref(), &place.folders, &stale, o);
            let (a, b, c) = tokio::join!(take(&owners[0]), take(&owners[1]), take(&owners[2]));
            let won: Vec<String> =
                ids.into_iter().zip([a, b, c]).filter(|(_, r)| matches!(r, Ok(Acquire::Acquired))).map(|(id, _)| id).collect();
            assert_eq!(won.len(), 1, "round {round}");
            stale.clone_from(&won[0]);
        }
        assert_eq!(place.leftovers(), Vec::<String>::new());
    }
}
