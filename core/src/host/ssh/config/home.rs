//! This user as the user database has it, whatever the environment says: ssh looks for its files there.
//!
//! Owns: asking for it. Must never know: what lies in the home folder.

use std::{env, path::PathBuf, time::Duration};

use crate::host::{Command, Host, local::LocalHost};

/// Where `~` leads in ssh's own files. Without an answer of the user database, and where there is none (Windows), it is what
/// the environment says.
pub(in crate::host) async fn home() -> Option<PathBuf> {
    line().await.and_then(|line| folder(&line)).or_else(env::home_dir)
}

/// The login name; the number, where the user database has no name for it.
pub(in crate::host) async fn login() -> Option<String> {
    let named = line().await.and_then(|line| Some(line.split(':').next()?.to_owned()));
    #[cfg(unix)]
    return named.filter(|name| !name.is_empty()).or_else(|| Some(format!("uid-{}", rustix::process::getuid().as_raw())));
    #[cfg(not(unix))]
    named
}

/// This user's line of the user database.
async fn line() -> Option<String> {
    let command = Command::new(question()?).deadline(Duration::from_secs(5));
    let output = LocalHost::new("this machine").run(command).await.ok()?;
    output.success().then(|| output.text())
}

/// Prints this user's line of the user database.
fn question() -> Option<Vec<String>> {
    #[cfg(target_os = "macos")]
    return Some(vec!["id".to_owned(), "-P".to_owned()]);
    #[cfg(all(unix, not(target_os = "macos")))]
    return Some(vec!["getent".to_owned(), "passwd".to_owned(), rustix::process::getuid().as_raw().to_string()]);
    #[cfg(not(unix))]
    None
}

/// The last but one field: before it there are seven with `id -P`, five with `getent`.
fn folder(line: &str) -> Option<PathBuf> {
    let home = line.lines().next()?.rsplit(':').nth(1)?;
    home.starts_with('/').then(|| PathBuf::from(home))
}

#[cfg(test)]
mod tests {
    use std::{env, path::Path, process::Command};

    use super::{folder, home, login};

    #[test]
    fn the_field_is_found_on_either_system() {
        assert_eq!(folder("anna:x:1000:1000:Anna:/home/anna:/bin/sh\n").as_deref(), Some(Path::new("/home/anna")));
        assert_eq!(folder("anna:*:501:20::0:0:Anna:/Users/anna:/bin/zsh").as_deref(), Some(Path::new("/Users/anna")));
        assert_eq!(folder(""), None);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn the_login_is_the_one_that_the_system_knows() {
        let asked = Command::new("id").arg("-un").output().unwrap();
        assert_eq!(login().await.unwrap(), String::from_utf8_lossy(&asked.stdout).trim());
    }

    /// The environment belongs to all tests of a process: this one runs itself again with another.
    #[tokio::test]
    async fn home_does_not_move_with_the_environment() {
        const ELSEWHERE: &str = "/nonexistent/home";
        if env::var("HOME").is_ok_and(|home| home == ELSEWHERE) {
            return assert_ne!(home().await.as_deref(), Some(Path::new(ELSEWHERE)));
        }
        let name = concat!(module_path!(), "::home_does_not_move_with_the_environment");
        let name = name.split_once("::").map_or(name, |(_, rest)| rest);
        let again = Command::new(env::current_exe().unwrap()).args(["--exact", name]).env("HOME", ELSEWHERE).output().unwrap();
        let told = String::from_utf8_lossy(&again.stdout).into_owned();
        assert!(again.status.success() && told.contains("1 passed"), "{told}");
    }
}
