//! A throw-away sshd on 127.0.0.1, without Docker or a machine around it: for what only concerns ssh.
//!
//! Owns: its keys, its configuration, its process. Must never know: how Plimsoll connects.

use std::{
    fs, io,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// The folder and user key of a few servers, and the ssh configuration that reaches them.
pub struct SshWorld {
    dir: tempfile::TempDir,
}

impl SshWorld {
    /// An empty world with one user key, `key`.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn new() -> io::Result<Self> {
        let world = Self { dir: tempfile::tempdir()? };
        world.user_key("key", "ed25519", "")?;
        fs::write(world.config(), "")?;
        Ok(world)
    }

    /// A file in this world.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The ssh configuration.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.path("config")
    }

    /// Makes a user key.
    ///
    /// # Errors
    /// When `ssh-keygen` fails.
    pub fn user_key(&self, name: &str, kind: &str, passphrase: &str) -> io::Result<PathBuf> {
        keygen(&self.path(name), kind, passphrase)?;
        Ok(self.path(name))
    }

    /// Adds lines to the ssh configuration.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn configure(&self, lines: &str) -> io::Result<()> {
        fs::write(self.config(), fs::read_to_string(self.config())? + lines + "\n")
    }

    /// An entry for a server that takes the user key `identity`, and no agent.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn entry(&self, name: &str, server: &Sshd, identity: &str, more: &str) -> io::Result<()> {
        let identity = self.path(identity);
        self.configure(&format!(
            "Host {name}\n HostName 127.0.0.1\n Port {}\n User root\n IdentityFile {}\n IdentitiesOnly yes\n {more}\n",
            server.port,
            identity.display()
        ))
    }

    /// Starts a server with a host key of this kind that lets `authorized` in. `more` is added to its configuration.
    ///
    /// # Errors
    /// When it does not start.
    pub fn server(&self, name: &str, kind: &str, authorized: &str, more: &str) -> io::Result<Sshd> {
        let dir = self.path(name);
        fs::create_dir(&dir)?;
        keygen(&dir.join("host_key"), kind, "")?;
        fs::copy(self.path(authorized).with_extension("pub"), dir.join("authorized_keys"))?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {0}/host_key\nAuthorizedKeysFile {0}/authorized_keys\n\
             PidFile none\nUsePAM no\nStrictModes no\nPermitRootLogin prohibit-password\nPasswordAuthentication no\n{more}\n",
            dir.display()
        );
        fs::write(dir.join("sshd_config"), config)?;
        fs::create_dir_all("/run/sshd")?;
        let mut server = Sshd { dir, port, child: None };
        server.start()?;
        Ok(server)
    }
}

/// A running sshd.
pub struct Sshd {
    dir: PathBuf,
    /// Where it listens on 127.0.0.1.
    pub port: u16,
    child: Option<Child>,
}

impl Sshd {
    /// Starts it (again).
    ///
    /// # Errors
    /// When it ends at once.
    pub fn start(&mut self) -> io::Result<()> {
        let log = fs::File::create(self.dir.join("log"))?;
        let config = self.dir.join("sshd_config");
        let mut command = Command::new("/usr/sbin/sshd");
        command.arg("-D").arg("-e").arg("-f").arg(config).stdin(Stdio::null()).stderr(log);
        let mut child = command.spawn()?;
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            if child.try_wait()?.is_some() {
                return Err(io::Error::other(fs::read_to_string(self.dir.join("log"))?));
            }
        }
        self.child = Some(child);
        Ok(())
    }

    /// Kills it and every connection it serves, as a crash would.
    pub fn kill(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let sessions = children(child.id());
        // Each may be gone already.
        let _ = child.kill();
        let _ = child.wait();
        for pid in sessions {
            let _ = Command::new("kill").arg("-KILL").arg(pid).stderr(Stdio::null()).status();
        }
    }

    /// Replaces the host key; takes effect at the next start.
    ///
    /// # Errors
    /// When `ssh-keygen` fails.
    pub fn new_host_key(&self, kind: &str) -> io::Result<()> {
        fs::remove_file(self.dir.join("host_key"))?;
        keygen(&self.dir.join("host_key"), kind, "")
    }

    /// The host key's fingerprint, as `ssh-keygen` prints it.
    ///
    /// # Errors
    /// When `ssh-keygen` fails.
    pub fn fingerprint(&self) -> io::Result<String> {
        let output = Command::new("ssh-keygen").arg("-lf").arg(self.dir.join("host_key")).output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.split_whitespace().nth(1).map(str::to_owned).ok_or_else(|| io::Error::other(text.clone()))
    }

    /// The host key as a line of known_hosts.
    ///
    /// # Errors
    /// When the key cannot be read.
    pub fn known_hosts_line(&self) -> io::Result<String> {
        let public = fs::read_to_string(self.dir.join("host_key.pub"))?;
        Ok(format!("[127.0.0.1]:{} {public}", self.port))
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Direct children: one for each connection.
fn children(pid: u32) -> Vec<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    text.split_whitespace().map(str::to_owned).collect()
}

fn keygen(path: &Path, kind: &str, passphrase: &str) -> io::Result<()> {
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-t", kind, "-N", passphrase, "-C", "test", "-f"]).arg(path).stdin(Stdio::null());
    let status = command.status()?;
    status.success().then_some(()).ok_or_else(|| io::Error::other("ssh-keygen failed"))
}
