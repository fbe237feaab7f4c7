//! What goes wrong with a machine, on demand.
//!
//! Owns: faults of network, disk, engine and sshd of one machine, and their healing. Must never know: who suffers.

use std::time::Duration;

use super::{
    LabError, Machine,
    shell::{run, until},
};

/// The file that fills a disk.
const BALLAST: &str = "/var/lib/lab-ballast";
const SOON: Duration = Duration::from_secs(30);

impl Machine {
    /// Drops every packet from and to it, without a word to either side.
    ///
    /// # Errors
    /// When the machine is down.
    pub async fn black_hole(&self) -> Result<(), LabError> {
        for (chain, direction) in [("INPUT", "-i"), ("OUTPUT", "-o"), ("FORWARD", "-i"), ("FORWARD", "-o")] {
            self.exec(&["iptables", "-w", "-I", chain, direction, "eth0", "-m", "comment", "--comment", "lab", "-j", "DROP"])
                .await?;
        }
        Ok(())
    }

    /// Answers every further packet of open connections to its sshd with a reset.
    ///
    /// # Errors
    /// When the machine is down.
    pub async fn reset_connections(&self) -> Result<(), LabError> {
        let established = ["-m", "conntrack", "--ctstate", "ESTABLISHED", "-m", "comment", "--comment", "lab"];
        let head = ["iptables", "-w", "-I", "INPUT", "-i", "eth0", "-p", "tcp", "--dport", "22"];
        self.exec(&[&head, &established[..], &["-j", "REJECT", "--reject-with", "tcp-reset"]].concat()).await.map(|_| ())
    }

    /// Refuses new connections to a port as if nothing listened there.
    ///
    /// # Errors
    /// When the machine is down.
    pub async fn refuse_port(&self, port: u16) -> Result<(), LabError> {
        let port = port.to_string();
        let rule = ["-p", "tcp", "--syn", "--dport", &port, "-m", "comment", "--comment", "lab"];
        let head = ["iptables", "-w", "-I", "INPUT", "-i", "eth0"];
        self.exec(&[&head, &rule[..], &["-j", "REJECT", "--reject-with", "tcp-reset"]].concat()).await.map(|_| ())
    }

    /// Loses this part of the packets to and from its sshd, by chance.
    ///
    /// # Errors
    /// When the machine is down.
    pub async fn lose_packets(&self, part: f64) -> Result<(), LabError> {
        let part = part.to_string();
        for (chain, end) in [("INPUT", "--dport"), ("OUTPUT", "--sport")] {
            let chance = ["-m", "statistic", "--mode", "random", "--probability", &part];
            let head = ["iptables", "-w", "-I", chain, "-p", "tcp", end, "22"];
            self.exec(&[&head, &chance[..], &["-m", "comment", "--comment", "lab", "-j", "DROP"]].concat()).await?;
        }
        Ok(())
    }

    /// Takes back every fault of the network.
    ///
    /// # Errors
    /// When the machine is down.
    pub async fn heal(&self) -> Result<(), LabError> {
        let line = "iptables-save | grep -e '--comment lab' | sed 's/^-A/-D/' | while read -r rule; do iptables -w $rule; done";
        self.sh(line).await.map(|_| ())
    }

    /// Ends every ssh session at once; what they started detached goes on.
    ///
    /// # Errors
    /// When the machine is down.
    pub async fn kill_sshd_connections(&self) -> Result<(), LabError> {
        // A session that its parent's end has ended meanwhile is gone as well.
        let line = "main=$(cat /run/sshd.pid 2>/dev/null); for pid in $(pgrep -f '^sshd: '); do [ \"$pid\" = \"$main\" ] || kill -KILL \"$pid\" || true; done";
        self.sh(line).await.map(|_| ())
    }

    /// Replaces all host keys by one of this type (`ed25519`, `ecdsa`, `rsa`) and returns its fingerprint, `SHA256:…`.
    ///
    /// # Errors
    /// When sshd does not come back with it.
    pub async fn new_host_key(&self, kind: &str) -> Result<String, LabError> {
        let file = format!("/etc/ssh/ssh_host_{kind}_key");
        self.sh("rm -f /etc/ssh/ssh_host_*").await?;
        self.exec(&["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", &file]).await?;
        self.sh("kill -HUP \"$(cat /run/sshd.pid)\"").await?;
        let public = self.exec(&["cat", &format!("{file}.pub")]).await?;
        let key = public.split_whitespace().nth(1).unwrap_or_default().to_owned();
        until("the new host key", SOON, async || {
            let shown = run(&["ssh-keyscan", "-T", "5", &self.ip.to_string()]).await.map_err(|e| e.to_string())?;
            if !key.is_empty() && shown.contains(&key) { Ok(()) } else { Err(shown) }
        })
        .await?;
        self.host_key(kind).await
    }

    /// Fingerprint of its host key of this type, `SHA256:…`.
    ///
    /// # Errors
    /// When it has none.
    pub async fn host_key(&self, kind: &str) -> Result<String, LabError> {
        let line = self.exec(&["ssh-keygen", "-lf", &format!("/etc/ssh/ssh_host_{kind}_key.pub")]).await?;
        Ok(line.split_whitespace().nth(1).unwrap_or_default().to_owned())
    }

    /// Stops the engine and, with it, its containers.
    ///
    /// # Errors
    /// When it does not stop.
    pub async fn stop_docker(&self) -> Result<(), LabError> {
        self.exec(&["service", "docker", "stop"]).await.map(|_| ())
    }

    /// Starts the engine and waits for its first answer.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start_docker(&self) -> Result<(), LabError> {
        self.exec(&["service", "docker", "start"]).await?;
        self.wait_for_docker().await
    }

    /// Stops and starts the engine.
    ///
    /// # Errors
    /// As [`Machine::stop_docker`] and [`Machine::start_docker`].
    pub async fn restart_docker(&self) -> Result<(), LabError> {
        self.stop_docker().await?;
        self.start_docker().await
    }

    /// Free bytes of its disk.
    ///
    /// # Errors
    /// When the machine is down.
    pub async fn free_bytes(&self) -> Result<u64, LabError> {
        let table = self.exec(&["df", "--block-size=1", "--output=avail", "/var/lib/docker"]).await?;
        let number = table.lines().last().and_then(|line| line.trim().parse().ok());
        number.ok_or(LabError::Answer { what: "df".into(), answer: table })
    }

    /// Fills its disk up to this many free bytes.
    ///
    /// # Errors
    /// When the machine is down.
    pub async fn fill_disk(&self, leave_free: u64) -> Result<(), LabError> {
        let size = self.free_bytes().await?.saturating_sub(leave_free);
        self.exec(&["fallocate", "--length", &size.to_string(), BALLAST]).await.map(|_| ())
    }

    /// Gives the space back that [`Machine::fill_disk`] took.
    ///
    /// # Errors
    /// When the machine is down.
    pub async fn free_disk(&self) -> Result<(), LabError> {
        self.exec(&["rm", "-f", BALLAST]).await.map(|_| ())
    }
}
