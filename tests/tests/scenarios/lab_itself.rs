//! The lab itself: what every other scenario takes for granted.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use plimsoll_lab::lab::{self, DockerAccess, Lab, LabOptions, Machine, MachineOptions, Process, until};

use super::shared::{hold, log_in, shared_lab, ssh, ssh_with, text};

const SOON: Duration = Duration::from_secs(30);

async fn own(name: &str) -> Machine {
    shared_lab().add(&MachineOptions { disk_mib: 2048, ..MachineOptions::named(name) }).await.expect("a machine")
}

#[tokio::test]
async fn every_machine_has_ssh_docker_and_the_plugins() {
    for machine in &shared_lab().machines {
        let output =
            ssh(machine, "docker info -f '{{.Driver}}' && docker compose version --short && docker buildx version && hostname")
                .await;
        let said = text(&output.stdout);
        assert!(output.status.success(), "{said} {}", text(&output.stderr));
        assert!(said.starts_with("overlay2\n"), "{said}");
        assert!(said.ends_with(&machine.name), "{said}");
    }
}

#[tokio::test]
async fn an_image_built_on_the_vm_runs_on_the_server() {
    let lab = shared_lab();
    let (vm, server) = (lab.machine("vm").unwrap(), lab.machine("server").unwrap());
    log_in(lab, vm).await;
    log_in(lab, server).await;
    let image = format!("{}/lab-itself/hello:1", lab.registry.address);
    let dockerfile = format!("FROM {}\nRUN echo built > /hello\nCMD [\"cat\", \"/hello\"]\n", lab.registry.base("busybox"));
    let build = format!("printf '{}' | docker buildx build --quiet --push -t {image} -", dockerfile.replace('\n', "\\n"));
    let built = ssh(vm, &build).await;
    assert!(built.status.success(), "{}", text(&built.stderr));
    let ran = ssh(server, &format!("docker run --rm {image}")).await;
    assert_eq!(text(&ran.stdout), "built", "{}", text(&ran.stderr));
}

#[tokio::test]
async fn the_registry_refuses_a_stranger() {
    let lab = shared_lab();
    let machine = own("stranger").await;
    let pulled = ssh(&machine, &format!("docker pull {}", lab.registry.base("busybox"))).await;
    assert!(!pulled.status.success());
    assert!(text(&pulled.stderr).contains("no basic auth credentials"), "{}", text(&pulled.stderr));
    machine.remove().await.unwrap();
}

#[tokio::test]
async fn every_base_image_starts() {
    let lab = shared_lab();
    let vm = lab.machine("vm").unwrap();
    log_in(lab, vm).await;
    for (name, command, answer) in [
        ("python", "python -c 'import http.server, json, ssl, sqlite3; print(6 * 7)'", "42"),
        ("redis", "redis-server --version", "Redis server"),
        ("caddy", "caddy version", "2."),
        ("busybox", "sh -c 'echo hi'", "hi"),
    ] {
        let output = ssh(vm, &format!("docker run --rm {} {command}", lab.registry.base(name))).await;
        assert!(text(&output.stdout).contains(answer), "{name}: {} {}", text(&output.stdout), text(&output.stderr));
    }
}

#[tokio::test]
async fn ecr_takes_and_gives_images_and_keeps_its_rules() {
    let lab = shared_lab();
    let ecr = lab.ecr.as_ref().expect("the lab has an ECR");
    let vm = lab.machine("vm").unwrap();
    log_in(lab, vm).await;
    let call = async |action: &str, body: &str| {
        let target = format!("X-Amz-Target: AmazonEC2ContainerRegistry_V20150921.{action}");
        let credential = format!("Authorization: AWS4-HMAC-SHA256 Credential=lab/20250101/{}/ecr/aws4_request", ecr.region);
        let json = "Content-Type: application/x-amz-json-1.1";
        lab::run(&["curl", "-fsS", &ecr.endpoint, "-H", &target, "-H", &credential, "-H", json, "-d", body]).await.unwrap()
    };
    call("CreateRepository", r#"{"repositoryName":"lab/fixed","imageTagMutability":"IMMUTABLE"}"#).await;
    let token: serde_json::Value = serde_json::from_str(&call("GetAuthorizationToken", "{}").await).unwrap();
    let token = token["authorizationData"][0]["authorizationToken"].as_str().unwrap().to_owned();

    let login =
        ssh(vm, &format!("echo {token} | base64 -d | cut -d: -f2- | docker login -u AWS --password-stdin {}", ecr.address)).await;
    assert!(login.status.success(), "{}", text(&login.stderr));
    let push = async |name: &str, from: &str| {
        let target = format!("{}/{name}", ecr.address);
        ssh(
            vm,
            &format!(
                "docker pull -q {from} >&2 && docker tag {from} {target} && docker push -q {target}",
                from = lab.registry.base(from)
            ),
        )
        .await
    };
    let first = push("lab/fixed:1", "busybox").await;
    assert!(first.status.success(), "{}", text(&first.stderr));
    let again = push("lab/fixed:1", "caddy").await;
    assert!(text(&again.stderr).contains("immutable"), "{}", text(&again.stderr));
    let unknown = push("lab/unknown:1", "busybox").await;
    assert!(text(&unknown.stderr).contains("does not exist in the registry"), "{}", text(&unknown.stderr));
    let images = call("DescribeImages", r#"{"repositoryName":"lab/fixed"}"#).await;
    assert!(images.contains("sha256:"), "{images}");
}

#[tokio::test]
async fn a_reboot_keeps_the_disk_and_runs_the_boot_lines() {
    let machine = own("reboots").await;
    let line = "echo '@reboot date >> $HOME/boots' | crontab - && echo kept > $HOME/kept && touch /tmp/gone";
    assert!(ssh(&machine, line).await.status.success());
    machine.reboot().await.unwrap();
    until("the @reboot line", SOON, async || {
        let seen = ssh(&machine, "cat boots kept; ls /tmp/gone").await;
        let (out, err) = (text(&seen.stdout), text(&seen.stderr));
        if out.ends_with("kept") && out.lines().count() == 2 && err.contains("/tmp/gone") {
            Ok(())
        } else {
            Err(format!("{out} {err}"))
        }
    })
    .await
    .unwrap();
    machine.remove().await.unwrap();
}

#[tokio::test]
async fn containers_come_back_after_a_power_cut_and_with_the_engine() {
    let lab = shared_lab();
    let machine = own("power").await;
    log_in(lab, &machine).await;
    let start = format!("docker run -d --name app --restart unless-stopped {} sleep 1000", lab.registry.base("busybox"));
    assert!(ssh(&machine, &start).await.status.success());
    machine.reboot().await.unwrap();
    running(&machine).await;
    machine.stop_docker().await.unwrap();
    assert!(!ssh(&machine, "docker ps").await.status.success());
    machine.start_docker().await.unwrap();
    running(&machine).await;
    machine.remove().await.unwrap();
}

async fn running(machine: &Machine) {
    until("the container", SOON, async || {
        let seen = ssh(machine, "docker ps -q --filter name=app").await;
        if text(&seen.stdout).is_empty() { Err(text(&seen.stderr)) } else { Ok(()) }
    })
    .await
    .expect("the container runs");
}

#[tokio::test]
async fn a_black_hole_swallows_ssh_until_it_is_healed() {
    let machine = own("hole").await;
    machine.black_hole().await.unwrap();
    let lost = ssh_with(&machine, &["ConnectTimeout=1"], "true").await;
    assert!(text(&lost.stderr).contains("timed out"), "{}", text(&lost.stderr));
    machine.heal().await.unwrap();
    assert!(ssh(&machine, "true").await.status.success());
    machine.refuse_port(22).await.unwrap();
    let refused = ssh(&machine, "true").await;
    assert!(text(&refused.stderr).contains("refused"), "{}", text(&refused.stderr));
    machine.remove().await.unwrap();
}

#[tokio::test]
async fn a_cut_session_ends_and_what_it_detached_goes_on() {
    let machine = own("cut").await;
    for reset in [false, true] {
        let session = {
            let machine = machine.clone();
            tokio::spawn(async move {
                let chatty = "setsid sh -c 'echo $$ > pid; exec sleep 1000' < /dev/null > /dev/null 2>&1 & while echo tick; do sleep 0.1; done";
                ssh_with(&machine, &["ServerAliveInterval=1"], chatty).await
            })
        };
        until("the detached process", SOON, async || {
            machine.sh("kill -0 $(cat /home/deploy/pid)").await.map(drop).map_err(|e| e.to_string())
        })
        .await
        .unwrap();
        if reset {
            machine.reset_connections().await.unwrap()
        } else {
            machine.kill_sshd_connections().await.unwrap()
        }
        let ended = session.await.unwrap();
        assert_eq!(ended.status.code(), Some(255), "{}", text(&ended.stderr));
        machine.sh("kill -0 $(cat /home/deploy/pid) && kill $(cat /home/deploy/pid) && rm /home/deploy/pid").await.unwrap();
        machine.heal().await.unwrap();
    }
    machine.remove().await.unwrap();
}

#[tokio::test]
async fn a_new_host_key_is_of_the_wanted_type_and_different() {
    let machine = own("rekeyed").await;
    let before = machine.host_key("ed25519").await.unwrap();
    let same_type = machine.new_host_key("ed25519").await.unwrap();
    assert_ne!(before, same_type);
    machine.new_host_key("ecdsa").await.unwrap();
    assert!(machine.host_key("ed25519").await.is_err(), "the old key is gone");
    assert!(ssh(&machine, "true").await.status.success());
    machine.remove().await.unwrap();
}

#[tokio::test]
async fn a_full_disk_is_full_for_everybody() {
    let machine = own("full").await;
    machine.fill_disk(1 << 20).await.unwrap();
    let write = "head -c 4000000 /dev/zero > big && sync big";
    let full = ssh(&machine, write).await;
    assert!(text(&full.stderr).contains("No space left"), "{}", text(&full.stderr));
    machine.free_disk().await.unwrap();
    assert!(ssh(&machine, write).await.status.success());
    machine.remove().await.unwrap();
}

#[tokio::test]
async fn a_login_may_be_limited_to_sudo() {
    let options = MachineOptions { access: DockerAccess::Sudo, disk_mib: 2048, ..MachineOptions::named("sudoers") };
    let machine = shared_lab().add(&options).await.unwrap();
    assert!(!ssh(&machine, "docker ps").await.status.success());
    let sudo = ssh(&machine, "sudo -n docker ps").await;
    assert!(sudo.status.success(), "{}", text(&sudo.stderr));
    machine.remove().await.unwrap();
}

#[tokio::test]
async fn labs_stand_side_by_side_and_go_without_a_trace() {
    let first = shared_lab();
    let second = Lab::up(small("beside")).await.unwrap();
    assert_ne!(first.subnet, second.subnet);
    let machine = second.machine("server").unwrap();
    assert!(ssh(machine, "docker ps").await.status.success());
    let reach = machine.exec(&["curl", "-sS", "--max-time", "1", &format!("http://{}/v2/", first.registry.address)]).await;
    assert!(reach.is_err(), "one lab reaches into another: {reach:?}");
    assert!(Lab::up(small("beside")).await.is_err(), "a second lab of the same name");

    let before = Traces::of(&second);
    assert!(before.all_there(), "the check would see a lab that is up: {before:?}");
    second.down().await.unwrap();
    let after = before.left();
    assert!(after.is_empty(), "left behind: {after:?}");
}

#[tokio::test]
async fn the_leftovers_of_a_killed_owner_are_swept() {
    let name = format!("orphan-{}", std::process::id());
    let mut keeper = hold(&name);
    let traces = Traces::of(&Lab::attach(&name).unwrap());
    keeper.kill().unwrap();
    keeper.wait().unwrap();
    assert!(traces.all_there(), "killing its owner alone ends nothing: {traces:?}");
    let next = Lab::up(small("next")).await.unwrap();
    let left = traces.left();
    assert!(left.is_empty(), "left behind: {left:?}");
    assert!(lab::labs().iter().all(|record| record.name != name));
    next.down().await.unwrap();
}

fn small(name: &str) -> LabOptions {
    let machines = vec![MachineOptions { disk_mib: 1024, ..MachineOptions::named("server") }];
    LabOptions { ecr: false, machines, ..LabOptions::named(&format!("{name}-{}", std::process::id())) }
}

/// What one lab has on this machine, told from what any other has there: numbers of processes, links and namespaces
/// are given anew as soon as they are free.
#[derive(Debug)]
struct Traces {
    folder: PathBuf,
    link: PathBuf,
    link_index: String,
    processes: Vec<Process>,
    cgroup: String,
}

impl Traces {
    fn of(lab: &Lab) -> Self {
        let folder = lab::labs_folder().join(&lab.name);
        let link = Path::new("/sys/class/net").join(lab.subnet.link());
        let link_index = fs::read_to_string(link.join("ifindex")).expect("this machine is readable");
        Self { processes: processes_of(&folder), folder, link, link_index, cgroup: format!("plimsoll-lab-{}-", lab.name) }
    }

    fn all_there(&self) -> bool {
        let alive = self.processes.iter().filter(|process| process.alive()).count();
        alive > 5 && self.link_is_there() && self.folder.exists() && !self.lines().is_empty()
    }

    /// Everything of it that is still there, in words.
    fn left(&self) -> Vec<String> {
        let alive = self.processes.iter().filter(|process| process.alive());
        let mut left: Vec<String> = alive.map(|process| format!("process {}", process.pid)).collect();
        left.extend(self.folder.exists().then(|| self.folder.display().to_string()));
        left.extend(self.link_is_there().then(|| self.link.display().to_string()));
        left.extend(self.lines());
        left
    }

    fn link_is_there(&self) -> bool {
        fs::read_to_string(self.link.join("ifindex")).is_ok_and(|index| index == self.link_index)
    }

    /// Mounts, loop devices, firewall rules and cgroups that name it.
    fn lines(&self) -> Vec<String> {
        let folder = self.folder.to_string_lossy().into_owned();
        let groups = "find /sys/fs/cgroup -maxdepth 2 -type d";
        let mut found = Vec::new();
        for (line, name) in [
            ("cat /proc/mounts", &folder),
            ("losetup -ln", &folder),
            ("iptables-save", &self.link_name()),
            (groups, &self.cgroup),
        ] {
            let output = Command::new("sh").args(["-c", line]).stderr(Stdio::null()).output().expect("this machine is readable");
            found.extend(text(&output.stdout).lines().filter(|line| line.contains(name.as_str())).map(str::to_owned));
        }
        found
    }

    fn link_name(&self) -> String {
        self.link.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// Everything that runs in the network of the lab's switch or of one of its machines, or was started by the lab.
fn processes_of(folder: &Path) -> Vec<Process> {
    let folder = folder.to_string_lossy().into_owned();
    let started = processes_with(|pid| fs::read_to_string(pid.join("cmdline")).is_ok_and(|line| line.contains(&folder)));
    let ours = fs::read_link("/proc/self/ns/net").expect("this machine is readable");
    let networks = started.iter().flat_map(|pid| family(pid)).filter_map(|pid| fs::read_link(pid.join("ns/net")).ok());
    let networks: BTreeSet<PathBuf> = networks.filter(|network| *network != ours).collect();
    let inside = processes_with(|pid| fs::read_link(pid.join("ns/net")).is_ok_and(|network| networks.contains(&network)));
    let ids = inside.iter().chain(&started).filter_map(|pid| pid.file_name()?.to_str()?.parse().ok()).collect::<BTreeSet<u32>>();
    ids.into_iter().filter_map(Process::of).collect()
}

fn processes_with(wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let numbers = fs::read_dir("/proc")
        .expect("this machine is readable")
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().parse::<u32>().is_ok());
    numbers.map(|entry| entry.path()).filter(|pid| wanted(pid)).collect()
}

/// A process and its children: the child of `unshare` is the one in the new namespaces.
fn family(pid: &Path) -> Vec<PathBuf> {
    let id = pid.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let children = fs::read_to_string(pid.join(format!("task/{id}/children"))).unwrap_or_default();
    let children = children.split_whitespace().map(|child| Path::new("/proc").join(child));
    std::iter::once(pid.to_path_buf()).chain(children).collect()
}
