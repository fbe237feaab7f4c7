//! What is typed into the remote shell: the command, and how to end it again.
//!
//! Owns: the two command lines and the note of the process id. Must never know: channels.

use bytes::{Bytes, BytesMut};

use crate::host::{Command, HostError, quote};

/// Every command says its process id first, on standard error; sshd makes it the leader of its group, so that the
/// whole group can be ended. The words travel as arguments, never inside the script.
const RUN: &str = r#"echo "plimsoll-pid $$" >&2; exec "$@""#;
const RUN_IN: &str = r#"echo "plimsoll-pid $$" >&2; cd "$1" || exit 126; shift; exec "$@""#;
const END: &str = r#"kill -TERM -"$1" || kill -TERM "$1" || exit 0; for i in 1 2 3 4 5 6 7 8 9 10; do kill -0 -"$1" || exit 0; sleep 0.2 || sleep 1; done; kill -KILL -"$1""#;

const NOTE: &[u8] = b"plimsoll-pid ";
/// A login shell may talk before our note; no longer than this is it looked for.
const CHATTER: usize = 64 << 10;

/// The command line of a command.
pub(super) fn exec_line(command: &Command) -> Result<String, HostError> {
    let Some(program) = command.argv.first().filter(|p| !p.is_empty() && !p.starts_with('-')) else {
        return Err(HostError::Refused(format!("{:?} is no program's name", command.argv.first())));
    };
    let rest = command.argv.iter().skip(1).map(String::as_str);
    let words = std::iter::once(program.as_str()).chain(rest);
    let head = ["exec", "/bin/sh", "-c"];
    match &command.dir {
        None => quote::join(head.into_iter().chain([RUN, "sh"]).chain(words)),
        Some(dir) => {
            let dir = if dir.starts_with('/') { dir.clone() } else { format!("./{dir}") };
            quote::join(head.into_iter().chain([RUN_IN, "sh", &dir]).chain(words))
        }
    }
}

/// The command line that ends a command's group.
pub(super) fn end_line(pid: u32) -> String {
    let script = quote::quote(END).unwrap_or_default();
    format!("exec /bin/sh -c {script} sh {pid} >/dev/null 2>&1")
}

/// Takes the note of the process id out of standard error.
#[derive(Default)]
pub(super) struct Pid {
    held: BytesMut,
    state: State,
}

#[derive(Default)]
enum State {
    #[default]
    Awaited,
    Found(u32),
    Missing,
}

impl Pid {
    /// The process id, once it was noted.
    pub(super) fn number(&self) -> Option<u32> {
        match self.state {
            State::Found(pid) => Some(pid),
            _ => None,
        }
    }

    /// What remains of these bytes for the reader.
    pub(super) fn strip(&mut self, data: Bytes) -> Bytes {
        if !matches!(self.state, State::Awaited) {
            return data;
        }
        self.held.extend_from_slice(&data);
        if let Some((start, end, pid)) = find(&self.held) {
            self.state = State::Found(pid);
            let tail = self.held.split_off(end);
            self.held.truncate(start);
            self.held.unsplit(tail);
        } else if self.held.len() <= CHATTER {
            return Bytes::new();
        } else {
            self.state = State::Missing;
        }
        self.rest()
    }

    /// What was held back.
    pub(super) fn rest(&mut self) -> Bytes {
        self.held.split().freeze()
    }
}

/// The note's first line: where it begins, where the next line begins, and the id.
fn find(text: &[u8]) -> Option<(usize, usize, u32)> {
    let start = text.windows(NOTE.len()).position(|w| w == NOTE)?;
    let digits = start + NOTE.len();
    let end = digits + text[digits..].iter().position(|b| *b == b'\n')?;
    let pid = std::str::from_utf8(&text[digits..end]).ok()?.parse().ok()?;
    Some((start, end + 1, pid))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{Pid, exec_line};
    use crate::host::Command;

    #[test]
    fn the_note_is_taken_out_wherever_the_packets_are_cut() {
        let text = b"motd\nplimsoll-pid 4711\nerror: no\n";
        for cut in 0..text.len() {
            let (mut pid, mut seen) = (Pid::default(), Vec::new());
            for part in [&text[..cut], &text[cut..]] {
                seen.extend_from_slice(&pid.strip(Bytes::copy_from_slice(part)));
            }
            seen.extend_from_slice(&pid.rest());
            assert_eq!((pid.number(), &seen[..]), (Some(4711), &b"motd\nerror: no\n"[..]), "cut at {cut}");
        }
    }

    #[test]
    fn what_is_no_program_is_refused() {
        for argv in [vec![], vec![""], vec!["-x"]] {
            assert!(exec_line(&Command::new(argv)).is_err());
        }
    }

    #[test]
    fn a_relative_folder_is_never_an_option() {
        assert!(exec_line(&Command::new(["ls"]).dir("-x")).is_ok_and(|l| l.contains("./-x")));
    }
}
