//! What processes use of the machine.
//!
//! Owns: reading it from the kernel. Must never know: whose processes they are.

use std::fs;

use super::Outcome;
use crate::lab::Process;

/// Ticks of a processor in a second, as the kernel tells them to programs.
const TICKS: f64 = 100.0;

/// Their proportional set size in megabytes: shared pages are shared out among their users.
///
/// # Errors
/// When one of them is gone.
pub fn memory(processes: &[Process]) -> Outcome<f64> {
    let mut kib = 0;
    for process in processes {
        let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", process.pid))?;
        let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).ok_or("the kernel tells no PSS")?;
        kib += line.trim().trim_end_matches(" kB").parse::<u32>()?;
    }
    Ok(f64::from(kib) * 1024.0 / 1e6)
}

/// The processor time they have used, in seconds.
///
/// # Errors
/// When one of them is gone.
pub fn processor(processes: &[Process]) -> Outcome<f64> {
    let mut ticks = 0;
    for process in processes {
        let stat = fs::read_to_string(format!("/proc/{}/stat", process.pid))?;
        let (_, rest) = stat.rsplit_once(')').ok_or("the kernel tells no times")?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        // utime and stime are fields 14 and 15; `rest` begins with the third.
        for field in fields.get(11..13).ok_or("the kernel tells no times")? {
            ticks += field.parse::<u32>()?;
        }
    }
    Ok(f64::from(ticks) / TICKS)
}
