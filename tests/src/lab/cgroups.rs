//! The cgroups that a machine's containers leave behind.
//!
//! Owns: their name and their removal, for cgroup v1 and v2. Must never know: containers.

use std::{fs, path::Path};

/// The cgroup below which a machine's engine keeps its containers.
pub(super) fn name(lab: &str, machine: &str) -> String {
    format!("plimsoll-lab-{lab}-{machine}")
}

/// Removes the machine's cgroups in every hierarchy. Those that still hold a process stay: that process is not ours to judge.
pub(super) fn remove(name: &str) {
    let top = Path::new("/sys/fs/cgroup");
    remove_tree(&top.join(name));
    for hierarchy in fs::read_dir(top).into_iter().flatten().flatten() {
        remove_tree(&hierarchy.path().join(name));
    }
}

fn remove_tree(path: &Path) {
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_tree(&entry.path());
        }
    }
    // The files of a cgroup are the kernel's: only the folder itself can go, and only when it is empty of processes.
    let _ = fs::remove_dir(path);
}
