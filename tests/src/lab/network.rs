//! The lab's network: a bridge in a namespace of its own, with one leg on this machine.
//!
//! Owns: the subnet, the bridge, plugging machines in. Must never know: what speaks over it.
//!
//! The bridge lives in its own network namespace, so that this machine's firewall never sees traffic between two
//! machines of the lab, and so that the end of one process takes bridge and links away.

use std::{net::Ipv4Addr, path::Path, time::Duration};

use serde::{Deserialize, Serialize};

use super::{
    LabError,
    process::{Daemon, Process},
    shell::{run, until},
};

/// The last byte of the address of the lab's own services (registry, ECR).
const SERVICES: u8 = 2;
/// The bridge's address on the link layer.
const BRIDGE: &str = "02:4c:41:42:00:02";
/// The last byte of the address of the first machine.
const FIRST_MACHINE: u8 = 11;

/// One subnet, `10.77.N.0/24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subnet(pub u8);

impl Subnet {
    /// This machine's own address in it.
    #[must_use]
    pub fn laptop(self) -> Ipv4Addr {
        self.address(1)
    }

    /// Where the registries listen.
    #[must_use]
    pub fn services(self) -> Ipv4Addr {
        self.address(SERVICES)
    }

    /// The address of the machine with this index.
    #[must_use]
    pub fn machine(self, index: u8) -> Ipv4Addr {
        self.address(FIRST_MACHINE.saturating_add(index))
    }

    /// The name of the link on this machine.
    #[must_use]
    pub fn link(self) -> String {
        format!("plimsoll-{}", self.0)
    }

    fn address(self, last: u8) -> Ipv4Addr {
        Ipv4Addr::new(10, 77, self.0, last)
    }
}

/// A subnet that neither this machine nor another lab uses.
pub(super) async fn free_subnet(taken: &[Subnet]) -> Result<Subnet, LabError> {
    let routes = run(&["ip", "-4", "route", "show", "table", "all"]).await?;
    (1..=254)
        .map(Subnet)
        .find(|subnet| !taken.contains(subnet) && !routes.contains(&format!("10.77.{}.", subnet.0)))
        .ok_or_else(|| LabError::Unsuitable("every subnet of 10.77.0.0/16 is taken".into()))
}

/// The switch: the process whose network namespace holds the bridge.
#[derive(Debug, Clone)]
pub(super) struct Switch {
    daemon: Daemon,
}

impl Switch {
    /// The switch of the lab in `folder`.
    pub(super) fn of(folder: &Path) -> Self {
        Self { daemon: Daemon::at(folder, "switch") }
    }

    /// Makes the namespace, the bridge in it and the link to this machine.
    pub(super) async fn start(&self, subnet: Subnet) -> Result<(), LabError> {
        let process = self.daemon.start(&["unshare", "--net", "sleep", "infinity"])?;
        own_network(process).await?;
        let (link, pid) = (subnet.link(), process.pid.to_string());
        run(&["ip", "link", "add", &link, "type", "veth", "peer", "name", "laptop", "netns", &pid]).await?;
        run(&["ip", "address", "add", &format!("{}/24", subnet.laptop()), "dev", &link]).await?;
        run(&["ip", "link", "set", &link, "up"]).await?;
        let services = format!("{}/24", subnet.services());
        self.inside(&["ip", "link", "set", "lo", "up"]).await?;
        // A bridge without an address of its own takes that of a port, and changes it whenever machines come and go.
        self.inside(&["ip", "link", "add", "bridge", "address", BRIDGE, "type", "bridge"]).await?;
        self.inside(&["ip", "address", "add", &services, "dev", "bridge"]).await?;
        self.inside(&["ip", "link", "set", "bridge", "up"]).await?;
        self.inside(&["ip", "link", "set", "laptop", "master", "bridge", "up"]).await
    }

    /// Gives the machine with this init its `eth0`; the other end is called `port`.
    pub(super) async fn plug(&self, port: &str, init: Process) -> Result<(), LabError> {
        own_network(init).await?;
        let pid = init.pid.to_string();
        // The port of an earlier boot goes away a moment after its machine.
        until("the old port's end", Duration::from_secs(20), async || {
            let found = self.inside(&["ip", "link", "show", port]).await;
            found.map_or(Ok(()), |()| Err("still there".to_owned()))
        })
        .await?;
        self.inside(&["ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", &pid]).await?;
        self.inside(&["ip", "link", "set", port, "master", "bridge", "up"]).await
    }

    /// The start of a command line that runs something in the switch's network.
    pub(super) fn prefix(&self) -> Result<Vec<String>, LabError> {
        let process = self.daemon.running().ok_or_else(|| LabError::Unsuitable("the lab's switch is gone".into()))?;
        Ok(vec!["nsenter".into(), format!("--net=/proc/{}/ns/net", process.pid)])
    }

    /// Whether it runs; a lab without a switch is dead.
    pub(super) fn is_up(&self) -> bool {
        self.daemon.running().is_some()
    }

    async fn inside(&self, argv: &[&str]) -> Result<(), LabError> {
        let mut all = self.prefix()?;
        all.extend(argv.iter().map(|&word| word.to_owned()));
        run(&all).await.map(|_| ())
    }
}

/// Waits until the process has left this machine's network: before that its links would land here.
async fn own_network(process: Process) -> Result<(), LabError> {
    let ours = std::fs::read_link("/proc/self/ns/net").map_err(LabError::at(Path::new("/proc/self/ns/net")))?;
    until("a network namespace", Duration::from_secs(10), async || {
        match std::fs::read_link(format!("/proc/{}/ns/net", process.pid)) {
            Ok(theirs) if theirs != ours => Ok(()),
            Ok(_) => Err("still in ours".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    })
    .await
}
