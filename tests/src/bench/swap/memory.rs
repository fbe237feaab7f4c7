//! What the containers of a stack hold in memory.
//!
//! Owns: asking. Must never know: whose it is.

use super::Outcome;
use crate::lab::Machine;

const LINE: &str =
    "for id in $(docker ps -q --filter label=com.docker.compose.project=$0); do docker top $id -eo pid,rss,comm; done";

/// Resident memory in MB.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Memory {
    /// Of everything.
    pub(super) all: f64,
    /// Of the switches; none of the others runs HAProxy.
    pub(super) switches: f64,
}

impl Memory {
    /// Of this project's containers.
    pub(super) async fn of(server: &Machine, project: &str) -> Outcome<Self> {
        Ok(Self::read(&server.exec(&["sh", "-c", LINE, project]).await?))
    }

    fn read(listed: &str) -> Self {
        let mut memory = Self::default();
        for line in listed.lines() {
            let mut words = line.split_whitespace().skip(1);
            let (Some(kilobytes), Some(program)) = (words.next().and_then(|rss| rss.parse::<f64>().ok()), words.next()) else {
                continue;
            };
            memory.all += kilobytes / 1000.0;
            if program == "haproxy" {
                memory.switches += kilobytes / 1000.0;
            }
        }
        memory
    }
}

#[cfg(test)]
mod tests {
    use super::Memory;

    #[test]
    fn it_is_added_up_by_program() {
        let memory = Memory::read("PID RSS COMMAND\n7 4000 serve\nPID RSS COMMAND\n8 12000 haproxy\n9 8000 haproxy\n");
        assert!((memory.all - 24.0).abs() < 0.01 && (memory.switches - 20.0).abs() < 0.01, "{memory:?}");
    }
}
