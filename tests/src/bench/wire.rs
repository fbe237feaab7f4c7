//! What travels to a machine's sshd.
//!
//! Owns: counting it where it arrives, headers included. Must never know: who sends it.

use std::time::Duration;

use super::Outcome;
use crate::lab::{Lab, LabError, Machine, until};

/// Counts every byte that the laptop sends to one machine's sshd.
pub(super) struct Wire<'a> {
    machine: &'a Machine,
}

impl<'a> Wire<'a> {
    /// Begins to count.
    pub(super) async fn tap(lab: &Lab, machine: &'a Machine) -> Outcome<Self> {
        let laptop = lab.subnet.laptop().to_string();
        machine.exec(&["iptables", "-I", "INPUT", "-s", &laptop, "-p", "tcp", "--dport", "22"]).await?;
        Ok(Self { machine })
    }

    /// The bytes so far, once nobody is connected any more.
    pub(super) async fn after_hanging_up(&self) -> Outcome<f64> {
        until("the end of every connection", Duration::from_secs(30), async || {
            let open = self.machine.exec(&["ss", "-Htn", "state", "established", "sport", "=", ":22"]).await;
            let open = open.map_err(|error| error.to_string())?;
            if open.trim().is_empty() { Ok(()) } else { Err(open) }
        })
        .await?;
        self.so_far().await
    }

    /// The bytes so far.
    pub(super) async fn so_far(&self) -> Outcome<f64> {
        let listed = self.machine.exec(&["iptables", "-nvxL", "INPUT", "1"]).await?;
        let bytes = listed.split_whitespace().nth(1).and_then(|bytes| bytes.parse::<u32>().ok());
        let unreadable = || LabError::Unsuitable(format!("iptables counts `{}`", listed.trim()));
        Ok(f64::from(bytes.ok_or_else(unreadable)?))
    }
}
