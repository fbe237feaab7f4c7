//! Files over there, through two small scripts.
//!
//! Owns: writing whole or not at all, and what the exit statuses mean. Must never know: connections.

use std::time::Duration;

use crate::host::{Command, Host, HostError, Output};

/// Writes standard input beside the target, onto the disk, then renames. The size is compared first: input that ends
/// early because contact was lost looks like input that is complete. (One line: a word carries no line break.)
const PUT: &str = concat!(
    r#"umask 077; export LC_ALL=C; path=$1 mode=$2 size=$3 dir=${1%/*}; [ "$dir" != "$path" ] || dir=.; "#,
    r#"tmp="$dir/.plimsoll-$$.tmp"; [ ! -d "$path" ] || { echo "it is a folder" >&2; exit 21; }; "#,
    r#"said=$( { mkdir -p "${dir:-/}" && cat >"$tmp" && [ "$(wc -c <"$tmp")" -eq "$size" ] && chmod "$mode" "$tmp" "#,
    r#"&& { sync "$tmp" 2>/dev/null || sync; } && mv -f "$tmp" "$path"; } 2>&1 ) && exit 0; rm -f "$tmp"; "#,
    r#"case $said in *"No space left"*|*"quota exceeded"*) exit 28;; "") said="the content ended early";; esac; "#,
    r#"printf '%s\n' "$said" >&2; exit 1"#,
);
const GET: &str = r#"[ -e "$1" ] || exit 44; head -c "$2" <"$1""#;
const ABSENT: i32 = 44;
const FULL: i32 = 28;

/// Above this the control connection is left to others.
const SMALL: u64 = 128 << 10;
/// Bytes per second that count as slow, not as hung.
const SLOW: u64 = 16 << 10;

pub(super) async fn put(host: &dyn Host, path: &str, content: &[u8], mode: u32) -> Result<(), HostError> {
    let (size, mode) = (content.len().to_string(), format!("{:04o}", mode & 0o7777));
    let command = Command::new(["sh", "-c", PUT, "sh", path, &mode, &size]).stdin(content);
    let output = host.run(sized(command, content.len() as u64)).await?;
    match output.status {
        0 => Ok(()),
        FULL => Err(HostError::NoSpace { host: host.name().to_owned(), path: path.to_owned() }),
        _ => Err(failed("write", path, &output)),
    }
}

pub(super) async fn get(host: &dyn Host, path: &str, cap: u64) -> Result<Option<Vec<u8>>, HostError> {
    let limit = (cap + 1).to_string();
    let mut command = sized(Command::new(["sh", "-c", GET, "sh", path, &limit]), cap);
    command.cap = usize::try_from(cap + 1).unwrap_or(usize::MAX);
    let output = host.run(command).await?;
    match output.status {
        0 if output.stdout.len() as u64 > cap => Err(HostError::Refused(format!("{path} is larger than {cap} bytes"))),
        0 => Ok(Some(output.stdout)),
        ABSENT => Ok(None),
        _ => Err(failed("read", path, &output)),
    }
}

fn sized(command: Command, bytes: u64) -> Command {
    let command = command.deadline(Duration::from_secs(30 + bytes / SLOW));
    if bytes > SMALL { command.bulk() } else { command }
}

fn failed(verb: &str, path: &str, output: &Output) -> HostError {
    let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    HostError::Failed { what: format!("{verb} {path}"), reason }
}
