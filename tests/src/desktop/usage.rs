//! What processes use of the machine.
//!
//! Owns: reading it from the kernel. Must never know: whose processes they are.

use std::{fs, time::Duration};

use super::Outcome;
use crate::lab::Process;

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

/// The processor time that their threads have used, in seconds; exact, where `/proc/PID/stat` counts hundredths.
///
/// # Errors
/// When one of them is gone.
pub fn processor(processes: &[Process]) -> Outcome<f64> {
    let mut spent = Duration::ZERO;
    for process in processes {
        for thread in fs::read_dir(format!("/proc/{}/task", process.pid))? {
            let times = fs::read_to_string(thread?.path().join("schedstat"))?;
            let nanoseconds = times.split_whitespace().next().ok_or("the kernel tells no times")?;
            spent += Duration::from_nanos(nanoseconds.parse()?);
        }
    }
    Ok(spent.as_secs_f64())
}
