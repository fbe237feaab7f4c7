//! The script's lines as facts. Pure.

use std::collections::BTreeMap;

use crate::domain::{
    bytes::Bytes,
    platform::Platform,
    server::{BootHook, DockerAccess, ServerFacts},
};

/// Reads `key<TAB>value` lines; other lines (a talkative login shell's) are passed over.
pub(super) fn parse(text: &str) -> ServerFacts {
    let mut said: BTreeMap<&str, &str> = BTreeMap::new();
    let mut os_release: BTreeMap<&str, String> = BTreeMap::new();
    for (key, value) in text.lines().filter_map(|line| line.split_once('\t')) {
        if key == "os_release" {
            os_release.extend(assignment(value));
        } else {
            said.entry(key).or_insert(value);
        }
    }
    let get = |key: &str| said.get(key).copied();
    let kib = |key: &str| get(key).and_then(|v| v.parse().ok()).map(|n: u64| Bytes(n * 1024));
    let disk = get("disk").and_then(table_row);
    let inodes = get("inodes").and_then(table_row);
    ServerFacts {
        platform: get("machine").and_then(Platform::from_uname),
        os: os_release.remove("PRETTY_NAME"),
        os_id: os_release.remove("ID"),
        cores: get("cores").and_then(|n| n.parse().ok()),
        memory_total: kib("memory_total_kib").or_else(|| get("memory_total_bytes")?.parse().ok().map(Bytes)),
        memory_available: kib("memory_available_kib"),
        disk_total: disk.map(|(total, _)| Bytes(total * 1024)),
        disk_free: disk.map(|(_, free)| Bytes(free * 1024)),
        inodes_total: inodes.map(|(total, _)| total).filter(|n| *n > 0),
        inodes_free: inodes.filter(|(total, _)| *total > 0).map(|(_, free)| free),
        data_root: get("data_root").map(str::to_owned),
        docker: get("docker").map(access),
        engine: get("engine").map(version),
        compose: get("compose").map(version),
        buildx: get("buildx").map(version),
        git: get("git").map(version),
        curl: get("curl").map(version),
        clock_offset_ms: None,
        ec2_type: get("ec2_type").map(str::to_owned),
        ec2_region: get("ec2_region").map(str::to_owned),
        boot_hook: get("boot_hook").and_then(boot_hook),
    }
}

/// A line of os-release: `KEY=value` or `KEY="value"`.
fn assignment(line: &str) -> Option<(&str, String)> {
    let (key, value) = line.trim().split_once('=')?;
    Some((key, value.trim_matches(['"', '\'']).to_owned()))
}

/// Total and available of a row of `df -P`. The device's name may hold blanks; so may the mount point, whose column
/// begins with `/` after the one with `%` (or `-`, where there are no inodes).
fn table_row(row: &str) -> Option<(u64, u64)> {
    let words: Vec<&str> = row.split_whitespace().collect();
    let percent = words.windows(2).position(|w| (w[0].ends_with('%') || w[0] == "-") && w[1].starts_with('/'))?;
    let number = |back: usize| words.get(percent.checked_sub(back)?)?.parse().ok();
    Some((number(3)?, number(1)?))
}

fn access(text: &str) -> DockerAccess {
    if text == "sudo" { DockerAccess::Sudo } else { DockerAccess::Socket(text.to_owned()) }
}

/// The first word that looks like a version, without a leading `v`.
fn version(text: &str) -> String {
    let digits = |w: &str| w.starts_with(|c: char| c.is_ascii_digit()) && w.contains('.');
    let words = text.split_whitespace().map(|w| w.strip_prefix('v').unwrap_or(w));
    words.into_iter().find(|w| digits(w)).unwrap_or(text).trim_end_matches(',').to_owned()
}

fn boot_hook(text: &str) -> Option<BootHook> {
    match text {
        "systemd_system" => Some(BootHook::SystemdSystem),
        "systemd_user" => Some(BootHook::SystemdUser),
        "cron" => Some(BootHook::Cron),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{parse, table_row, version};
    use crate::domain::{
        bytes::Bytes,
        server::{BootHook, DockerAccess},
    };

    #[test]
    fn what_a_small_arm_server_says() {
        let text = "Welcome!\nmachine\taarch64\ncores\t2\nmemory_total_kib\t1900000\nmemory_available_kib\t900000\n\
                    os_release\tPRETTY_NAME=\"Ubuntu 24.04.1 LTS\"\nos_release\tID=ubuntu\ndocker\tsudo\nengine\t27.5.1\n\
                    compose\t2.32.4\nbuildx\tgithub.com/docker/buildx v0.20.0 8e30c46\ndata_root\t/var/lib/docker\n\
                    disk\t/dev/root 7944000 4000000 3900000 51% /\ninodes\t/dev/root 1024000 100000 924000 10% /\n\
                    git\tgit version 2.43.0\ncurl\tcurl 8.5.0 (aarch64)\nboot_hook\tsystemd_system\nec2_type\tt4g.small\n";
        let facts = parse(text);
        assert_eq!(facts.platform.map(|p| p.to_string()).as_deref(), Some("linux/arm64"));
        assert_eq!((facts.os.as_deref(), facts.os_id.as_deref()), (Some("Ubuntu 24.04.1 LTS"), Some("ubuntu")));
        assert_eq!((facts.cores, facts.memory_total), (Some(2), Some(Bytes(1_900_000 * 1024))));
        assert_eq!((facts.disk_total, facts.disk_free), (Some(Bytes(7_944_000 << 10)), Some(Bytes(3_900_000 << 10))));
        assert_eq!((facts.inodes_total, facts.inodes_free), (Some(1_024_000), Some(924_000)));
        assert_eq!((facts.docker, facts.boot_hook), (Some(DockerAccess::Sudo), Some(BootHook::SystemdSystem)));
        let versions = [facts.engine, facts.compose, facts.buildx, facts.git, facts.curl].map(Option::unwrap);
        assert_eq!(versions, ["27.5.1", "2.32.4", "0.20.0", "2.43.0", "8.5.0"]);
        assert_eq!((facts.ec2_type.as_deref(), facts.ec2_region), (Some("t4g.small"), None));
    }

    #[test]
    fn rows_of_df_with_blanks_and_without_inodes() {
        assert_eq!(table_row("//nas/my share 100 60 40 60% /mnt/my share"), Some((100, 40)));
        assert_eq!(table_row("btrfs 0 0 0 - /var/lib/docker"), Some((0, 0)));
        assert_eq!(table_row("df: no"), None);
    }

    #[test]
    fn versions_of_every_spelling() {
        assert_eq!(version("v2.26.1-desktop.1"), "2.26.1-desktop.1");
        assert_eq!(version("Docker version 28.2.2, build e6534b4"), "28.2.2");
        assert_eq!(version("github.com/docker/buildx 0.13.1+ds1 0.13.1+ds1-3"), "0.13.1+ds1");
    }
}
