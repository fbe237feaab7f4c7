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

/// Takes over the login shell's `PATH`: the Finder starts programs with almost none. Must run before any other thread.
#[cfg(target_os = "macos")]
pub(crate) fn take_over() {
    use std::{process::Stdio, time::Duration};
    let shell = std::env::var("SHELL").unwrap_or_else(|_| "/bin/zsh".to_owned());
    let asked = std::process::Command::new(shell)
        .args(["-l", "-i", "-c", &question()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = asked else { return };
    // A profile that waits for somebody must not keep the app from starting.
    let deadline = std::time::Instant::now() + Duration::from_secs(5);
    while child.try_wait().is_ok_and(|status| status.is_none()) {
        if std::time::Instant::now() > deadline {
            let _ = child.kill();
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let Ok(output) = child.wait_with_output() else { return };
    let current = std::env::var("PATH").unwrap_or_default();
    if let Some(path) = joined(&String::from_utf8_lossy(&output.stdout), &current) {
        #[expect(unsafe_code, reason = "no other thread runs yet")]
        // SAFETY: called first in `run`, before any thread is started.
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
