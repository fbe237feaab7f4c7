//! A whole lab: what it holds, how it comes up, how it goes.
//!
//! Owns: the order in which its parts start, and its description for other processes. Must never know: how a part works.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    Ecr, LabError, Machine, MachineOptions, Process, Registry, Subnet,
    machine::Surroundings,
    network::{Switch, free_subnet},
    shell::{self, run},
    state,
};

const DESCRIPTION: &str = "description.json";

/// Who a lab dies with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// This process: dropped or crashed, the lab goes with it.
    ThisProcess,
    /// Nobody: it stays until it is taken down by name.
    Nobody,
}

/// What a lab shall hold.
#[derive(Debug, Clone)]
pub struct LabOptions {
    /// Its name, unique on this machine.
    pub name: String,
    /// Its machines, in order of their addresses.
    pub machines: Vec<MachineOptions>,
    /// Whether it has an ECR.
    pub ecr: bool,
    /// Who it dies with.
    pub owner: Owner,
}

impl LabOptions {
    /// A server, a build VM, a registry and ECR, owned by this process.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            machines: vec![MachineOptions::named("server"), MachineOptions::named("vm")],
            ecr: true,
            owner: Owner::ThisProcess,
        }
    }
}

/// A lab that is up. Dropping it takes it down, if this process owns it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Lab {
    /// Its name.
    pub name: String,
    /// Its subnet.
    pub subnet: Subnet,
    /// Its machines.
    pub machines: Vec<Machine>,
    /// Its registry.
    pub registry: Registry,
    /// Its ECR, if it has one.
    pub ecr: Option<Ecr>,
    /// The private key that opens every machine.
    pub key: PathBuf,
    /// An ssh configuration with an entry per machine, e.g. `dev-server`.
    pub ssh_config: PathBuf,
    #[serde(skip)]
    owned: bool,
}

impl Lab {
    /// Brings a lab up; leftovers of dead owners are swept first.
    ///
    /// # Errors
    /// When this machine cannot run it or a part of it does not answer in time; nothing is left then.
    pub async fn up(options: LabOptions) -> Result<Self, LabError> {
        require_root()?;
        let subnet = reserve(&options).await?;
        let built = build(&options, subnet).await;
        if built.is_err() {
            take_down(&options.name).await?;
        }
        built
    }

    /// The lab of this name, brought up by somebody else.
    ///
    /// # Errors
    /// When there is none.
    pub fn attach(name: &str) -> Result<Self, LabError> {
        let text = fs::read_to_string(state::folder(name).join(DESCRIPTION)).map_err(|_| LabError::NotUp(name.to_owned()))?;
        serde_json::from_str(&text).map_err(|_| LabError::NotUp(name.to_owned()))
    }

    /// Takes it down and waits until nothing of it is left.
    ///
    /// # Errors
    /// When a process, a disk or a link of it does not go away.
    pub async fn down(mut self) -> Result<(), LabError> {
        self.owned = false;
        take_down(&self.name).await
    }

    /// The machine of this name.
    ///
    /// # Errors
    /// When the lab has none.
    pub fn machine(&self, name: &str) -> Result<&Machine, LabError> {
        let found = self.machines.iter().find(|machine| machine.name == name);
        found.ok_or_else(|| LabError::Unsuitable(format!("lab `{}` has no machine `{name}`", self.name)))
    }

    /// Adds a machine to the running lab and boots it.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn add(&self, options: &MachineOptions) -> Result<Machine, LabError> {
        let folder = state::folder(&self.name);
        if folder.join("machines").join(&options.name).exists() {
            return Err(LabError::Unsuitable(format!("the lab {} has a machine {} already", self.name, options.name)));
        }
        let registries = registries(self.subnet);
        let around =
            Surroundings { lab: &folder, subnet: self.subnet, index: state::free_slot(&folder)?, registries: &registries };
        let machine = Machine::create(options, &around).await?;
        machine.boot().await?;
        Ok(machine)
    }

    fn describe(&self, folder: &Path) -> Result<(), LabError> {
        use std::fmt::Write as _;
        let mut config = String::new();
        for machine in &self.machines {
            let _ = writeln!(
                config,
                "Host {}-{}\n  HostName {}\n  User {}\n  Port {}\n  IdentityFile {}\n  IdentitiesOnly yes\n  UserKnownHostsFile {}\n",
                self.name,
                machine.name,
                machine.ip,
                machine.user,
                machine.ssh_port,
                self.key.display(),
                folder.join("known_hosts").display(),
            );
        }
        fs::write(&self.ssh_config, config).map_err(LabError::at(&self.ssh_config))?;
        let text = serde_json::to_string_pretty(self).map_err(|e| LabError::Unsuitable(e.to_string()))?;
        let file = folder.join(DESCRIPTION);
        fs::write(&file, text).map_err(LabError::at(&file))
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if self.owned {
            // Nobody is left to tell; the next lab sweeps what stayed.
            let _ = state::lock().and_then(|_lock| state::take_down(&self.name));
        }
    }
}

/// Takes down the lab of this name, wherever it was brought up, and what dead owners left.
///
/// # Errors
/// When a process, a disk or a link of it does not go away.
pub async fn take_down(name: &str) -> Result<(), LabError> {
    let name = name.to_owned();
    blocking(move || {
        let _lock = state::lock()?;
        state::take_down(&name)?;
        state::sweep()?;
        state::remove_if_empty();
        Ok(())
    })
    .await
}

async fn reserve(options: &LabOptions) -> Result<Subnet, LabError> {
    let _lock = blocking(state::lock).await?;
    blocking(state::sweep).await?;
    let others = state::all();
    if others.iter().any(|other| other.name == options.name) {
        return Err(LabError::AlreadyUp(options.name.clone()));
    }
    let taken: Vec<Subnet> = others.iter().map(|other| other.subnet).collect();
    let subnet = free_subnet(&taken).await?;
    let owner = match options.owner {
        Owner::ThisProcess => Some(Process::own()?),
        Owner::Nobody => None,
    };
    state::Record { name: options.name.clone(), subnet, owner }.write()?;
    // Under the lock: without its switch a lab without owner would pass for abandoned.
    Switch::of(&state::folder(&options.name)).start(subnet).await?;
    Ok(subnet)
}

async fn build(options: &LabOptions, subnet: Subnet) -> Result<Lab, LabError> {
    let folder = state::folder(&options.name);
    let key = folder.join("key");
    run(&["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", &shell::text(&key)]).await?;
    let services = subnet.services();
    let ecr = async { if options.ecr { Ecr::create(&folder, services).await.map(Some) } else { Ok(None) } };
    let (registry, ecr, machines) =
        tokio::try_join!(Registry::create(&folder, services), ecr, machines(options, subnet, &folder))?;
    let ssh_config = folder.join("ssh_config");
    let owned = options.owner == Owner::ThisProcess;
    let lab = Lab { name: options.name.clone(), subnet, machines, registry, ecr, key, ssh_config, owned };
    lab.describe(&folder)?;
    Ok(lab)
}

async fn machines(options: &LabOptions, subnet: Subnet, folder: &Path) -> Result<Vec<Machine>, LabError> {
    let registries = registries(subnet);
    let boots = options.machines.iter().map(|machine| {
        let slot = state::free_slot(folder);
        let registries = &registries;
        async move {
            let around = Surroundings { lab: folder, subnet, index: slot?, registries };
            let machine = Machine::create(machine, &around).await?;
            machine.boot().await?;
            Ok::<_, LabError>(machine)
        }
    });
    futures_util::future::try_join_all(boots).await
}

fn registries(subnet: Subnet) -> [String; 2] {
    [Registry::address(subnet.services()), Ecr::address(subnet.services())]
}

fn require_root() -> Result<(), LabError> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let uid = status.lines().find_map(|line| line.strip_prefix("Uid:")).and_then(|ids| ids.split_whitespace().nth(1));
    if uid == Some("0") {
        return Ok(());
    }
    Err(LabError::Unsuitable("a lab needs root on Linux: namespaces, a bridge and loop devices".into()))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, LabError> + Send + 'static) -> Result<T, LabError> {
    tokio::task::spawn_blocking(work).await.map_err(|e| LabError::Unsuitable(e.to_string()))?
}
