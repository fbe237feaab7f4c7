//! This machine.
//!
//! Owns: processes, files and sockets here. Must never know: ssh, Docker.

mod files;
mod process;

use std::time::Duration;

use async_trait::async_trait;

use super::{ByteStream, Command, Host, HostError, Output, Running, Traffic, collect};

/// What a command gets beyond its deadline to end its outputs.
const GRACE: Duration = Duration::from_secs(3);

/// This machine as a host.
pub struct LocalHost {
    name: String,
}

impl LocalHost {
    /// This machine under the name the user gave it.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned() }
    }
}

#[async_trait]
impl Host for LocalHost {
    fn name(&self) -> &str {
        &self.name
    }

    async fn run(&self, command: Command) -> Result<Output, HostError> {
        let (what, cap, late) = (collect::label(&command), command.cap, collect::timed_out(&command));
        // A grandchild may hold the outputs open after the command itself has ended.
        let limit = command.deadline + GRACE;
        match process::start(command)? {
            process::Started::Running(running) => {
                tokio::time::timeout(limit, collect::collect(running, &what, cap)).await.unwrap_or(Err(late))
            }
            process::Started::NotFound(output) => Ok(output),
        }
    }

    async fn spawn(&self, command: Command) -> Result<Running, HostError> {
        let what = collect::label(&command);
        match process::start(command)? {
            process::Started::Running(running) => Ok(running),
            process::Started::NotFound(_) => {
                Err(HostError::Failed { what: format!("start `{what}`"), reason: "there is no such program".into() })
            }
        }
    }

    #[cfg(unix)]
    async fn dial(&self, socket: &str) -> Result<ByteStream, HostError> {
        let stream = tokio::net::UnixStream::connect(socket)
            .await
            .map_err(|e| HostError::Failed { what: format!("open {socket}"), reason: e.to_string() })?;
        Ok(Box::new(stream))
    }

    #[cfg(not(unix))]
    async fn dial(&self, socket: &str) -> Result<ByteStream, HostError> {
        Err(HostError::Failed { what: format!("open {socket}"), reason: "this system has no Unix sockets".into() })
    }

    async fn put(&self, path: &str, content: &[u8], mode: u32) -> Result<(), HostError> {
        files::put(&self.name, path, content.to_vec(), mode).await
    }

    async fn get(&self, path: &str, cap: u64) -> Result<Option<Vec<u8>>, HostError> {
        files::get(path, cap).await
    }

    fn traffic(&self) -> Traffic {
        Traffic::default()
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::{os::unix::fs::PermissionsExt, time::Duration};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::LocalHost;
    use crate::host::{Command, Host, HostError, SocketState, socket_state};

    fn here() -> LocalHost {
        LocalHost::new("here")
    }

    fn sh(script: &str) -> Command {
        Command::new(["sh", "-c", script])
    }

    #[tokio::test]
    async fn a_command_reads_its_input_and_prints_both_outputs() {
        let output = here().run(sh("cat; echo no >&2; exit 3").stdin("yes").dir("/")).await.unwrap();
        assert_eq!((output.status, output.stdout, output.stderr), (3, b"yes".to_vec(), b"no\n".to_vec()));
    }

    #[tokio::test]
    async fn a_missing_program_is_status_127_as_in_a_shell() {
        assert_eq!(here().run(Command::new(["no-such-program-here"])).await.unwrap().status, 127);
        assert!(here().spawn(Command::new(["no-such-program-here"])).await.is_err());
    }

    #[tokio::test]
    async fn a_signal_is_128_and_its_number() {
        assert_eq!(here().run(sh("kill -9 $$")).await.unwrap().status, 137);
    }

    #[tokio::test]
    async fn more_output_than_the_cap_is_an_error() {
        let mut command = sh("yes");
        command.cap = 1000;
        assert!(matches!(here().run(command).await, Err(HostError::Refused(_))));
    }

    #[tokio::test]
    async fn the_deadline_kills_the_whole_group() {
        let dir = tempfile::tempdir().unwrap();
        let pids = dir.path().join("pid");
        let script = format!("sleep 1000 & echo $! >{0}.new; mv {0}.new {0}; wait", pids.display());
        let result = here().run(sh(&script).deadline(Duration::from_millis(300))).await;
        assert!(matches!(result, Err(HostError::TimedOut { .. })), "{result:?}");
        gone(std::fs::read_to_string(&pids).unwrap().trim()).await;
    }

    #[tokio::test]
    async fn dropping_a_running_command_ends_it() {
        let mut running = here().spawn(sh("echo $$; exec sleep 1000")).await.unwrap();
        let mut pid = [0; 16];
        let n = running.stdout.read(&mut pid).await.unwrap();
        drop(running);
        gone(String::from_utf8_lossy(&pid[..n]).trim()).await;
    }

    /// Waits on the event itself: a process that was killed leaves /proc (or is a zombie that waits for its parent).
    async fn gone(pid: &str) {
        let stat = format!("/proc/{pid}/stat");
        while std::fs::read_to_string(&stat).is_ok_and(|s| !s.contains(") Z ")) {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_conversation_goes_both_ways() {
        let mut running = here().spawn(Command::new(["cat"]).stdin("a")).await.unwrap();
        running.stdin.write_all(b"b").await.unwrap();
        let mut two = [0; 2];
        running.stdout.read_exact(&mut two).await.unwrap();
        drop(running.stdin);
        assert_eq!((&two, running.status.await.unwrap()), (b"ab", 0));
    }

    #[tokio::test]
    async fn files_are_written_whole_into_new_private_folders() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a b/$(c)/file");
        let text = path.to_str().unwrap();
        assert_eq!(here().get(text, 10).await.unwrap(), None);
        here().put(text, b"old", 0o644).await.unwrap();
        here().put(text, b"new\0\xff", 0o600).await.unwrap();
        assert_eq!(here().get(text, 10).await.unwrap().as_deref(), Some(&b"new\0\xff"[..]));
        assert!(matches!(here().get(text, 4).await, Err(HostError::Refused(_))));
        let mode = |p: &std::path::Path| p.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(path.parent().unwrap().read_dir().unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_socket_is_dialled_and_looked_at() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        let text = path.to_str().unwrap();
        assert_eq!(socket_state(&here(), text).await.unwrap(), SocketState::Missing);
        let listener = tokio::net::UnixListener::bind(&path).unwrap();
        assert_eq!(socket_state(&here(), text).await.unwrap(), SocketState::Usable);
        let mut ours = here().dial(text).await.unwrap();
        let (mut theirs, _) = listener.accept().await.unwrap();
        ours.write_all(b"hi").await.unwrap();
        let mut two = [0; 2];
        theirs.read_exact(&mut two).await.unwrap();
        assert_eq!(&two, b"hi");
    }
}
