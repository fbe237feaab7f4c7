//! The docker room against real engines.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use futures_util::TryStreamExt;
use plimsoll_core::{
    docker::{
        ContainerState, Down, Engine, EngineError, Follow, Health, LineSplitter, LogOptions, LogSource, release_repository,
    },
    domain::{
        image::{Digest, PinnedImage},
        registry::RegistryAuth,
        secret::Secret,
        server::DockerAccess,
    },
    host::{ByteStream, Command, Host, HostError, Output, Running, Traffic},
    plan::fit,
    problem::{Code, Problem},
    registry,
};
use plimsoll_lab::lab::{Image, Lab, LabOptions, Machine, MachineOptions, Registry, sha256};
use serde_json::json;

use crate::{shared::shared_lab, support};

const SOCKET: &str = "/var/run/docker.sock";

fn socket() -> DockerAccess {
    DockerAccess::Socket(SOCKET.to_owned())
}

/// A lab with one machine; the engine's tests need no more.
async fn lab(name: &str, machine: MachineOptions) -> Lab {
    let options = LabOptions { machines: vec![machine], ecr: false, ..LabOptions::named(name) };
    Lab::up(options).await.expect("a lab")
}

/// The server that all tests share: nothing is broken there, and names are each test's own.
async fn shared() -> (&'static Lab, Machine, Engine) {
    let lab = shared_lab();
    let machine = lab.machine("server").expect("a server").clone();
    let engine = Engine::connect(support::ssh(&machine).await, &socket()).await.expect("an engine");
    (lab, machine, engine)
}

async fn server(name: &str) -> (Lab, Machine, Arc<dyn Host>) {
    let lab = lab(name, MachineOptions::named("server")).await;
    let machine = lab.machine("server").expect("a server").clone();
    let host = support::ssh(&machine).await;
    (lab, machine, host)
}

fn login(registry: &Registry) -> RegistryAuth {
    RegistryAuth { host: registry.address.clone(), user: registry.user.clone(), password: Secret::new(&registry.password) }
}

async fn base(lab: &Lab, name: &str) -> PinnedImage {
    let client = support::client(&lab.registry).await;
    let reference = lab.registry.base(name);
    let digest = client.resolve(&reference).await.expect("an answer").expect("the base image");
    reference.parse::<registry::ImageName>().expect("a name").at(digest)
}

fn nowhere(registry: &Registry, path: &str) -> PinnedImage {
    let digest: Digest = format!("sha256:{}", "0".repeat(64)).parse().expect("a digest");
    PinnedImage { repository: format!("{}/{path}", registry.address), digest }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_is_pulled_by_digest_with_the_callers_login() {
    let (lab, machine, host) = server("docker-pull").await;
    let engine = Engine::connect(host, &socket()).await.expect("an engine");
    let info = engine.info().await.expect("facts");
    assert_eq!((info.data_root.as_str(), info.platform.os.as_str()), ("/var/lib/docker", "linux"));

    let image = base(&lab, "busybox").await;
    let wanted = support::client(&lab.registry).await.image(&image, &info.platform).await.expect("an answer").expect("an image");
    let wanted = wanted.runs.expect("this platform");
    let before = engine.all_chain_ids().await.expect("layers");
    assert_eq!(fit::missing([&wanted], &before).layers, wanted.layers);

    assert_refusals(&engine, &lab.registry, &image).await;

    let mut last = None;
    engine.pull(&image, Some(&login(&lab.registry)), &mut |p| last = Some(p)).await.expect("a pull");
    let last = last.expect("progress");
    assert_eq!((last.layers, last.layers_done), (1, 1));
    assert_eq!(fit::missing([&wanted], &engine.all_chain_ids().await.expect("layers")).layers, []);
    let kept =
        machine.sh("cat /home/*/.docker/config.json /root/.docker/config.json 2>/dev/null || true").await.expect("a shell");
    assert_eq!(kept, "", "the login stays on this laptop");

    assert_names(&engine, &image).await;
    lab.down().await.expect("down");
}

async fn assert_refusals(engine: &Engine, registry: &Registry, image: &PinnedImage) {
    let wrong = RegistryAuth { password: Secret::new("wrong"), ..login(registry) };
    let refused = engine.pull(image, Some(&wrong), &mut |_| {}).await.expect_err("a wrong password");
    assert!(matches!(refused, EngineError::RegistryRefused { .. }), "{refused:?}");
    assert_eq!(Problem::from(refused).code, Code::RegistryRefused);
    let refused = engine.pull(image, None, &mut |_| {}).await.expect_err("no password");
    assert!(matches!(refused, EngineError::RegistryRefused { .. }), "{refused:?}");
    for path in ["base/busybox", "no/such-repository"] {
        let missing =
            engine.pull(&nowhere(registry, path), Some(&login(registry)), &mut |_| {}).await.expect_err("nothing there");
        assert!(matches!(missing, EngineError::ImageMissing { .. }), "{missing:?}");
    }
}

async fn assert_names(engine: &Engine, image: &PinnedImage) {
    let repository = release_repository(&"My $(id) Shop".parse().expect("a name"), &"api".parse().expect("a name"));
    engine.tag(&image.to_string(), &repository, "0123456789ab").await.expect("a tag");
    let tag = format!("{repository}:0123456789ab");
    assert_eq!(engine.our_tags().await.expect("tags"), std::slice::from_ref(&tag));
    let facts = engine.inspect_image(&tag).await.expect("an answer").expect("the image");
    assert!(facts.digests.contains(&image.to_string()) && facts.diff_ids.len() == 1);
    engine.untag(&tag).await.expect("untag");
    engine.untag(&tag).await.expect("untag twice");
    assert_eq!(engine.inspect_image(&tag).await.expect("an answer"), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_without_the_engines_platform_is_said_to_be_one() {
    let (lab, _machine, engine) = shared().await;
    let digest = support::put_index(&lab.registry, "other/api", "1", &["s390x", "arm64"]).await;
    let image = PinnedImage { repository: format!("{}/other/api", lab.registry.address), digest };
    let auth = login(&lab.registry);
    let offered = engine.distribution(&image.to_string(), Some(&auth)).await.expect("an answer").platforms;
    assert_eq!(offered.iter().map(ToString::to_string).collect::<Vec<_>>(), ["linux/s390x", "linux/arm64"]);
    let wrong = engine.pull(&image, Some(&auth), &mut |_| {}).await.expect_err("another platform");
    assert!(matches!(wrong, EngineError::WrongPlatform { .. }), "{wrong:?}");
    assert_eq!(Problem::from(wrong).code, Code::WrongPlatform);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn containers_tell_how_they_are() {
    let (lab, machine, engine) = shared().await;
    let image = base(lab, "busybox").await;
    engine.pull(&image, Some(&login(&lab.registry)), &mut |_| {}).await.expect("a pull");
    let image = image.to_string();
    let run = async |service: &str, extra: &[&str], command: &[&str]| {
        let label = format!("com.docker.compose.service={service}");
        let head = ["docker", "run", "-d", "--label", "com.docker.compose.project=told", "--label", &label, "--name", service];
        machine.exec(&[&head, extra, &[image.as_str()], command].concat()).await.expect("a container").trim().to_owned()
    };
    let web = run("web", &["--memory", "64m", "--health-cmd", "true", "--health-interval", "200ms"], &["sleep", "600"]).await;
    let crash = run("crash", &["--restart", "on-failure:2"], &["sh", "-c", "exit 7"]).await;
    let said = run("said", &[], &["sh", "-c", "printf 'one\\nt'; echo two >&2; printf 'wo\\n'"]).await;
    let greedy = run("greedy", &["--memory", "16m", "--memory-swap", "16m"], &["sleep", "600"]).await;
    // The engine listens for the kernel's word only once the container runs, and hears it beside the end of the process:
    // so the memory is asked for afterwards, and the container ends only after the word was heard.
    machine.exec(&["docker", "exec", &greedy, "sh", "-c", "tail /dev/zero; true"]).await.expect("a greedy process");
    let heard = ["docker", "events", "--since", "1h", "--until", "0s", "--filter", "event=oom", "--filter", "container=greedy"];
    support::until("the kernel's word", async || {
        let events = machine.exec(&heard).await.expect("events");
        (!events.trim().is_empty()).then_some(())
    })
    .await;
    machine.exec(&["docker", "kill", &greedy]).await.expect("an end");
    machine.exec(&["docker", "wait", &said, &greedy]).await.expect("their ends");
    let killed = engine.container(&greedy).await.expect("an answer").expect("a container");
    assert!(killed.oom_killed && killed.exit_code == 137, "{killed:?}");

    assert_eq!(engine.containers_of(&"other".parse().expect("a name")).await.expect("an answer"), []);
    let mut names: Vec<_> =
        engine.containers_of(&"told".parse().expect("a name")).await.expect("an answer").into_iter().map(|c| c.service).collect();
    names.sort();
    assert_eq!(names, ["crash", "greedy", "said", "web"].map(|name| Some(name.to_owned())));

    let facts = support::until("a healthy container", async || {
        let facts = engine.container(&web).await.expect("an answer").expect("a container");
        (facts.health == Some(Health::Healthy)).then_some(facts)
    })
    .await;
    assert_eq!(
        (facts.state, facts.memory_limit.map(|m| m.0), facts.image_ref.as_str()),
        (ContainerState::Running, Some(64 << 20), image.as_str())
    );
    assert!(facts.started.is_some() && !facts.image_id.is_empty());
    assert!(engine.stats(&web).await.expect("stats").memory.0 > 0);

    let facts = support::until("two restarts", async || {
        let facts = engine.container(&crash).await.expect("an answer").expect("a container");
        (facts.state == ContainerState::Exited && facts.restarts == 2).then_some(facts)
    })
    .await;
    assert_eq!((facts.exit_code, facts.oom_killed), (7, false));

    engine.stop(&web, Duration::from_secs(0)).await.expect("stop");
    engine.stop(&web, Duration::from_secs(0)).await.expect("stop twice");
    engine.start(&web).await.expect("start");
    engine.restart(&web, Duration::from_secs(0)).await.expect("restart");
    assert_eq!(engine.container(&web).await.expect("an answer").map(|c| c.state), Some(ContainerState::Running));
    assert_eq!(engine.container("nobody").await.expect("an answer"), None);

    for follow in [Follow::No, Follow::Yes] {
        let chunks: Vec<_> = engine.logs(&said, LogOptions { follow, tail: None }).try_collect().await.expect("a log");
        let of = |source: LogSource| {
            let mut lines = LineSplitter::default();
            chunks.iter().filter(|c| c.source == source).flat_map(|c| lines.push(&c.bytes)).collect::<Vec<_>>()
        };
        assert_eq!(
            (of(LogSource::Stdout), of(LogSource::Stderr)),
            (vec!["one".to_owned(), "two".to_owned()], vec!["two".to_owned()])
        );
    }
    machine.exec(&["docker", "rm", "--force", &web, &crash, &said, &greedy]).await.expect("gone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_is_down_says_why() {
    let (lab, machine, host) = server("docker-down").await;
    let counted = Arc::new(Counted { inner: Arc::clone(&host), dials: AtomicUsize::new(0) });
    let engine = Engine::connect(Arc::clone(&counted) as Arc<dyn Host>, &socket()).await.expect("an engine");
    for _ in 0..300 {
        engine.ping().await.expect("an answer");
    }
    let dials = counted.dials.load(Ordering::SeqCst);
    // A connection that is not back in the pool yet is no reason to wait, so there may be a few.
    assert!(dials <= 8, "{dials} connections for 300 requests");

    let why = async |access: &DockerAccess| match Engine::connect(Arc::clone(&host), access).await {
        Err(EngineError::Down { why, .. }) => why,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("nobody should answer"),
    };
    assert_eq!(why(&DockerAccess::Socket("/run/no.sock".to_owned())).await, Down::SocketMissing("/run/no.sock".to_owned()));
    assert_eq!(
        why(&DockerAccess::Sudo).await,
        Down::PermissionDenied { user: "deploy".to_owned(), what: "sudo -n docker".to_owned() }
    );

    machine.stop_docker().await.expect("stop");
    let gone = engine.ping().await.expect_err("nobody there");
    assert!(gone.is_passing() || matches!(gone, EngineError::Host(_)), "{gone:?}");
    let asleep = why(&socket()).await;
    assert!(matches!(asleep, Down::Refused(_) | Down::SocketMissing(_)), "{asleep:?}");

    machine.start_docker().await.expect("start");
    engine.ping().await.expect("the same engine object finds the way back");
    machine.sh("chgrp root /var/run/docker.sock").await.expect("chgrp");
    assert_eq!(why(&socket()).await, Down::PermissionDenied { user: "deploy".to_owned(), what: SOCKET.to_owned() });
    lab.down().await.expect("down");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_forwarding_or_the_group_a_command_carries_the_engine() {
    let lab =
        lab("docker-stdio", MachineOptions { access: plimsoll_lab::lab::DockerAccess::Sudo, ..MachineOptions::named("server") })
            .await;
    let machine = lab.machine("server").expect("a server").clone();
    let engine = Engine::connect(support::ssh(&machine).await, &DockerAccess::Sudo).await.expect("an engine behind sudo");
    assert_many(&engine).await;

    machine.sh("usermod -aG docker deploy; echo AllowStreamLocalForwarding no >>/etc/ssh/sshd_config; kill -HUP \"$(cat /run/sshd.pid)\"").await.expect("forbid");
    machine.wait_for_ssh().await.expect("sshd");
    let host = Arc::new(Counted { inner: support::ssh(&machine).await, dials: AtomicUsize::new(0) });
    let engine = Engine::connect(Arc::clone(&host) as Arc<dyn Host>, &socket()).await.expect("an engine without forwarding");
    assert_many(&engine).await;
    assert!(host.dials.load(Ordering::SeqCst) > 0, "the socket was tried first");
    lab.down().await.expect("down");
}

/// More at a time than sshd allows sessions.
async fn assert_many(engine: &Engine) {
    let asked: Vec<_> = (0..40).map(|_| engine.info()).collect();
    for answer in futures_util::future::join_all(asked).await {
        assert_eq!(answer.expect("an answer").data_root, "/var/lib/docker");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_and_a_stopped_engine_leave_a_pull_that_can_be_repeated() {
    let lab = lab("docker-full", MachineOptions { disk_mib: 900, ..MachineOptions::named("server") }).await;
    let machine = lab.machine("server").expect("a server").clone();
    let engine = Engine::connect(support::ssh(&machine).await, &socket()).await.expect("an engine");
    let image = big(&lab.registry);
    let auth = login(&lab.registry);

    machine.fill_disk(40 << 20).await.expect("a full disk");
    let full = engine.pull(&image, Some(&auth), &mut |_| {}).await.expect_err("no room");
    assert!(matches!(full, EngineError::NoSpace { .. }), "{full:?}");
    assert_eq!(Problem::from(full).code, Code::DiskFull);
    machine.free_disk().await.expect("room");

    let (tell, mut told) = tokio::sync::mpsc::channel(1);
    let mut on_progress = |p: plimsoll_core::docker::PullProgress| {
        if p.fetched.0 > 0 {
            let _ = tell.try_send(());
        }
    };
    let stop = async {
        told.recv().await;
        machine.stop_docker().await.expect("stop");
    };
    let (broken, ()) = tokio::join!(engine.pull(&image, Some(&auth), &mut on_progress), stop);
    let broken = broken.expect_err("the engine went away");
    assert!(broken.is_passing(), "{broken:?}");
    machine.start_docker().await.expect("start");
    engine.pull(&image, Some(&auth), &mut |_| {}).await.expect("the repeated pull");
    lab.down().await.expect("down");
}

/// 150 MB that no compression makes smaller: long enough to be interrupted.
fn big(registry: &Registry) -> PinnedImage {
    let mut state = 1_u64;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u8
    });
    let content: Vec<u8> = noise.take(150 << 20).collect();
    let layer = support::tar("noise", &content);
    let diff_id = sha256(&layer);
    let image =
        Image { repository: "shop/big", tag: "1", architecture: "amd64", config: json!({}), layer: &layer, diff_id: &diff_id };
    let digest = registry.storage().put(&image).expect("an image").parse().expect("a digest");
    PinnedImage { repository: format!("{}/shop/big", registry.address), digest }
}

/// Counts how often a socket is dialled.
struct Counted {
    inner: Arc<dyn Host>,
    dials: AtomicUsize,
}

#[async_trait]
impl Host for Counted {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn run(&self, command: Command) -> Result<Output, HostError> {
        self.inner.run(command).await
    }

    async fn spawn(&self, command: Command) -> Result<Running, HostError> {
        self.inner.spawn(command).await
    }

    async fn dial(&self, socket: &str) -> Result<ByteStream, HostError> {
        self.dials.fetch_add(1, Ordering::SeqCst);
        self.inner.dial(socket).await
    }

    async fn dial_bulk(&self, socket: &str) -> Result<ByteStream, HostError> {
        self.inner.dial_bulk(socket).await
    }

    async fn put(&self, path: &str, content: &[u8], mode: u32) -> Result<(), HostError> {
        self.inner.put(path, content, mode).await
    }

    async fn get(&self, path: &str, cap: u64) -> Result<Option<Vec<u8>>, HostError> {
        self.inner.get(path, cap).await
    }

    fn traffic(&self) -> Traffic {
        self.inner.traffic()
    }
}
