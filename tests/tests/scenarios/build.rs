//! The build room against a real build VM: a commit there, images in the registry, nothing left behind.

mod project;
mod sink;

use std::sync::Arc;

use plimsoll_core::{
    build::{BuildError, BuildVm, Builder, Built, Ended},
    domain::{platform::Platform, secret::Secret, server::DockerAccess as Access},
    host::Host,
    problem::{Code, Problem},
};
use plimsoll_lab::lab::{DockerAccess, Lab, LabOptions, Machine, MachineOptions};
use tokio_util::sync::CancellationToken;

use self::{
    project::{PASSWORD_OF_NPM, Project},
    sink::Recorder,
};
use crate::support;

/// A lab with a build VM and a registry.
struct World {
    lab: Lab,
    vm: Machine,
    host: Arc<dyn Host>,
    access: Access,
}

impl World {
    async fn up(name: &str, options: MachineOptions) -> Self {
        let access = match options.access {
            DockerAccess::Group => Access::Socket("/var/run/docker.sock".to_owned()),
            DockerAccess::Sudo => Access::Sudo,
        };
        let lab = Lab::up(LabOptions { machines: vec![options], ecr: false, ..LabOptions::named(name) }).await.expect("a lab");
        let vm = lab.machine("vm").expect("a build VM").clone();
        let host = support::ssh(&vm).await;
        Self { lab, vm, host, access }
    }

    fn builder(&self) -> BuildVm {
        BuildVm::new(Arc::clone(&self.host), &self.access)
    }

    async fn build(&self, project: &Project, sink: &Recorder) -> Result<Ended<Built>, BuildError> {
        self.builder().build(&project.job(&self.lab).await, sink, &CancellationToken::new()).await
    }

    /// What a build leaves while it runs, on the VM: processes, credentials, checkouts.
    async fn traces(&self) -> String {
        let look = "ps -eo args | grep -E '[b]uilder-|[b]uildx|[s]leep 987' ; ls -d /dev/shm/plimsoll-* 2>/dev/null; ls -A ~/.plimsoll/builds";
        self.vm.sh(&format!("{look}; true")).await.expect("a shell")
    }

    async fn until_clean(&self) {
        support::until("clean VM", async || self.traces().await.is_empty().then_some(())).await;
    }

    async fn down(self) {
        drop(self.host);
        self.lab.down().await.expect("down");
    }
}

fn built(ended: Result<Ended<Built>, BuildError>) -> Built {
    match ended {
        Ok(Ended::Done(built)) => built,
        other => panic!("not built: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_becomes_images_and_the_next_one_travels_in_under_2_kb() {
    let world = World::up("build-push", MachineOptions::named("vm")).await;
    let (project, builder, cancel) = (Project::new(&world.lab), world.builder(), CancellationToken::new());
    assert_eq!(builder.platforms().await.expect("platforms")[0], host_platform());

    let job = project.job(&world.lab).await;
    let Ok(Ended::Done(first)) = builder.source(&job, &cancel).await else { panic!("no source") };
    assert!(first.payload_bytes > 2000 && first.wire_bytes_up > first.payload_bytes, "{first:?}");
    let Ok(Ended::Done(again)) = builder.source(&job, &cancel).await else { panic!("no source") };
    assert!(again.was_there && again.payload_bytes == 0, "{again:?}");

    let sink = Recorder::default();
    let images = built(world.build(&project, &sink).await);
    assert_eq!(images.notes, Vec::<String>::new());
    project.assert_pushed(&world.lab, &images).await;
    let lines = sink.lines();
    assert!(lines.contains(&("api".to_owned(), "hello from api".to_owned())), "{lines:?}");
    assert!(lines.contains(&("web".to_owned(), "hello from web".to_owned())), "{lines:?}");
    assert!(sink.finished("[api stage-1 3/6] COPY"), "{:?}", sink.steps());

    project.change_one_line();
    let job = project.job(&world.lab).await;
    let Ok(Ended::Done(second)) = builder.source(&job, &cancel).await else { panic!("no source") };
    assert!((1..2000).contains(&second.payload_bytes), "{second:?}");
    let changed = built(world.build(&project, &Recorder::default()).await);
    project.assert_pushed(&world.lab, &changed).await;
    assert_ne!(changed.digests, images.digests);
    assert_eq!(world.traces().await, "");
    world.down().await;
}

fn host_platform() -> Platform {
    Platform::from_uname(std::env::consts::ARCH).expect("a platform")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_dockerfile_shows_its_last_lines() {
    let world = World::up("build-fail", MachineOptions::named("vm")).await;
    let project = Project::new(&world.lab);
    project.run_in_web("for i in 1 2 3; do echo line $i; echo oops $i >&2; done; exit 3");
    let error = world.build(&project, &Recorder::default()).await.expect_err("a failure");
    let BuildError::Failed(failed) = &error else { panic!("{error:?}") };
    assert_eq!(failed.service.as_ref().map(ToString::to_string).as_deref(), Some("web"));
    assert!(failed.step.contains("RUN for i in") && failed.reason.contains("exit code: 3"), "{failed:?}");
    assert!(failed.last_lines.iter().any(|line| line == "oops 3"), "{failed:?}");
    let problem = Problem::from(error);
    assert_eq!((problem.code, problem.title.as_str()), (Code::BuildFailed, "The build of web fails"));
    assert!(problem.detail.contains("line 3"), "{problem:?}");
    assert_eq!(world.traces().await, "");
    world.down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_that_refuses_and_an_engine_that_is_down_are_named() {
    let world = World::up("build-refused", MachineOptions::named("vm")).await;
    let project = Project::new(&world.lab);
    let mut job = project.job(&world.lab).await;
    job.auths[0].password = Secret::new("wrong");
    let refused = world.builder().build(&job, &Recorder::default(), &CancellationToken::new()).await;
    let refused = refused.expect_err("a wrong password");
    assert!(matches!(refused, BuildError::RegistryRefused { .. }), "{refused:?}");
    world.vm.stop_docker().await.expect("a stopped engine");
    for down in [world.builder().platforms().await.err(), world.build(&project, &Recorder::default()).await.err()] {
        assert!(matches!(down, Some(BuildError::EngineDown { .. })), "{down:?}");
    }
    assert_eq!(world.traces().await, "");
    world.down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_named() {
    let small = MachineOptions { disk_mib: 600, ..MachineOptions::named("vm") };
    let world = World::up("build-full", small).await;
    let project = Project::new(&world.lab);
    project.run_in_web("dd if=/dev/zero of=/big bs=1M count=2000");
    let error = world.build(&project, &Recorder::default()).await.expect_err("a full disk");
    assert!(matches!(error, BuildError::NoSpace { .. }), "{error:?}");
    assert_eq!(Problem::from(error).code, Code::DiskFull);
    assert_eq!(world.traces().await, "");
    world.down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelling_ends_the_build_and_takes_its_credentials_along() {
    for access in [DockerAccess::Group, DockerAccess::Sudo] {
        let world = World::up("build-cancel", MachineOptions { access, ..MachineOptions::named("vm") }).await;
        let project = Project::new(&world.lab);
        project.run_in_web("sleep 987");
        let (sink, cancel) = (Recorder::default(), CancellationToken::new());
        let (builder, job) = (world.builder(), project.job(&world.lab).await);
        let watch = async {
            sink.until_started("RUN sleep 987").await;
            support::until("sleep", async || world.traces().await.contains("sleep 987").then_some(())).await;
            assert!(world.traces().await.contains("/dev/shm/plimsoll-"));
            assert_no_secret_is_seen(&world).await;
            cancel.cancel();
        };
        let (ended, ()) = tokio::join!(builder.build(&job, &sink, &cancel), watch);
        assert_eq!(ended.expect("an end"), Ended::Cancelled);
        world.until_clean().await;
        world.down().await;
    }
}

/// Nothing that any user could read of any process: arguments and, for the login itself, environments.
async fn assert_no_secret_is_seen(world: &World) {
    let seen =
        world.vm.sh("cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'; true").await.expect("a shell");
    assert!(seen.contains("buildx"), "{seen}");
    for secret in [PASSWORD_OF_NPM, &world.lab.registry.password] {
        assert!(!seen.contains(secret), "a secret is in /proc");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_dies_takes_its_build_along() {
    let world = World::up("build-died", MachineOptions::named("vm")).await;
    let project = Project::new(&world.lab);
    project.run_in_web("sleep 987");
    let (sink, cancel) = (Recorder::default(), CancellationToken::new());
    let (builder, job) = (world.builder(), project.job(&world.lab).await);
    tokio::select! {
        ended = builder.build(&job, &sink, &cancel) => panic!("it ended: {ended:?}"),
        () = sink.until_started("RUN sleep 987") => {}
    }
    world.until_clean().await;
    world.down().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_build_left_is_swept_by_the_next() {
    let world = World::up("build-swept", MachineOptions::named("vm")).await;
    let project = Project::new(&world.lab);
    project.run_in_web("sleep 987");
    let (sink, cancel) = (Recorder::default(), CancellationToken::new());
    let (builder, job) = (world.builder(), project.job(&world.lab).await);
    let kill = async {
        sink.until_started("RUN sleep 987").await;
        // The script and its guard, then the client: nobody is left to clean up.
        world.vm.sh("kill -9 $(ps -eo pid,args | awk '/[b]uilder-.* (build|guard) /{print $1}')").await.expect("a kill");
    };
    tokio::select! {
        ended = builder.build(&job, &sink, &cancel) => panic!("it ended: {ended:?}"),
        () = kill => {}
    }
    assert!(world.traces().await.contains("/dev/shm/plimsoll-"), "something must be left for this test");
    project.run_in_web("true");
    built(world.build(&project, &Recorder::default()).await);
    world.until_clean().await;
    world.down().await;
}

/// buildx gives up what nobody has read three seconds after the last step: the build must not feel a slow listener.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_million_lines_arrive_in_order_even_if_nobody_listens_before_the_end() {
    let world = World::up("build-lines", MachineOptions::named("vm")).await;
    let project = Project::new(&world.lab);
    project.run_in_web("seq 1 1000000");
    let sink = Recorder::closed();
    let listen = async {
        project.until_pushed(&world.lab).await;
        sink.open();
    };
    let (images, ()) = tokio::join!(world.build(&project, &sink), listen);
    assert_eq!(built(images).notes, Vec::<String>::new());
    let lines = sink.lines();
    let numbers = lines.iter().filter(|(service, _)| service == "web").filter_map(|(_, line)| line.parse::<u64>().ok());
    assert!(numbers.eq(1..=1_000_000));
    assert!(sink.largest_batch() <= 1000);
    world.down().await;
}
