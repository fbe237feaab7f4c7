//! What the ssh configuration would run, found by reading it before any program does.
//!
//! Owns: `Match exec` and `ProxyCommand`, and the consent they need. Must never know: what the entries mean otherwise.

use std::{
    io,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::host::{ConfigEntry, ConnectOptions, HostError, ssh::known_hosts::glob};

/// Files that include files that include …
const DEPTH: usize = 16;

/// A command that the configuration would run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Runs {
    kind: &'static str,
    command: String,
}

impl Runs {
    pub(super) fn proxy_command(template: &str) -> Self {
        Self { kind: "ProxyCommand", command: template.to_owned() }
    }

    fn digest(&self) -> String {
        let hash = Sha256::digest(format!("{}\0{}", self.kind, self.command));
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Whether the user has said yes to exactly this.
pub(super) fn consented(runs: &Runs, options: &ConnectOptions) -> Result<(), HostError> {
    let digest = runs.digest();
    if options.consent.contains(&digest) {
        return Ok(());
    }
    Err(HostError::ConsentNeeded { command: format!("{} {}", runs.kind, runs.command), digest })
}

/// What was found in the files.
#[derive(Debug, Default)]
pub(super) struct Files {
    /// `Match exec` lines: `ssh -G` itself would run them.
    pub(super) runs: Vec<Runs>,
    hosts: Vec<String>,
    /// Entries that name one machine, in the order of the files.
    entries: Vec<ConfigEntry>,
    /// The entries that the lines read now speak about.
    open: Vec<usize>,
    home: Option<PathBuf>,
}

impl Files {
    /// The entries that name one machine: no wildcard, no exception.
    pub(super) fn entries(self) -> Vec<ConfigEntry> {
        self.entries
    }

    /// Whether any entry might speak about this host.
    pub(super) fn has_entry_for(&self, host: &str) -> bool {
        self.hosts.iter().any(|pattern| glob(&pattern.to_lowercase(), &host.to_lowercase()))
    }
}

/// Reads a configuration with all it includes; `None` means the user's and the machine's.
pub(super) async fn read(config: Option<&Path>, home: Option<&Path>) -> Result<Files, HostError> {
    let user = home.map(|home| home.join(".ssh"));
    let roots = match config {
        Some(path) => vec![(path.to_owned(), user)],
        None => {
            let own = user.map(|dir| (dir.join("config"), Some(dir)));
            own.into_iter().chain([(PathBuf::from("/etc/ssh/ssh_config"), Some(PathBuf::from("/etc/ssh")))]).collect()
        }
    };
    let home = home.map(Path::to_owned);
    let work = move || {
        let mut files = Files { home, ..Files::default() };
        roots.iter().try_for_each(|(path, base)| files.read(path, base.as_deref(), DEPTH))?;
        Ok(files)
    };
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|e| Err(HostError::Config(e.to_string())))
}

impl Files {
    fn read(&mut self, path: &Path, base: Option<&Path>, depth: usize) -> Result<(), HostError> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(HostError::Config(format!("{} is included too deep", path.display())));
        };
        let text = match std::fs::read(path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(HostError::Config(format!("{} cannot be read: {e}", path.display()))),
        };
        for line in text.lines() {
            self.line(line.trim(), base, depth)?;
        }
        Ok(())
    }

    fn line(&mut self, line: &str, base: Option<&Path>, depth: usize) -> Result<(), HostError> {
        let end = line.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(line.len());
        let (keyword, rest) = line.split_at(end);
        let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '=');
        match keyword.trim_matches('"').to_lowercase().as_str() {
            "match" => {
                self.hosts.push("*".into());
                self.open.clear();
                if would_execute(rest) {
                    self.runs.push(Runs { kind: "Match", command: rest.to_owned() });
                }
            }
            "host" => self.host(words(rest)),
            "hostname" => self.fill(rest, |entry| &mut entry.host_name),
            "user" => self.fill(rest, |entry| &mut entry.user),
            "port" => self.fill(rest, |entry| &mut entry.port),
            "include" => {
                for pattern in words(rest) {
                    for path in included(&pattern, base, self.home.as_deref())? {
                        self.read(&path, base, depth)?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl Files {
    fn host(&mut self, patterns: Vec<String>) {
        let named = patterns.into_iter().filter(|p| !p.starts_with('!'));
        self.open.clear();
        for pattern in named {
            if !pattern.contains(['*', '?']) {
                let known = self.entries.iter().position(|entry| entry.alias == pattern);
                self.open.push(known.unwrap_or(self.entries.len()));
                if known.is_none() {
                    self.entries.push(ConfigEntry { alias: pattern.clone(), host_name: None, user: None, port: None });
                }
            }
            self.hosts.push(pattern);
        }
    }

    /// The first value counts, as for `ssh` itself.
    fn fill<T: std::str::FromStr>(&mut self, value: &str, field: impl Fn(&mut ConfigEntry) -> &mut Option<T>) {
        for &index in &self.open {
            let field = field(&mut self.entries[index]);
            if field.is_none() {
                *field = words(value).first().and_then(|word| word.parse().ok());
            }
        }
    }
}

/// Rather one question too many: quotes inside the word do not hide it.
fn would_execute(criteria: &str) -> bool {
    criteria.replace(['"', '\'', '\\'], "").to_lowercase().contains("exec")
}

fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => words.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    words.push(word);
    words.retain(|w| !w.is_empty());
    words
}

/// The files an `Include` means. One that cannot be followed could hide a command, so it stops everything.
fn included(pattern: &str, base: Option<&Path>, home: Option<&Path>) -> Result<Vec<PathBuf>, HostError> {
    if pattern.contains(['%', '$', '[']) {
        return Err(HostError::Config(format!("`Include {pattern}` cannot be followed; name the file plainly")));
    }
    let path = match (pattern.strip_prefix("~/"), base) {
        (Some(rest), _) => home.map(|home| home.join(rest)),
        (None, Some(base)) => Some(base.join(pattern)),
        (None, None) => Some(PathBuf::from(pattern)),
    };
    let mut found = vec![PathBuf::new()];
    for part in path.unwrap_or_default().components() {
        let part = part.as_os_str().to_string_lossy().into_owned();
        found = found.iter().flat_map(|dir| step(dir, &part)).collect();
    }
    Ok(found)
}

/// One part of a path, with wildcards, below a folder.
fn step(dir: &Path, part: &str) -> Vec<PathBuf> {
    if !part.contains(['*', '?']) {
        return vec![dir.join(part)];
    }
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let names = entries.map(|e| e.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|n| glob(part, n) && (!n.starts_with('.') || part.starts_with('.'))).collect();
    names.sort();
    names.into_iter().map(|n| dir.join(n)).collect()
}

#[cfg(test)]
mod tests {
    use super::{Files, read};

    async fn scanned(files: &[(&str, &str)]) -> Files {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text.replace("HERE", dir.path().to_str().unwrap())).unwrap();
        }
        read(Some(&dir.path().join("config")), Some(dir.path())).await.unwrap()
    }

    #[tokio::test]
    async fn what_would_run_is_found_however_it_is_written() {
        for line in [
            "Match exec \"touch x\"",
            "  match host=a !EXEC x",
            "Match=ex\"ec\" x",
            "\"Match\" originalhost a exec x",
            "Match\texec x",
        ] {
            assert_eq!(scanned(&[("config", line)]).await.runs.len(), 1, "{line}");
        }
        assert_eq!(scanned(&[("config", "# Match exec x\nMatch host a user b\n")]).await.runs, []);
    }

    #[tokio::test]
    async fn includes_are_followed() {
        let files = [
            ("config", "Include HERE/conf.d/*.conf \"HERE/with space\"\nHost web *.example.org !x\n"),
            ("conf.d/a.conf", "Match exec one"),
            ("conf.d/b.txt", "Match exec no"),
            ("with space", "Include=HERE/deep/a\n"),
            ("deep/a", "Match exec two"),
        ];
        let found = scanned(&files).await;
        let commands: Vec<&str> = found.runs.iter().map(|r| r.command.as_str()).collect();
        assert_eq!(commands, ["exec one", "exec two"]);
    }

    #[tokio::test]
    async fn the_users_files_are_those_of_the_home_that_is_given() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join(".ssh")).unwrap();
        std::fs::write(dir.path().join(".ssh/config"), "Include ~/.ssh/more\nInclude also\n").unwrap();
        std::fs::write(dir.path().join(".ssh/more"), "Match exec one").unwrap();
        std::fs::write(dir.path().join(".ssh/also"), "Match exec two").unwrap();
        let found = read(None, Some(dir.path())).await.unwrap();
        let commands: Vec<&str> = found.runs.iter().map(|r| r.command.as_str()).collect();
        assert!(commands.starts_with(&["exec one", "exec two"]), "{commands:?}");
    }

    #[tokio::test]
    async fn entries_are_known_by_their_patterns() {
        let found = scanned(&[("config", "Host web *.example.org\n")]).await;
        assert!(found.has_entry_for("WEB") && found.has_entry_for("a.example.org") && !found.has_entry_for("other"));
    }

    #[tokio::test]
    async fn entries_that_name_a_machine_are_listed_once_with_what_they_say() {
        let files = [
            (
                "config",
                "Include HERE/more\nHost web db !x *.org\n  User ann\nHost web\n HostName 10.0.0.1\n Port 2222\n User bob\nMatch host web\n User eve\n",
            ),
            ("more", "Host \"first\"\n"),
        ];
        let entries = scanned(&files).await.entries();
        let shown: Vec<_> =
            entries.iter().map(|e| (e.alias.as_str(), e.host_name.as_deref(), e.user.as_deref(), e.port)).collect();
        assert_eq!(
            shown,
            [("first", None, None, None), ("web", Some("10.0.0.1"), Some("ann"), Some(2222)), ("db", None, Some("ann"), None)]
        );
    }

    #[tokio::test]
    async fn a_circle_and_an_obscure_include_stop_it() {
        let dir = tempfile::tempdir().unwrap();
        let config = dir.path().join("config");
        for text in [format!("Include {}", config.display()), "Include ${HOME}/x".into()] {
            std::fs::write(&config, text).unwrap();
            assert!(read(Some(&config), None).await.is_err());
        }
    }
}
