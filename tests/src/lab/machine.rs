//! One machine of the lab: namespaces and a disk that pass for a small Debian server with sshd, Docker and cron.
//!
//! Owns: its disk, booting, killing, running things in it. Must never know: Plimsoll, or what a test does with it.

use std::{
    fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::Output,
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{io::AsyncReadExt as _, net::TcpStream};

use super::{
    LabError, cgroups,
    network::{Subnet, Switch},
    process::{Daemon, Process},
    shell::{output, run, text, until},
};

/// How long a boot may take on a busy machine.
const BOOT: Duration = Duration::from_secs(90);
/// The login on every machine.
const USER: &str = "deploy";

/// How the login may use Docker.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DockerAccess {
    /// It is in the group `docker`, and may not use sudo.
    #[default]
    Group,
    /// It may use sudo without a password, and nothing else.
    Sudo,
}

/// What a machine shall be like.
#[derive(Debug, Clone)]
pub struct MachineOptions {
    /// Its name, also its host name.
    pub name: String,
    /// Size of its disk in MiB; the file is sparse.
    pub disk_mib: u64,
    /// Number of inodes of its disk; `None` leaves it to `mkfs`.
    pub inodes: Option<u64>,
    /// How its login may use Docker.
    pub access: DockerAccess,
}

impl MachineOptions {
    /// A machine with an 8 GiB disk whose login may use Docker.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), disk_mib: 8192, inodes: None, access: DockerAccess::Group }
    }
}

/// A machine of a lab.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Machine {
    /// Its name.
    pub name: String,
    /// Its address on the lab's network.
    pub ip: Ipv4Addr,
    /// Where its sshd listens.
    pub ssh_port: u16,
    /// Its login.
    pub user: String,
    /// The private key that the login accepts.
    pub key: PathBuf,
    pub(super) lab: PathBuf,
    pub(super) index: u8,
}

/// What a lab gives to each of its machines.
pub(super) struct Surroundings<'a> {
    pub(super) lab: &'a Path,
    pub(super) subnet: Subnet,
    pub(super) index: u8,
    /// Registries spoken to over plain HTTP.
    pub(super) registries: &'a [String],
}

impl Machine {
    /// Makes the machine's disk and folder; it is booted by [`Machine::boot`].
    pub(super) async fn create(options: &MachineOptions, around: &Surroundings<'_>) -> Result<Self, LabError> {
        let machine = Self {
            name: options.name.clone(),
            ip: around.subnet.machine(around.index),
            ssh_port: 22,
            user: USER.to_owned(),
            key: around.lab.join("key"),
            lab: around.lab.to_path_buf(),
            index: around.index,
        };
        let folder = machine.folder();
        fs::create_dir_all(&folder).map_err(LabError::at(&folder))?;
        let mac = format!("02:4c:41:42:{:02x}:{:02x}", around.subnet.0, around.index);
        let access = match options.access {
            DockerAccess::Group => "group",
            DockerAccess::Sudo => "sudo",
        };
        // With the scheme: the engine itself ignores it, its builder (20.10) would speak TLS without it.
        let plain: Vec<String> = around.registries.iter().map(|registry| format!("http://{registry}")).collect();
        let daemon = serde_json::json!({
            "storage-driver": "overlay2",
            "insecure-registries": plain,
            "cgroup-parent": format!("/{}", machine.cgroup()),
        });
        let public = machine.key.with_extension("pub");
        let authorized = fs::read_to_string(&public).map_err(LabError::at(&public))?;
        machine.write("settings", &format!("{} {} {} {mac} {access}\n", machine.name, machine.user, machine.ip))?;
        machine.write("daemon.json", &daemon.to_string())?;
        machine.write("authorized_keys", &authorized)?;
        machine.write("hidden", &hidden())?;
        machine.write("machine.sh", include_str!("machine.sh"))?;
        machine.write("init.sh", include_str!("init.sh"))?;
        machine.write("docker.init.sh", include_str!("docker.init.sh"))?;
        machine.format(options).await?;
        Ok(machine)
    }

    /// Starts it and waits until sshd and Docker answer.
    ///
    /// # Errors
    /// When it does not come up within 90 s.
    pub async fn boot(&self) -> Result<(), LabError> {
        match self.try_boot().await {
            Ok(()) => Ok(()),
            Err(error) => Err(LabError::Boot { machine: self.name.clone(), logs: self.logs().await, source: Box::new(error) }),
        }
    }

    async fn try_boot(&self) -> Result<(), LabError> {
        let folder = text(&self.folder());
        let script = format!("{folder}/machine.sh");
        let namespaces = ["--mount", "--propagation", "private", "--uts", "--ipc", "--net", "--pid", "--fork", "--kill-child"];
        let argv = [&["unshare"], &namespaces[..], &["sh", &script, &folder]].concat();
        let outer = self.daemon().start(&argv)?;
        until("the machine's first process", BOOT, async || outer.child().map(|_| ()).ok_or_else(|| self.log())).await?;
        Switch::of(&self.lab).plug(&format!("m{}", self.index), self.init()?).await?;
        self.wait_for_ssh().await?;
        self.wait_for_docker().await
    }

    /// Cuts its power: every process of it ends at once, the disk stays.
    ///
    /// # Errors
    /// When its processes or its disk do not go away.
    pub async fn kill(&self) -> Result<(), LabError> {
        let (daemon, cgroup) = (self.daemon(), self.cgroup());
        let stopped = tokio::task::spawn_blocking(move || daemon.stop().map(|()| cgroups::remove(&cgroup)));
        stopped.await.map_err(|e| LabError::Unsuitable(e.to_string()))??;
        let image = text(&self.folder().join("disk.img"));
        until("the release of the disk", BOOT, async || {
            let loops = run(&["losetup", "--noheadings", "--associated", &image]).await.map_err(|e| e.to_string())?;
            if loops.is_empty() { Ok(()) } else { Err(loops) }
        })
        .await
    }

    /// Cuts its power and throws its disk away.
    ///
    /// # Errors
    /// As [`Machine::kill`].
    pub async fn remove(self) -> Result<(), LabError> {
        self.kill().await?;
        let folder = self.folder();
        fs::remove_dir_all(&folder).map_err(LabError::at(&folder))
    }

    /// Cuts its power and boots it again.
    ///
    /// # Errors
    /// As [`Machine::kill`] and [`Machine::boot`].
    pub async fn reboot(&self) -> Result<(), LabError> {
        self.kill().await?;
        self.boot().await
    }

    /// Runs a program in it as root, not over ssh, and returns its standard output.
    ///
    /// # Errors
    /// When the machine is down or the program ends with another status than 0.
    pub async fn exec(&self, argv: &[&str]) -> Result<String, LabError> {
        run(&self.inside(argv)?).await
    }

    /// [`Machine::exec`] with standard input and whatever status.
    ///
    /// # Errors
    /// When the machine is down.
    pub async fn exec_with(&self, argv: &[&str], input: &[u8]) -> Result<Output, LabError> {
        output(&self.inside(argv)?, input).await
    }

    /// Runs a line of shell in it as root.
    ///
    /// # Errors
    /// As [`Machine::exec`].
    pub async fn sh(&self, line: &str) -> Result<String, LabError> {
        self.exec(&["sh", "-c", line]).await
    }

    /// `user@address`, for ssh and for `plimsoll server add`.
    #[must_use]
    pub fn destination(&self) -> String {
        format!("{}@{}", self.user, self.ip)
    }

    /// Whether its first process runs.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.init().is_ok()
    }

    /// Waits until sshd sends its banner.
    ///
    /// # Errors
    /// When it does not within 90 s.
    pub async fn wait_for_ssh(&self) -> Result<(), LabError> {
        until("an answer of sshd", BOOT, async || {
            let mut stream = TcpStream::connect((self.ip, self.ssh_port)).await.map_err(|e| e.to_string())?;
            let mut start = [0; 4];
            stream.read_exact(&mut start).await.map_err(|e| e.to_string())?;
            if &start == b"SSH-" { Ok(()) } else { Err(format!("{start:?}")) }
        })
        .await
    }

    /// Waits until the engine answers.
    ///
    /// # Errors
    /// When it does not within 90 s.
    pub async fn wait_for_docker(&self) -> Result<(), LabError> {
        until("an answer of Docker", BOOT, async || {
            let ping = ["curl", "-sS", "--max-time", "5", "--unix-socket", "/var/run/docker.sock", "http://docker/_ping"];
            self.exec(&ping).await.map(|_| ()).map_err(|e| e.to_string())
        })
        .await
    }

    /// Its name in cgroup trees, unique among all labs.
    pub(super) fn cgroup(&self) -> String {
        let lab = self.lab.file_name().unwrap_or_default().to_string_lossy();
        cgroups::name(&lab, &self.name)
    }

    fn folder(&self) -> PathBuf {
        self.lab.join("machines").join(&self.name)
    }

    fn daemon(&self) -> Daemon {
        Daemon::at(&self.folder(), "machine")
    }

    fn init(&self) -> Result<Process, LabError> {
        let up = self.daemon().running().and_then(Process::child);
        up.ok_or_else(|| LabError::Unsuitable(format!("machine `{}` is down", self.name)))
    }

    fn inside(&self, argv: &[&str]) -> Result<Vec<String>, LabError> {
        let target = self.init()?.pid.to_string();
        let enter = ["nsenter", "--target", &target, "--mount", "--uts", "--ipc", "--net", "--pid", "--"];
        let clean =
            ["env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8"];
        Ok([&enter, &clean[..], argv].concat().into_iter().map(str::to_owned).collect())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder().join("machine.log")).unwrap_or_default()
    }

    /// What it said while it booted, as far as it got.
    async fn logs(&self) -> String {
        let inside = self.sh("tail -n 20 /var/log/boot.log /var/log/docker.log").await;
        format!("{}\n{}", self.log(), inside.unwrap_or_default())
    }

    fn write(&self, name: &str, content: &str) -> Result<(), LabError> {
        let path = self.folder().join(name);
        fs::write(&path, content).map_err(LabError::at(&path))
    }

    async fn format(&self, options: &MachineOptions) -> Result<(), LabError> {
        let image = text(&self.folder().join("disk.img"));
        run(&["truncate", "--size", &format!("{}M", options.disk_mib), &image]).await?;
        let inodes = options.inodes.map(|n| n.to_string());
        // No reserved blocks: a disk is full for root and for everybody else at the same byte.
        let mut argv = vec!["mkfs.ext4", "-q", "-m", "0", "-E", "lazy_itable_init=1,lazy_journal_init=1"];
        argv.extend(inodes.iter().flat_map(|n| ["-N", n.as_str()]));
        argv.push(&image);
        run(&argv).await.map(|_| ())
    }
}

/// Folders of this machine that a machine of the lab has no business to see: where the checkout and the cache are.
fn hidden() -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let first = here.components().take(2).collect::<PathBuf>();
    let system = ["/", "/usr", "/etc", "/var", "/bin", "/sbin", "/lib", "/tmp", "/run", "/root", "/home"].map(Path::new);
    if system.contains(&first.as_path()) { String::new() } else { format!("{}\n", text(&first)) }
}
