//! The host room against machines with an engine and a network of their own: facts, the lock, a network that hangs.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::{sync::Arc, time::Duration};

use plimsoll_core::{
    domain::{
        environment::Folders,
        server::{BootHook, DockerAccess as Access},
    },
    host::{
        Command, Host, HostError,
        facts::{Role, gather, requirements},
        lock::{self, Acquire, Hold, LockOwner},
    },
};
use plimsoll_lab::lab::{DockerAccess, Lab, LabOptions, Machine, MachineOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{shared::shared_lab, support};

async fn own(name: &str, machine: MachineOptions) -> (Lab, Machine, Arc<dyn Host>) {
    let options = LabOptions { machines: vec![machine], ecr: false, ..LabOptions::named(name) };
    let lab = Lab::up(options).await.unwrap();
    let machine = lab.machines[0].clone();
    let host = support::ssh(&machine).await;
    (lab, machine, host)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_says_what_it_is_and_lacks_nothing() {
    let host = support::ssh(shared_lab().machine("server").unwrap()).await;
    let facts = gather(host.as_ref()).await.unwrap();
    assert_eq!(facts.docker, Some(Access::Socket("/var/run/docker.sock".into())));
    assert!(facts.engine.as_deref().is_some_and(|v| v.starts_with("20.10")), "{facts:?}");
    assert_eq!((facts.os_id.as_deref(), facts.data_root.as_deref()), (Some("debian"), Some("/var/lib/docker")));
    assert!(facts.disk_total.is_some_and(|b| b.0 > 1 << 30) && facts.disk_free <= facts.disk_total, "{facts:?}");
    assert!(facts.inodes_free.is_some_and(|n| n > 0) && facts.clock_offset_ms.is_some_and(|ms| ms.abs() < 2000));
    assert_eq!((facts.boot_hook, facts.ec2_type.clone()), (Some(BootHook::Cron), None));
    assert_eq!(requirements(&facts, Role::Serve), []);
    assert_eq!(requirements(&facts, Role::Build), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn docker_behind_sudo_is_found_and_an_engine_that_is_down_is_named() {
    let machine = MachineOptions { access: DockerAccess::Sudo, ..MachineOptions::named("server") };
    let (_lab, machine, host) = own("host-sudo", machine).await;
    let facts = gather(host.as_ref()).await.unwrap();
    assert_eq!(facts.docker, Some(Access::Sudo));
    assert!(facts.engine.is_some() && facts.compose.is_some() && facts.disk_free.is_some(), "{facts:?}");
    machine.stop_docker().await.unwrap();
    let facts = gather(host.as_ref()).await.unwrap();
    assert_eq!((facts.docker.clone(), facts.engine.clone()), (None, None));
    let missing = requirements(&facts, Role::Serve);
    assert_eq!(missing.iter().map(|m| m.what.as_str()).collect::<Vec<_>>(), ["a Docker engine that answers"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_laptops_ask_for_the_lock_over_ssh() {
    let machine = shared_lab().machine("server").unwrap();
    let (one, two) = (support::ssh(machine).await, support::ssh(machine).await);
    let home = one.run(Command::new(["sh", "-c", "printf %s \"$HOME\""])).await.unwrap().text();
    let folders = Folders::new(&home, &"lock-over-ssh".parse().unwrap());
    let owner = |id: &str| LockOwner {
        id: id.into(),
        who: "me@laptop".into(),
        what: "a deploy".into(),
        since: jiff::Timestamp::UNIX_EPOCH,
        step: "pull".into(),
    };
    let (a, b) = (owner("a"), owner("b"));
    let (first, second) = tokio::join!(lock::acquire(one.as_ref(), &folders, &a), lock::acquire(two.as_ref(), &folders, &b));
    let (first, second) = (first.unwrap(), second.unwrap());
    let (winner, lost) = if first == Acquire::Acquired { ("a", second) } else { ("b", first) };
    assert!(matches!(lost, Acquire::Held(state) if state.owner.id == winner && !state.is_stale()));
    assert_eq!(lock::release(one.as_ref(), &folders, winner).await.unwrap(), Hold::Kept);
    assert_eq!(lock::read(two.as_ref(), &folders).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_hangs_is_noticed_within_20_s_and_the_next_call_works() {
    let (_lab, machine, host) = own("host-hangs", MachineOptions::named("server")).await;
    let long = |script: &str| Command::new(["sh", "-c", script]).deadline(Duration::from_secs(900));
    let mut silent = host.spawn(long("echo up; exec sleep 1000")).await.unwrap();
    let mut eager = host.spawn(long("echo up; exec cat >/dev/null")).await.unwrap();
    for running in [&mut silent, &mut eager] {
        running.stdout.read_exact(&mut [0; 3]).await.unwrap();
    }
    let (asker, request) = (host.clone(), long("exec sleep 4711"));
    let request = tokio::spawn(async move { asker.run(request).await });
    while !host.run(Command::new(["pgrep", "-fx", "sleep 4711"])).await.unwrap().success() {}
    // The kernel's own buffer fills up, and then nothing more is taken: no keepalive can be sent there.
    let upload = tokio::spawn(async move { while eager.stdin.write_all(&[0; 65536]).await.is_ok() {} });
    machine.black_hole().await.unwrap();
    let limit = Duration::from_secs(20);
    let all = async { tokio::join!(silent.status, eager.status, request, upload) };
    let (silent, eager, request, _) = tokio::time::timeout(limit, all).await.expect("not noticed within 20 s");
    for result in [silent.map(|_| ()), eager.map(|_| ()), request.unwrap().map(|_| ())] {
        assert!(matches!(result, Err(HostError::ContactLost { .. })), "{result:?}");
    }
    machine.heal().await.unwrap();
    assert!(host.run(Command::new(["true"])).await.unwrap().success());
}
