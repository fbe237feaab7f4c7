//! Asks a machine what it uses now.
//!
//! Owns: the script and reading its answer. Must never know: how often it is asked.

use std::{collections::HashMap, time::Duration};

use serde::Serialize;

use crate::{
    domain::bytes::Bytes,
    host::{Command, Host, HostError},
};

const SCRIPT: &str = include_str!("load.sh");
/// The engine's usual data root.
const USUAL_ROOT: &str = "/var/lib/docker";

/// What a machine uses now. Missing parts are `None`, never guessed.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Load {
    /// Busy share of all processors over the last second, 0 to 100.
    pub cpu_percent: Option<f32>,
    /// Load average of the last minute.
    pub load_average: Option<f32>,
    /// Memory that cannot be had without swapping.
    pub memory_used: Option<Bytes>,
    /// Total memory.
    pub memory_total: Option<Bytes>,
    /// Used on the file system of the engine's data root, as its users see it.
    pub disk_used: Option<Bytes>,
    /// Its size for them.
    pub disk_total: Option<Bytes>,
    /// Seconds since it was started.
    pub uptime_s: Option<u64>,
}

/// Asks a machine what it uses now; takes a second.
///
/// # Errors
/// When the machine cannot be asked.
pub async fn load(host: &dyn Host, data_root: Option<&str>) -> Result<Load, HostError> {
    let root = data_root.unwrap_or(USUAL_ROOT);
    let command = Command::new(["sh", "-s", "--", root]).stdin(SCRIPT).deadline(Duration::from_secs(20));
    Ok(parse(&host.run(command).await?.text()))
}

fn parse(text: &str) -> Load {
    let said: HashMap<&str, &str> = text.lines().filter_map(|line| line.split_once('\t')).collect();
    let kib = |name: &str| said.get(name)?.parse::<u64>().ok().map(|kib| Bytes(kib * 1024));
    let number = |name: &str| said.get(name)?.parse::<f64>().ok();
    let memory_total = kib("memory_total_kib");
    let (disk_used, disk_total) = disk(said.get("disk").copied().unwrap_or_default()).unzip();
    Load {
        cpu_percent: cpu(said.get("cpu_before").copied(), said.get("cpu_after").copied()),
        load_average: number("load").map(|load| load as f32),
        memory_used: memory_total.zip(kib("memory_available_kib")).map(|(total, free)| Bytes(total.0.saturating_sub(free.0))),
        memory_total,
        disk_used,
        disk_total,
        uptime_s: number("uptime").map(|seconds| seconds as u64),
    }
}

/// `df -Pk`: file system, blocks, used, available, share, place. What only root may use counts for nobody.
fn disk(line: &str) -> Option<(Bytes, Bytes)> {
    let mut words = line.split_whitespace().skip(2);
    let mut kib = || words.next()?.parse::<u64>().ok();
    let (used, free) = (kib()?, kib()?);
    Some((Bytes(used * 1024), Bytes((used + free) * 1024)))
}

/// `cpu user nice system idle iowait …` in ticks, twice.
fn cpu(before: Option<&str>, after: Option<&str>) -> Option<f32> {
    let ticks = |line: &str| line.split_whitespace().skip(1).map(str::parse::<u64>).collect::<Result<Vec<_>, _>>().ok();
    let (before, after) = (ticks(before?)?, ticks(after?)?);
    // Guests' time is part of user time already.
    let grown: Vec<u64> = after.iter().zip(&before).take(8).map(|(after, before)| after.saturating_sub(*before)).collect();
    let (all, idle) = (grown.iter().sum::<u64>(), grown.iter().skip(3).take(2).sum::<u64>());
    (all > 0).then(|| (all - idle) as f32 * 100.0 / all as f32)
}

#[cfg(test)]
mod tests {
    use super::{Bytes, load, parse};
    use crate::host::local::LocalHost;

    #[test]
    fn busy_is_what_is_not_idle() {
        let found = parse("cpu_before\tcpu  10 0 10 100 10 0 0 0 0 0\ncpu_after\tcpu  20 0 20 150 20 10 0 0 5 0\n");
        assert_eq!(found.cpu_percent, Some(30.0 * 100.0 / 90.0));
        assert_eq!(parse("").cpu_percent, None);
    }

    #[test]
    fn memory_and_disk() {
        let text = "memory_total_kib\t2000\nmemory_available_kib\t500\ndisk\t/dev/x 1000 400 500 45% /\nuptime\t12.34\n";
        let found = parse(text);
        assert_eq!((found.memory_used, found.memory_total), (Some(Bytes(1500 * 1024)), Some(Bytes(2000 * 1024))));
        assert_eq!((found.disk_used, found.disk_total), (Some(Bytes(400 * 1024)), Some(Bytes(900 * 1024))));
        assert_eq!(found.uptime_s, Some(12));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn this_machine_has_some() {
        let found = load(&LocalHost::new("here"), Some("/no/such/folder")).await.unwrap();
        assert!(found.cpu_percent.is_some() && found.memory_used.is_some() && found.disk_total.is_some(), "{found:?}");
    }
}
