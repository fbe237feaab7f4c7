//! This machine's own Docker engine, as far as the sample needs it: a registry in a container.
//!
//! Owns: that container and its volume, and taking the sample's own things away. Must never know: projects, settings.

use std::{net::TcpListener, ops::Range, sync::Arc, time::Duration};

use crate::{
    docker::{self, compose_cli},
    domain::{name::StackName, server::DockerAccess},
    host::{Command, Host as _, Output, facts, local::LocalHost},
    problem::{Code, Problem},
};

/// The container and the volume; no Compose project makes names like these.
pub(super) const REGISTRY: &str = "plimsoll-sample-registry";
/// Another image than the public one.
const IMAGE_VARIABLE: &str = "PLIMSOLL_SAMPLE_REGISTRY_IMAGE";
const IMAGE: &str = "registry:2";
/// Where the image keeps what was pushed.
const STORAGE: &str = "/var/lib/registry";
/// What the image listens on.
const INSIDE: &str = "5000";
/// The registry's ports, the first free one of them. Fixed, because an engine gives another one after each restart.
const PORTS: Range<u16> = 5055..5155;
/// An image of 10 MB may have to be pulled.
const PULL: Duration = Duration::from_secs(300);

/// The engine of this machine.
pub(super) struct Engine {
    here: Arc<LocalHost>,
    access: DockerAccess,
    engine: docker::Engine,
}

/// The registry as it was found or made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Registry {
    /// `127.0.0.1:PORT`.
    pub(super) address: String,
    /// This call made it.
    pub(super) made: bool,
}

impl Engine {
    /// Finds it.
    ///
    /// # Errors
    /// When Docker does not answer here.
    pub(super) async fn find() -> Result<Self, Problem> {
        let here = Arc::new(LocalHost::new("this machine"));
        let access = facts::gather(here.as_ref()).await?.docker.ok_or_else(silent)?;
        let engine = docker::Engine::connect(here.clone(), &access).await?;
        Ok(Self { here, access, engine })
    }

    /// The registry's address, if its container exists.
    pub(super) async fn registry(&self) -> Result<Option<String>, Problem> {
        let format = format!("{{{{(index (index .HostConfig.PortBindings \"{INSIDE}/tcp\") 0).HostPort}}}}");
        let output = self.docker(&["container", "inspect", "--format", &format, REGISTRY]).await?;
        Ok(output.success().then(|| format!("127.0.0.1:{}", output.text())))
    }

    /// Starts the registry; one that is there is started again with what it holds.
    ///
    /// # Errors
    /// When its image cannot be had or it does not start.
    pub(super) async fn start_registry(&self) -> Result<Registry, Problem> {
        if let Some(address) = self.registry().await? {
            self.done(&["start", REGISTRY]).await?;
            return Ok(Registry { address, made: false });
        }
        let address = format!("127.0.0.1:{}", free(PORTS, "the sample's registry")?);
        let image = std::env::var(IMAGE_VARIABLE).unwrap_or_else(|_| IMAGE.to_owned());
        let (published, volume) = (format!("{address}:{INSIDE}"), format!("{REGISTRY}:{STORAGE}"));
        let run = ["run", "--detach", "--restart", "unless-stopped", "--name", REGISTRY, "--publish", &published, "--volume"];
        let ran = self.done(&[&run[..], &[&volume, "--", &image]].concat()).await;
        if ran.is_err() {
            // A container whose port was taken in between exists, and does not run.
            self.remove_registry().await?;
        }
        ran.map(|()| Registry { address, made: true })
    }

    /// Takes the registry away, with what it holds. One that is gone is fine.
    ///
    /// # Errors
    /// When the engine does not do as asked.
    pub(super) async fn remove_registry(&self) -> Result<(), Problem> {
        self.engine.remove(REGISTRY).await?;
        Ok(self.engine.remove_volume(REGISTRY).await?)
    }

    /// Takes a stack away, with its volumes and with the names under which its images were kept.
    ///
    /// # Errors
    /// When the engine does not do as asked.
    pub(super) async fn remove_stack(&self, stack: &StackName, images: &str) -> Result<(), Problem> {
        self.done(&["compose", "--project-name", stack.as_str(), "down", "--volumes", "--remove-orphans"]).await?;
        let kept = self.docker(&["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", &format!("{images}/*")]).await?.text();
        for name in kept.lines() {
            self.engine.untag(name).await?;
        }
        Ok(())
    }

    async fn docker(&self, args: &[&str]) -> Result<Output, Problem> {
        let words = compose_cli(&self.access).into_iter().chain(args.iter().map(|arg| (*arg).to_owned()));
        Ok(self.here.run(Command::new(words).deadline(PULL)).await?)
    }

    async fn done(&self, args: &[&str]) -> Result<(), Problem> {
        let output = self.docker(args).await?;
        if output.success() { Ok(()) } else { Err(failed(args, &output)) }
    }
}

/// The first port of a range that nobody listens on here, for `whom`.
///
/// # Errors
/// When all of them are taken.
pub(super) fn free(ports: Range<u16>, whom: &str) -> Result<u16, Problem> {
    let free = ports.clone().find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.ok_or_else(|| no_port(&ports, whom))
}

fn silent() -> Problem {
    Problem::new(
        Code::EngineDown,
        "Docker does not answer on this machine",
        "neither its socket nor `sudo docker` does",
        "Start Docker and try the sample again, or add a server and deploy the sample there.",
    )
}

fn no_port(ports: &Range<u16>, whom: &str) -> Problem {
    let detail = format!("127.0.0.1:{} to {} are all taken", ports.start, ports.end - 1);
    Problem::new(Code::EngineDown, format!("There is no free port for {whom}"), detail, "Free one of them, then try again.")
}

fn failed(args: &[&str], output: &Output) -> Problem {
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    let title = format!("`docker {}` fails on this machine", args.iter().take(2).copied().collect::<Vec<_>>().join(" "));
    let hint = format!("Correct what the detail names, then try again. {IMAGE_VARIABLE} names another image than {IMAGE}.");
    Problem::new(Code::CommandFailed, title, said, hint)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::free;

    #[test]
    fn a_port_that_is_taken_is_passed_over() {
        let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        assert!(free(port..port + 1, "it").is_err());
        drop(taken);
        assert_eq!(free(port..port + 1, "it").unwrap(), port);
    }
}
