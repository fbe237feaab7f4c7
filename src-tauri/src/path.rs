//! Where programs are found when the app was not started from a shell.
//!
//! Owns: asking the login shell, once. Must never know: which programs are looked for.

/// Marks the answer among whatever a profile prints.
#[cfg(any(test, target_os = "macos"))]
const MARK: &str = "__plimsoll_path__";

/// What a login shell is asked; printed between two marks.
#[cfg(any(test, target_os = "macos"))]
#[must_use]
pub(crate) fn question() -> String {
    format!("printf '{MARK}%s{MARK}' \"$PATH\"")
}

/// The `PATH` in a login shell's output, joined with the one that is there: the shell's folders first, each once, only
/// absolute ones.
#[cfg(any(test, target_os = "macos"))]
#[must_use]
pub(crate) fn joined(output: &str, current: &str) -> Option<String> {
    let (_, rest) = output.split_once(MARK)?;
    let (found, _) = rest.split_once(MARK)?;
    let mut folders: Vec<&str> = Vec::new();
    for folder in found.split(':').chain(current.split(':')) {
        if folder.starts_with('/') && !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    (!folders.is_empty()).then(|| folders.join(":"))
}

/// What a login shell says its `PATH` is, joined with the one that is there. A profile may print what it likes, wait for
/// somebody, fail, or leave programs behind that hold its output: after the deadline it counts as silent.
#[cfg(all(unix, any(test, target_os = "macos")))]
pub(crate) fn ask(shell: &str, current: &str, deadline: std::time::Duration) -> Option<String> {
    use std::{
        io::Read as _,
        os::unix::process::CommandExt as _,
        process::{Command, Stdio},
        sync::mpsc,
        time::Instant,
    };
    let mut command = Command::new(shell);
    command.args(["-l", "-i", "-c", &question()]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.process_group(0).spawn().ok()?;
    let mut output = child.stdout.take()?;
    let (sender, printed) = mpsc::sync_channel::<Vec<u8>>(8);
    // It ends with the shell's output, or with the receiver.
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(read) = output.read(&mut buffer) {
            if read == 0 || sender.send(buffer[..read].to_vec()).is_err() {
                return;
            }
        }
    });
    let (late, mut said) = (Instant::now() + deadline, Vec::new());
    let mut answer = None;
    while answer.is_none() {
        let Ok(more) = printed.recv_timeout(late.saturating_duration_since(Instant::now())) else { break };
        said.extend(more);
        answer = joined(&String::from_utf8_lossy(&said), current);
    }
    end(&mut child);
    answer
}

/// The shell, and whatever it has started.
#[cfg(all(unix, any(test, target_os = "macos")))]
fn end(child: &mut std::process::Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        // A group that is gone already is what we want.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.wait();
}

/// Takes over the login shell's `PATH`: the Finder starts programs with almost none. Must run before any other thread.
#[cfg(target_os = "macos")]
pub(crate) fn take_over() {
    let shell = std::env::var("SHELL").unwrap_or_else(|_| "/bin/zsh".to_owned());
    let current = std::env::var("PATH").unwrap_or_default();
    if let Some(path) = ask(&shell, &current, std::time::Duration::from_secs(5)) {
        #[expect(unsafe_code, reason = "no other thread looks at the environment yet")]
        // SAFETY: called first in `run`, before any thread is started; that of `ask` only reads a pipe.
        unsafe {
            std::env::set_var("PATH", path);
        }
    }
}

/// Elsewhere the desktop starts programs with the session's own `PATH`.
#[cfg(not(target_os = "macos"))]
pub(crate) fn take_over() {}

#[cfg(test)]
mod tests {
    use super::{joined, question};

    /// A shell whose profile does this first.
    #[cfg(unix)]
    fn with(profile: &str) -> (Option<String>, std::time::Duration) {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let shell = folder.path().join("shell");
        let script = format!("#!/bin/sh\n{profile}\nPATH=/opt/bin:/bin\neval \"$4\"\n");
        std::fs::write(&shell, script).unwrap();
        std::fs::set_permissions(&shell, std::fs::Permissions::from_mode(0o755)).unwrap();
        let started = std::time::Instant::now();
        let answer = super::ask(shell.to_str().unwrap(), "/usr/bin", std::time::Duration::from_secs(3));
        (answer, started.elapsed())
    }

    #[cfg(unix)]
    #[test]
    fn whatever_a_profile_does_the_app_starts() {
        let right = Some("/opt/bin:/bin:/usr/bin".to_owned());
        assert_eq!(with("").0, right);
        // More than a pipe holds.
        assert_eq!(with("head -c 1000000 /dev/zero | tr '\\0' 'x'; echo; echo oops >&2").0, right);
        // A program that is left behind holds the output.
        let (answer, took) = with("sleep 60 &");
        assert!(answer == right && took.as_secs() < 3, "{answer:?} after {took:?}");
        assert_eq!(with("exit 1").0, None);
        let (answer, took) = with("sleep 60");
        assert!(answer.is_none() && took.as_secs() < 30, "{took:?}");
    }

    #[test]
    fn the_shells_folders_come_first_and_each_once() {
        let output = "Welcome!\n__plimsoll_path__/opt/homebrew/bin:/usr/bin:.:__plimsoll_path__\nbye";
        assert_eq!(joined(output, "/usr/bin:/bin").as_deref(), Some("/opt/homebrew/bin:/usr/bin:/bin"));
    }

    #[test]
    fn a_shell_that_does_not_answer_changes_nothing() {
        assert_eq!(joined("command not found", "/usr/bin"), None);
        assert_eq!(joined("__plimsoll_path____plimsoll_path__", ""), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_real_shell_understands_the_question() {
        let output = std::process::Command::new("/bin/sh").args(["-c", &question()]).env("PATH", "/a:/b").output().unwrap();
        assert_eq!(joined(&String::from_utf8_lossy(&output.stdout), "").as_deref(), Some("/a:/b"));
    }
}
