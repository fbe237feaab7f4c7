//! A process namespace for everything that runs in a desktop.
//!
//! Owns: that nothing in it outlives this process, however that ends. Must never know: what runs in it.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
};

use super::Outcome;
use crate::lab::Process;

/// The namespace. Its first process reads a pipe whose other end only this process holds: when that closes the first
/// process ends, and with it the kernel ends all others, detached ones included.
pub(super) struct Keeper {
    holder: Child,
    first: Process,
}

impl Keeper {
    pub(super) fn open() -> Outcome<Self> {
        let mut holder = Command::new("unshare")
            .args(["--pid", "--fork", "--mount-proc", "--kill-child=KILL", "cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let first = first_process(&mut holder);
        if first.is_err() {
            holder.kill()?;
            holder.wait()?;
        }
        Ok(Self { first: first?, holder })
    }

    /// A program in the namespace.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.first.pid.to_string(), "--pid", "--mount", "--", program]);
        command
    }

    /// Those in the namespace that run a program of this name.
    pub(super) fn processes(&self, program: &str) -> Vec<Process> {
        let Ok(ours) = namespace(self.first.pid) else { return Vec::new() };
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        pids.filter(|pid| namespace(*pid).is_ok_and(|theirs| theirs == ours))
            .filter(|pid| runs(*pid, program))
            .filter_map(Process::of)
            .collect()
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}

/// What goes in comes out again as soon as the first process runs.
fn first_process(holder: &mut Child) -> Outcome<Process> {
    let (stdin, stdout) = (holder.stdin.as_mut(), holder.stdout.take());
    let (stdin, stdout) = (stdin.ok_or("no pipe to write to")?, stdout.ok_or("no pipe to read from")?);
    writeln!(stdin, "there?")?;
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line)?;
    let first = Process::of(holder.id()).and_then(Process::child);
    first.ok_or_else(|| "no process namespace: that needs root".into())
}

fn namespace(pid: u32) -> std::io::Result<std::path::PathBuf> {
    fs::read_link(format!("/proc/{pid}/ns/pid"))
}

fn runs(pid: u32, program: &str) -> bool {
    let path = fs::read_link(format!("/proc/{pid}/exe"));
    path.is_ok_and(|path| path.file_name().is_some_and(|name| name == program))
}
