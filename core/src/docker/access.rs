//! How commands reach an engine, as argv. Must never know: HTTP.

use crate::domain::server::DockerAccess;

/// The socket that `docker` uses when nothing else is said.
pub(super) const DEFAULT_SOCKET: &str = "/var/run/docker.sock";

/// The argv prefix under which the `docker` client of that host reaches this engine: append `compose …` or any other command.
#[must_use]
pub fn compose_cli(access: &DockerAccess) -> Vec<String> {
    match access {
        DockerAccess::Sudo => vec!["sudo".to_owned(), "-n".to_owned(), "docker".to_owned()],
        DockerAccess::Socket(path) if path == DEFAULT_SOCKET => vec!["docker".to_owned()],
        DockerAccess::Socket(path) => vec!["env".to_owned(), format!("DOCKER_HOST=unix://{path}"), "docker".to_owned()],
    }
}

/// The command that carries the engine's API on its standard streams.
pub(super) fn dial_stdio(access: &DockerAccess) -> Vec<String> {
    let mut argv = compose_cli(access);
    argv.extend(["system".to_owned(), "dial-stdio".to_owned()]);
    argv
}

#[cfg(test)]
mod tests {
    use super::{DockerAccess, compose_cli, dial_stdio};

    #[test]
    fn each_access_has_its_prefix() {
        assert_eq!(compose_cli(&DockerAccess::Socket("/var/run/docker.sock".to_owned())), ["docker"]);
        assert_eq!(compose_cli(&DockerAccess::Sudo), ["sudo", "-n", "docker"]);
        let rootless = DockerAccess::Socket("/run/user/1000/docker.sock".to_owned());
        assert_eq!(compose_cli(&rootless), ["env", "DOCKER_HOST=unix:///run/user/1000/docker.sock", "docker"]);
        assert_eq!(dial_stdio(&DockerAccess::Sudo).join(" "), "sudo -n docker system dial-stdio");
    }
}
