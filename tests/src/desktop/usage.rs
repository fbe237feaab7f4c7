//! What processes use of the machine.
//!
//! Owns: reading it from the kernel. Must never know: whose processes they are.

use std::{fs, time::Duration};

use nix::{time::ClockId, unistd::Pid};

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

/// The processor time they have used, in seconds: of each process all of it, to the nanosecond, whichever of its threads are
/// still there; of programs that they ran to the end what the kernel counts for them.
///
/// # Errors
/// When one of them is gone.
pub fn processor(processes: &[Process]) -> Outcome<f64> {
    let mut seconds = 0.0;
    for process in processes {
        let clock = ClockId::pid_cpu_clock_id(Pid::from_raw(process.pid.try_into()?))?;
        seconds += Duration::from(clock.now()?).as_secs_f64() + children(*process)?;
    }
    Ok(seconds)
}

/// What its ended children have used.
fn children(process: Process) -> Outcome<f64> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.pid))?;
    let (_, rest) = stat.rsplit_once(')').ok_or("the kernel tells no times")?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let mut ticks = 0;
    // cutime and cstime are fields 16 and 17; `rest` begins with the third.
    for field in fields.get(13..15).ok_or("the kernel tells no times")? {
        ticks += field.parse::<u32>()?;
    }
    Ok(f64::from(ticks) / TICKS)
}

#[cfg(test)]
mod tests {
    use std::{thread, time::Instant};

    use super::{ClockId, Duration, processor};
    use crate::lab::Process;

    fn work(time: Duration) {
        let begun = Instant::now();
        while begun.elapsed() < time {
            std::hint::black_box(begun);
        }
    }

    #[test]
    fn a_thread_that_has_ended_counts() {
        let own = [Process::own().unwrap()];
        let before = processor(&own).unwrap();
        let worked = thread::spawn(|| {
            let begun = ClockId::CLOCK_THREAD_CPUTIME_ID.now().unwrap();
            work(Duration::from_millis(30));
            Duration::from(ClockId::CLOCK_THREAD_CPUTIME_ID.now().unwrap() - begun)
        });
        let worked = worked.join().unwrap().as_secs_f64();
        assert!(worked > 0.0);
        assert!(processor(&own).unwrap() - before >= worked);
    }
}
