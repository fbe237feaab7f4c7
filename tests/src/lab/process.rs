//! The long-lived processes of a lab, remembered in files so that another process can end them.
//!
//! Owns: starting them detached, telling whether one is still the same, ending it. Must never know: what they do.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use super::LabError;

/// How long a killed process may take to be gone, its namespaces included.
const GONE: Duration = Duration::from_secs(20);

/// One process, told from a later one with the same number by its start time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Its id on this machine.
    pub pid: u32,
    /// Clock ticks after boot at which it started (field 22 of `/proc/PID/stat`).
    pub started: u64,
}

impl Process {
    /// This very process.
    ///
    /// # Errors
    /// When `/proc` cannot be read.
    pub fn own() -> Result<Self, LabError> {
        Self::of(std::process::id()).ok_or_else(|| LabError::Unsuitable("/proc is not readable".into()))
    }

    /// The process that has this id now; `None` when there is none, or only its remains.
    #[must_use]
    pub fn of(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The second field is the program's name in parentheses and may itself hold blanks and parentheses.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let (state, started) = (fields.first()?, fields.get(19)?);
        (!matches!(*state, "Z" | "X")).then_some(())?;
        Some(Self { pid, started: started.parse().ok()? })
    }

    /// Whether it still runs.
    #[must_use]
    pub fn alive(self) -> bool {
        Self::of(self.pid) == Some(self)
    }

    /// Whether it runs with this argument; one that began anew in place has those of its last beginning.
    #[must_use]
    pub fn has_argument(self, argument: &str) -> bool {
        let line = fs::read(format!("/proc/{}/cmdline", self.pid)).unwrap_or_default();
        line.split(|byte| *byte == 0).any(|one| one == argument.as_bytes())
    }

    /// Its first child, e.g. the init of a pid namespace below `unshare --fork`.
    #[must_use]
    pub fn child(self) -> Option<Self> {
        let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", self.pid)).ok()?;
        Self::of(children.split_whitespace().next()?.parse().ok()?)
    }

    /// Kills it and waits until it is gone.
    ///
    /// # Errors
    /// When it is still there after 20 s.
    pub fn kill(self) -> Result<(), LabError> {
        let end = Instant::now() + GONE;
        while self.alive() {
            if Instant::now() > end {
                return Err(LabError::Deadline {
                    what: format!("the end of process {}", self.pid),
                    within: GONE,
                    last: String::new(),
                });
            }
            // Its status does not matter: what counts is whether the process is gone.
            let _ = Command::new("kill").args(["-KILL", &self.pid.to_string()]).stderr(Stdio::null()).status();
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

/// A process of the lab and the file that remembers it.
#[derive(Debug, Clone)]
pub(super) struct Daemon {
    file: PathBuf,
}

impl Daemon {
    /// The daemon called `name` of the lab or machine whose folder this is.
    pub(super) fn at(folder: &Path, name: &str) -> Self {
        Self { file: folder.join(format!("{name}.pid")) }
    }

    /// Starts it in a session of its own, its output in a log beside its file.
    pub(super) fn start<S: AsRef<str>>(&self, argv: &[S]) -> Result<Process, LabError> {
        let log = self.file.with_extension("log");
        let out = File::create(&log).map_err(LabError::at(&log))?;
        let err = out.try_clone().map_err(LabError::at(&log))?;
        let child = Command::new("setsid")
            .args(argv.iter().map(AsRef::as_ref))
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .map_err(|source| LabError::Io { what: "starting setsid".into(), source })?;
        let process =
            Process::of(child.id()).ok_or_else(|| LabError::Unsuitable(format!("{} ended at once", self.file.display())))?;
        reap(child);
        let text = serde_json::to_string(&process).map_err(|e| LabError::Unsuitable(e.to_string()))?;
        fs::write(&self.file, text).map_err(LabError::at(&self.file))?;
        Ok(process)
    }

    /// The process, if it runs.
    pub(super) fn running(&self) -> Option<Process> {
        let process: Process = serde_json::from_str(&fs::read_to_string(&self.file).ok()?).ok()?;
        process.alive().then_some(process)
    }

    /// Ends it, if it runs, its child first: the end of a namespace's first process ends all others in it.
    pub(super) fn stop(&self) -> Result<(), LabError> {
        let Some(process) = self.running() else { return Ok(()) };
        process.child().map_or(Ok(()), Process::kill)?;
        process.kill()
    }

    /// Whether this is the one that holds the lab's network.
    pub(super) fn is_switch(&self) -> bool {
        self.file.file_stem().is_some_and(|name| name == "switch")
    }

    /// Every daemon remembered in `folder` or in a folder below it.
    pub(super) fn all_below(folder: &Path) -> Vec<Self> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut found = Vec::new();
        for entry in entries {
            let path = entry.path();
            if path.extension().is_some_and(|e| e == "pid") {
                found.push(Self { file: path });
            } else if entry.file_type().is_ok_and(|t| t.is_dir()) && !matches!(entry.file_name().to_str(), Some("root" | "disk"))
            {
                found.extend(Self::all_below(&path));
            }
        }
        found
    }
}

/// Collects the child's status in the background, so that it never lingers as a zombie of a long-lived owner.
fn reap(mut child: std::process::Child) {
    thread::spawn(move || {
        let _ = child.wait();
    });
}
