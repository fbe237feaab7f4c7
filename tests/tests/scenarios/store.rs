//! The store in processes of its own: killed inside writes, two at once, no byte left.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use plimsoll_core::{
    domain::{deployment::Status, id::DeploymentId},
    store::{Store, logs::LogFilter},
};

const CHILD: &str = env!("CARGO_BIN_EXE_store_child");
const ROUNDS: u64 = 8;

/// What a child said it was told before it died.
#[derive(Debug, Default)]
struct Acknowledged {
    deployment: Option<DeploymentId>,
    events: u64,
    lines: u64,
    end: bool,
}

fn acknowledged(output: &Output) -> Acknowledged {
    let mut all = Acknowledged::default();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        match line.split_once(' ') {
            Some(("deployment", id)) => all.deployment = id.parse().ok(),
            Some(("event", n)) => all.events = n.parse::<u64>().expect("a number") + 1,
            Some(("lines", n)) => all.lines = n.parse().expect("a number"),
            _ => all.end = line == "end",
        }
    }
    all
}

/// Everything acknowledged is there, nothing is half there.
async fn verify(dir: &Path, told: &Acknowledged) {
    let store = Store::open(dir).await.expect("the store opens");
    assert_eq!(store.recovered(), [], "nothing is damaged");
    let Some(id) = told.deployment else { return };
    let deployment = store.deployments().get(id).await.expect("it is read").expect("an acknowledged deployment is there");
    let events = store.events().read(id, 0, 0).await.expect("they are read");
    assert!(events.iter().map(|e| e.index).eq(0..events.len() as u64), "events have no gaps");
    assert!(events.len() as u64 >= told.events, "{told:?}, but {} events", events.len());
    let ended = events.len() as u64 == ROUNDS + 1;
    assert_eq!(deployment.status == Status::Live, ended, "the end and its event are one");
    assert!(ended || !told.end, "an acknowledged end is there");
    let lines = store.logs().read(id, 1, usize::MAX, &LogFilter::default()).await.expect("they are read");
    assert!(lines.len() as u64 >= told.lines && lines.len() % 3 == 0, "{told:?}, but {} lines", lines.len());
    assert!(lines.iter().map(|l| l.number).eq(1..=lines.len() as u64), "lines have no gaps");
    store.close().await;
}

#[tokio::test]
async fn a_process_killed_inside_a_write_loses_nothing_it_was_told() {
    // Every commit syncs once, so each gap between two commits is met; writes are many and alike.
    for (call, step) in [("fsync", 1), ("pwrite64", 3), ("ftruncate", 1)] {
        let mut killed = 0;
        for when in (1..).step_by(step) {
            let dir = tempfile::tempdir().expect("a folder");
            let inject = format!("inject={call}:signal=SIGKILL:when={when}");
            let output = Command::new("strace")
                .args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e", &inject, CHILD, "write"])
                .arg(dir.path())
                .arg(ROUNDS.to_string())
                .output()
                .expect("strace is installed");
            let told = acknowledged(&output);
            verify(dir.path(), &told).await;
            if output.status.success() {
                break;
            }
            killed += 1;
        }
        assert!(killed > 0, "{call} was never met");
    }
}

#[tokio::test]
async fn two_processes_share_a_store() {
    let dir = tempfile::tempdir().expect("a folder");
    let children: Vec<_> = (0..2)
        .map(|_| {
            let mut child = Command::new(CHILD);
            child.arg("write").arg(dir.path()).arg(ROUNDS.to_string()).stdout(Stdio::piped()).spawn().expect("it starts")
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().expect("it ends");
        let told = acknowledged(&output);
        assert!(output.status.success() && told.end, "{told:?}");
        verify(dir.path(), &told).await;
    }
}

/// In a mount namespace of its own: the file system goes with the process, however that ends.
#[test]
fn with_no_byte_free_an_end_is_recorded_and_the_history_opens() {
    let dir = tempfile::tempdir().expect("a folder");
    let script = r#"mount -t tmpfs -o size=16m none "$2"; "$1" fill "$2"; rm "$2"/store/*-shm; "$1" reopen "$2""#;
    let output = Command::new("unshare")
        .args(["--mount", "sh", "-ec", script, "sh", CHILD])
        .arg(dir.path())
        .output()
        .expect("unshare runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn without_a_keychain_the_answer_is_typed_and_nothing_is_written() {
    let home = tempfile::tempdir().expect("a folder");
    let output = Command::new(CHILD)
        .arg("keychain")
        .env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}/none", home.path().display()))
        .envs(["HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME"].map(|name| (name, home.path())))
        .output()
        .expect("it runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "unavailable\n", "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(std::fs::read_dir(home.path()).expect("the folder").count(), 0);
    assert!(!String::from_utf8_lossy(&output.stderr).contains("canary"));
}
