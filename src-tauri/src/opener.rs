//! Opening something with the program the system has for it.
//!
//! Owns: starting that program, with the user's own environment. Must never know: why it is opened.

use std::{io, path::Path};

#[cfg(not(target_os = "linux"))]
pub(crate) fn open(what: &Path) -> io::Result<()> {
    open::that_detached(what)
}

/// Tries the programs that a desktop may have, until one takes it.
#[cfg(target_os = "linux")]
pub(crate) fn open(what: &Path) -> io::Result<()> {
    let mut failed = None;
    for mut command in open::commands(what) {
        crate::drawing::inherit_nothing(&mut command);
        match linux::start(command) {
            Ok(()) => return Ok(()),
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    Err(failed.unwrap_or_else(|| io::ErrorKind::NotFound.into()))
}

#[cfg(target_os = "linux")]
mod linux {
    use std::{
        io,
        os::unix::process::CommandExt as _,
        process::{Command, Stdio},
        sync::mpsc,
        time::Duration,
    };

    /// One that still runs then has taken it.
    const TAKEN: Duration = Duration::from_millis(250);

    /// It goes on when the app ends.
    pub(super) fn start(mut command: Command) -> io::Result<()> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let mut child = command.spawn()?;
        let (ended, end) = mpsc::sync_channel(1);
        std::thread::spawn(move || drop(ended.send(child.wait())));
        match end.recv_timeout(TAKEN) {
            Ok(Ok(status)) if !status.success() => {
                Err(io::Error::other(format!("{:?} ended with {status}", command.get_program())))
            }
            _ => Ok(()),
        }
    }

    #[cfg(test)]
    mod tests {
        use std::process::Command;

        use super::start;

        #[test]
        fn a_program_that_refuses_is_noticed_and_one_that_stays_is_not_waited_for() {
            assert!(start(Command::new("/nonexistent/browser")).is_err());
            assert!(start(Command::new("false")).is_err());
            assert!(start(Command::new("true")).is_ok());
            let mut stays = Command::new("sleep");
            stays.arg("2");
            assert!(start(stays).is_ok());
        }
    }
}
