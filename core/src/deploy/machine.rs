//! A server with an open connection, and the few facts that every act needs.
//!
//! Owns: learning them once per connection. Must never know: projects.

use std::sync::Arc;

use crate::{
    docker::Engine,
    domain::{
        environment::Folders,
        name::StackName,
        server::{DockerAccess, Server, ServerFacts},
    },
    host::{Command, Host, facts},
    problem::{Code, Problem},
};

/// A server with an open connection.
#[derive(Clone)]
pub struct Machine {
    /// Which.
    pub server: Server,
    /// The connection.
    pub host: Arc<dyn Host>,
    /// The login user's home folder there.
    pub home: String,
    /// How its engine answers.
    pub access: DockerAccess,
    /// Its engine.
    pub engine: Engine,
}

impl Machine {
    /// Learns where home is and how Docker answers; `known` facts spare the question.
    ///
    /// # Errors
    /// When the host cannot be reached or has no Docker for this user.
    pub async fn open(server: Server, host: Arc<dyn Host>, known: Option<ServerFacts>) -> Result<Self, Problem> {
        let home = home(host.as_ref()).await?;
        let access = match known.and_then(|facts| facts.docker) {
            Some(access) => access,
            None => facts::gather(host.as_ref()).await?.docker.ok_or_else(|| no_engine(&server))?,
        };
        let engine = Engine::connect(host.clone(), &access).await?;
        Ok(Self { server, host, home, access, engine })
    }

    /// The folders of a stack there.
    #[must_use]
    pub fn folders(&self, stack: &StackName) -> Folders {
        Folders::new(&self.home, stack)
    }
}

async fn home(host: &dyn Host) -> Result<String, Problem> {
    let output = host.run(Command::new(["sh", "-c", "printf %s \"$HOME\""])).await?;
    let home = output.text();
    if output.success() && home.starts_with('/') {
        return Ok(home);
    }
    Err(Problem::new(
        Code::CommandFailed,
        format!("{} does not say where its home folder is", host.name()),
        String::from_utf8_lossy(&output.stderr).into_owned(),
        "Give the login user a home folder and a POSIX shell.",
    ))
}

fn no_engine(server: &Server) -> Problem {
    Problem::new(
        Code::EngineDown,
        format!("Docker does not answer on {}", server.name),
        "neither its socket, nor `sudo -n docker`, nor the rootless socket",
        format!("See what is missing with `plimsoll server check {}`.", server.name),
    )
}
