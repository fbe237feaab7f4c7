//! The script itself.
//!
//! Owns: its text and its name on the server. Must never know: orders or journals.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use crate::domain::environment::Folders;

/// The parts in the order in which they are put together.
const PARTS: [&str; 16] = [
    include_str!("script/00-head.sh"),
    include_str!("script/10-journal.sh"),
    include_str!("script/20-alone.sh"),
    include_str!("script/30-engine.sh"),
    include_str!("script/40-probe.sh"),
    include_str!("script/45-switch.sh"),
    include_str!("script/46-turn.sh"),
    include_str!("script/47-turn-back.sh"),
    include_str!("script/48-detour.sh"),
    include_str!("script/50-hook.sh"),
    include_str!("script/55-failing.sh"),
    include_str!("script/57-release-command.sh"),
    include_str!("script/60-swap.sh"),
    include_str!("script/70-commit.sh"),
    include_str!("script/80-undo.sh"),
    include_str!("script/90-main.sh"),
];

/// The whole script.
#[cfg(not(feature = "failpoints"))]
pub(super) fn text() -> String {
    PARTS.concat()
}

/// The whole script, with places where a test can kill or hold it (`failpoint` in the deployment's folder says which).
#[cfg(feature = "failpoints")]
pub(super) fn text() -> String {
    PARTS.concat().replacen("failpoint() { :; }\n", include_str!("script/failpoint.sh"), 1)
}

/// Where the script lives: its name is its content, so a new version never disturbs a running one.
pub(super) fn path(folders: &Folders, text: &str) -> String {
    let hex = Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    format!("{}/runner-{hex}.sh", folders.bin())
}

#[cfg(all(test, unix))]
mod tests {
    use std::{
        io::Write as _,
        process::{Command, Stdio},
    };

    use super::PARTS;

    /// The shells that servers have as `sh`, and the judge of scripts; one that is missing here is not asked.
    const READERS: [&[&str]; 4] = [&["dash", "-n"], &["busybox", "ash", "-n"], &["bash", "-n"], &["shellcheck", "-s", "sh", "-"]];

    #[test]
    fn every_shell_reads_it_and_shellcheck_has_nothing_to_say() {
        let mut asked = 0;
        for reader in READERS {
            let child = Command::new(reader[0]).args(&reader[1..]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
            let Ok(mut child) = child else { continue };
            child.stdin.take().unwrap().write_all(PARTS.concat().as_bytes()).unwrap();
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{reader:?}: {}", String::from_utf8_lossy(&output.stdout));
            asked += 1;
        }
        assert!(asked > 0);
    }

    #[test]
    fn it_is_plain_text_with_the_line_ends_of_a_script() {
        assert!(PARTS.concat().is_ascii());
        assert!(!PARTS.concat().contains('\r'));
        assert_eq!(PARTS.concat().matches("failpoint() { :; }\n").count(), 1, "the place of the tests' variant");
    }
}
