//! What must be gone when a deployment has ended.
//!
//! Owns: looking for it on servers, builders and laptops. Must never know: which deployment it was, and how it ended.

use std::{fs, path::Path, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use plimsoll_lab::lab::{Machine, Registry, until};

/// Locks in whatever state, sources in preparation, boot hooks of every kind. Arguments: the stack's folder, its name.
const AT_ONCE: &str = r#"
ls -d "$1"/lock/* "$1"/lock.* "$1"/work/* 2>/dev/null
grep -H " # plimsoll $2\$" /var/spool/cron/crontabs/* 2>/dev/null
find /etc/systemd/system /home/*/.config/systemd/user -name "plimsoll-$2.service" 2>/dev/null
true
"#;

/// Runners, and what they need while they run: they say that they have finished a moment before they have.
/// Argument: the stack's folder.
const SOON: &str = r#"
processes=$(ps -eo args=)
printf '%s\n' "$processes" | grep -F "$1/deployments/"
ls -d "$1"/deployments/*/work "$1"/deployments/*/ballast 2>/dev/null
true
"#;

/// Builds of a project, and private folders of builds that nobody works on: other builds may be running. Arguments: the login's
/// home, the project.
const BUILDS: &str = r#"
folders=$(ls -d "$1"/.plimsoll/builds/* /dev/shm/plimsoll-* 2>/dev/null)
processes=$(ps -eo args=)
printf '%s\n' "$processes" | grep -F " build $2 "
grep -l "^checkout $2 " "$1"/.plimsoll/builds/*/plan 2>/dev/null
for folder in $folders; do
  id=${folder##*/} id=${id#plimsoll-*-} id=${id%%.*}
  case $processes in
  *"$id"*) ;;
  *) [ ! -e "$folder" ] || echo "$folder" ;;
  esac
done
"#;

/// Files with one of the texts on standard input, below the folders that are the arguments.
const FILES_WITH: &str = "grep -rlF -f - -- \"$@\" 2>/dev/null || true";

/// No lock, boot hook, runner or unfinished delivery of the stack with this folder is left.
pub(crate) async fn none_on_server(machine: &Machine, root: &str, stack: &str) {
    assert_eq!(printed(machine, AT_ONCE, &[root, stack], "").await.unwrap(), "", "{stack}: left behind");
    gone(machine, SOON, &[root]).await;
}

/// No build of the project, and no private folder of anybody's dead build, is left.
pub(crate) async fn none_on_builder(machine: &Machine, project: &str) {
    gone(machine, BUILDS, &[&home(machine), project]).await;
}

/// The registry's password is in no file, neither as it is nor as Docker writes it.
pub(crate) async fn no_credentials(machine: &Machine, registry: &Registry, folders: &[&str]) {
    let Registry { user, password, .. } = registry;
    let texts = format!("{password}\n{}\n", STANDARD.encode(format!("{user}:{password}")));
    assert_eq!(printed(machine, FILES_WITH, folders, &texts).await.unwrap(), "", "credentials on {}", machine.name);
}

/// No deployment is claimed by a program of the laptop with this folder.
pub(crate) fn none_on_laptop(home: &Path) {
    let claimed: Vec<_> = fs::read_dir(home.join("flights")).map(|all| all.flatten().collect()).unwrap_or_default();
    assert!(claimed.is_empty(), "{claimed:?}");
}

/// The home of a machine's login.
pub(crate) fn home(machine: &Machine) -> String {
    format!("/home/{}", machine.user)
}

async fn gone(machine: &Machine, script: &str, args: &[&str]) {
    let look = async || {
        let left = printed(machine, script, args, "").await?;
        if left.is_empty() { Ok(()) } else { Err(left) }
    };
    until("the end of what runs", Duration::from_secs(30), look).await.unwrap();
}

async fn printed(machine: &Machine, script: &str, args: &[&str], input: &str) -> Result<String, String> {
    let argv = [&["sh", "-c", script, "leftovers"], args].concat();
    let output = machine.exec_with(&argv, input.as_bytes()).await.map_err(|e| e.to_string())?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
