//! Which labs exist on this machine, who owns them, and taking one down.
//!
//! Owns: the folder of all labs, the record of each, the sweep after a crash. Must never know: how a lab is built.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use super::{
    LabError, cgroups,
    network::{Subnet, Switch},
    process::{Daemon, Process},
};

/// Where labs live unless `PLIMSOLL_LABS` names another folder.
const LABS: &str = "/var/lib/plimsoll-lab";
const RECORD: &str = "lab.json";

/// What is known of a lab from its first moment on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Record {
    /// Its name.
    pub name: String,
    /// Its subnet.
    pub subnet: Subnet,
    /// The process that it dies with; `None` lives until it is taken down.
    pub owner: Option<Process>,
}

/// The folder of all labs.
#[must_use]
pub fn labs() -> PathBuf {
    std::env::var_os("PLIMSOLL_LABS").map_or_else(|| PathBuf::from(LABS), PathBuf::from)
}

/// The folder of the lab with this name.
#[must_use]
pub(super) fn folder(name: &str) -> PathBuf {
    labs().join(name)
}

/// Every lab on this machine, dead ones included.
#[must_use]
pub fn all() -> Vec<Record> {
    let entries = fs::read_dir(labs()).into_iter().flatten().flatten();
    let mut records: Vec<Record> = entries.filter_map(|entry| read(&entry.path())).collect();
    records.sort_by(|a, b| a.name.cmp(&b.name));
    records
}

impl Record {
    /// Whether nobody will miss it: its owner is gone, or its switch is.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.owner.map_or_else(|| !Switch::of(&folder(&self.name)).is_up(), |owner| !owner.alive())
    }

    /// Writes it into the lab's new folder.
    pub(super) fn write(&self) -> Result<(), LabError> {
        let folder = folder(&self.name);
        fs::create_dir_all(&folder).map_err(LabError::at(&folder))?;
        let text = serde_json::to_string_pretty(self).map_err(|e| LabError::Unsuitable(e.to_string()))?;
        let file = folder.join(RECORD);
        fs::write(&file, text).map_err(LabError::at(&file))
    }
}

/// A machine's place in the lab's subnet that no other has, also when several processes add machines.
pub(super) fn free_slot(lab: &Path) -> Result<u8, LabError> {
    let slots = lab.join("slots");
    fs::create_dir_all(&slots).map_err(LabError::at(&slots))?;
    for slot in 0..200 {
        match File::create_new(slots.join(slot.to_string())) {
            Ok(_) => return Ok(slot),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(LabError::at(&slots)(error)),
        }
    }
    Err(LabError::Unsuitable("the lab has no room for another machine".into()))
}

/// Held while a lab is reserved or swept, so that two never choose the same subnet.
pub(super) fn lock() -> Result<File, LabError> {
    let labs = labs();
    fs::create_dir_all(&labs).map_err(LabError::at(&labs))?;
    let path = labs.join(".lock");
    let file = File::create(&path).map_err(LabError::at(&path))?;
    file.lock().map_err(LabError::at(&path))?;
    Ok(file)
}

/// Takes down what dead owners left. The caller holds [`lock`].
pub(super) fn sweep() -> Result<(), LabError> {
    for record in all().into_iter().filter(Record::is_abandoned) {
        // What does not go away now is tried again by the next; it is no reason for a new lab not to come up.
        let _ = take_down(&record.name);
    }
    Ok(())
}

/// Ends every process of a lab and removes its files; what is gone already is no error.
pub(super) fn take_down(name: &str) -> Result<(), LabError> {
    let folder = folder(name);
    // Machines before the switch: their links end with them.
    let mut daemons = Daemon::all_below(&folder);
    daemons.sort_by_key(Daemon::is_switch);
    for daemon in &daemons {
        daemon.stop()?;
    }
    end_strays(&folder);
    let images = fs::read_dir(folder.join("machines")).into_iter().flatten().flatten();
    for machine in images {
        wait_for_release(&machine.path().join("disk.img"))?;
        cgroups::remove(&cgroups::name(name, &machine.file_name().to_string_lossy()));
    }
    if let Some(record) = read(&folder) {
        wait_for_link(record.subnet)?;
    }
    match fs::remove_dir_all(&folder) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(LabError::at(&folder)(error)),
    }
}

/// Removes the folder of all labs when none is left. The caller holds [`lock`].
pub(super) fn remove_if_empty() {
    if all().is_empty() {
        let _ = fs::remove_file(labs().join(".lock"));
        let _ = fs::remove_dir(labs());
    }
}

fn read(folder: &Path) -> Option<Record> {
    serde_json::from_str(&fs::read_to_string(folder.join(RECORD)).ok()?).ok()
}

/// Ends processes that live in a machine of this lab although no record names them: a boot that broke off.
fn end_strays(folder: &Path) {
    let ours = fs::read_link("/proc/self/ns/mnt").ok();
    let mark = format!("{}/machines/", folder.display());
    for process in fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.path()) {
        let elsewhere = fs::read_link(process.join("ns/mnt")).ok().is_some_and(|ns| Some(ns) != ours);
        let inside = elsewhere && fs::read_to_string(process.join("mountinfo")).is_ok_and(|mounts| mounts.contains(&mark));
        if let Some(pid) = process.file_name().filter(|_| inside) {
            let _ = Command::new("kill").arg("-9").arg(pid).status();
        }
    }
}

fn wait_for_release(image: &Path) -> Result<(), LabError> {
    wait(&format!("the release of {}", image.display()), || {
        let loops = Command::new("losetup").args(["--noheadings", "--associated"]).arg(image).output();
        loops.is_ok_and(|output| output.stdout.is_empty())
    })
}

fn wait_for_link(subnet: Subnet) -> Result<(), LabError> {
    let link = Path::new("/sys/class/net").join(subnet.link());
    wait("the end of the lab's link", || !link.exists())
}

fn wait(what: &str, done: impl Fn() -> bool) -> Result<(), LabError> {
    let within = Duration::from_secs(30);
    let end = Instant::now() + within;
    while !done() {
        if Instant::now() > end {
            return Err(LabError::Deadline { what: what.to_owned(), within, last: String::new() });
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}
