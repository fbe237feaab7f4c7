//! OpenSSH's list of known hosts, read so that every doubt closes the door.
//!
//! Owns: which lines speak about a host. Must never know: connections.

use std::{
    io,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use russh::keys::{PublicKey, parse_public_key_base64};
use sha1::Sha1;

use crate::host::HostError;

/// A line about a host.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) mark: Mark,
    /// `None` when the line's key cannot be read: it then matches no key, but the host counts as known.
    pub(super) key: Option<PublicKey>,
    /// `file:line`.
    pub(super) place: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Plain,
    Revoked,
}

/// Every line about a host in these files. A file that is absent has none.
///
/// # Errors
/// When a file exists but cannot be read.
pub(super) fn entries(files: &[PathBuf], name: &str) -> Result<Vec<Entry>, HostError> {
    let mut found = Vec::new();
    for file in files {
        match std::fs::read(file) {
            Ok(bytes) => found.extend(about(&String::from_utf8_lossy(&bytes), name, file)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(HostError::Config(format!("{} cannot be read: {e}", file.display()))),
        }
    }
    Ok(found)
}

fn about(text: &str, name: &str, file: &Path) -> Vec<Entry> {
    let name = name.to_lowercase();
    let lines = text.lines().zip(1..).filter_map(|(line, n)| {
        let line = line.trim();
        if line.starts_with('#') {
            return None;
        }
        let (mark, rest) = mark(line)?;
        let mut words = rest.split_whitespace();
        let (hosts, _kind, key) = (words.next()?, words.next(), words.next());
        speaks_of(hosts, &name).then(|| Entry {
            mark,
            key: key.and_then(|k| parse_public_key_base64(k).ok()),
            place: format!("{}:{n}", file.display()),
        })
    });
    lines.collect()
}

/// `None` for lines that are no plain keys: authorities sign certificates, which are not accepted here.
fn mark(line: &str) -> Option<(Mark, &str)> {
    match line.strip_prefix('@').map(|rest| rest.split_once(char::is_whitespace)) {
        None => Some((Mark::Plain, line)),
        Some(Some(("revoked", rest))) => Some((Mark::Revoked, rest)),
        Some(_) => None,
    }
}

fn speaks_of(hosts: &str, name: &str) -> bool {
    if hosts.starts_with('|') {
        return hashed(hosts, name).unwrap_or(false);
    }
    let mut spoken = false;
    for pattern in hosts.split(',') {
        match pattern.strip_prefix('!') {
            Some(not) if glob(&not.to_lowercase(), name) => return false,
            Some(_) => {}
            None => spoken |= glob(&pattern.to_lowercase(), name),
        }
    }
    spoken
}

/// `|1|salt|hash`: HMAC-SHA1 of the name under the salt, both in base64.
fn hashed(entry: &str, name: &str) -> Option<bool> {
    let (salt, hash) = entry.strip_prefix("|1|")?.split_once('|')?;
    let (salt, hash) = (STANDARD.decode(salt).ok()?, STANDARD.decode(hash).ok()?);
    Some(Hmac::<Sha1>::new_from_slice(&salt).ok()?.chain_update(name).verify_slice(&hash).is_ok())
}

/// `*` stands for any text, `?` for one character.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, t) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Mark, about, glob};

    const ED: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";

    fn found(line: &str, name: &str) -> Vec<(Mark, bool)> {
        about(line, name, Path::new("known_hosts")).into_iter().map(|e| (e.mark, e.key.is_some())).collect()
    }

    #[test]
    fn names_ports_patterns_and_negations() {
        let plain = vec![(Mark::Plain, true)];
        assert_eq!(found(&format!("[web]:2222 ssh-ed25519 {ED}"), "[web]:2222"), plain);
        assert_eq!(found(&format!("[web]:2222 ssh-ed25519 {ED}"), "web"), []);
        assert_eq!(found(&format!("a,WEB,b\tssh-ed25519  {ED} note"), "web"), plain);
        assert_eq!(found(&format!("*.example.org,!x.example.org ssh-ed25519 {ED}"), "w.example.org"), plain);
        assert_eq!(found(&format!("*.example.org,!x.example.org ssh-ed25519 {ED}"), "x.example.org"), []);
    }

    #[test]
    fn marks_comments_and_unreadable_keys() {
        assert_eq!(found(&format!("@revoked * ssh-ed25519 {ED}"), "web"), [(Mark::Revoked, true)]);
        assert_eq!(found(&format!("@cert-authority * ssh-ed25519 {ED}"), "web"), []);
        assert_eq!(found(&format!("  # web ssh-ed25519 {ED}"), "web"), []);
        assert_eq!(found("web ssh-ed25519 AAAA", "web"), [(Mark::Plain, false)], "known, but by no key we can read");
        assert_eq!(found("web", "web"), [(Mark::Plain, false)]);
    }

    #[test]
    fn hashed_names_as_ssh_keygen_writes_them() {
        let line = format!("|1|O33ESRMWPVkMYIwJ1Uw+n877jTo=|nuuC5vEqXlEZ/8BXQR7m619W6Ak= ssh-ed25519 {ED}");
        assert_eq!(found(&line, "example.com"), [(Mark::Plain, true)]);
        assert_eq!(found(&line, "example.org"), []);
    }

    #[test]
    fn globs() {
        for (pattern, text, yes) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abcd", false),
            ("?b", "ab", true),
            ("?", "", false),
            ("*a*b*", "xaxbx", true),
        ] {
            assert_eq!(glob(pattern, text), yes, "{pattern} {text}");
        }
    }
}
