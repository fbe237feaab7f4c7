//! From names to everything a deployment works with.
//!
//! Owns: looking up project, server, registry and builder. Must never know: what is deployed.

use std::{env, sync::Arc};

use async_trait::async_trait;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use super::{Act, Answer, Question, Session, registries};
use crate::{
    build::{BuildError, BuildJob, BuildSink, BuildVm, Builder, Built, Ended, Local, SourceReport},
    deploy::{Accepts, Said, World},
    domain::{
        bytes::Bytes,
        environment::EnvironmentKey,
        name::{EnvironmentName, Name},
        platform::Platform,
        project::Project,
        server::{Destination, Server},
        settings::{BuilderChoice, EnvironmentSettings, Settings},
    },
    host::{self, Host as _, facts, local::LocalHost},
    plan::deploy::{Consent, Risk},
    problem::{Code, Problem},
    settings,
};

/// Names the image of switches where `plimsoll.toml` names none: for laptops whose servers do not reach the public registry.
const SWITCH_VARIABLE: &str = "PLIMSOLL_SWITCH_IMAGE";
/// Room that a local build needs when history does not say.
const LOCAL_BUILD: Bytes = Bytes(5_000_000_000);

/// A project and what its `plimsoll.toml` says.
pub(super) async fn project(session: &Session, name: &str) -> Result<(Project, Settings), Problem> {
    let project = session.store.projects().named(name).await?;
    let settings = load_settings(&project).await?;
    Ok((project, settings))
}

/// What a project's `plimsoll.toml` says; nothing, if there is none.
pub(super) async fn load_settings(project: &Project) -> Result<Settings, Problem> {
    let path = project.path.join(settings::FILE);
    let loaded = tokio::task::spawn_blocking(move || settings::load(&path))
        .await
        .map_err(|error| Problem::new(Code::Internal, "Reading plimsoll.toml broke off", error.to_string(), "Try again."))?;
    Ok(loaded?.unwrap_or_default())
}

/// An environment on its server, for acts that neither build nor push: without a builder, and with the project's registry
/// only where its password is at hand. Nobody is asked for one.
pub(super) async fn site(session: &Session, project_name: &str, environment: &EnvironmentName) -> Result<World, Problem> {
    let mut site = bare(session, project_name, environment).await?;
    if let Some(name) = &site.settings.registry {
        site.registry = registries::at_hand(session, name).await;
    }
    Ok(site)
}

/// Everything that a deployment to an environment works with. The builder is connected when it is first needed.
pub(super) async fn world(
    session: &Session,
    project_name: &str,
    environment: &EnvironmentName,
    builder: Option<&str>,
) -> Result<World, Problem> {
    let mut world = pushing(session, project_name, environment).await?;
    let choice = match builder {
        Some(text) => Some(parse_builder(text)?),
        None => world.settings.builder.clone(),
    };
    if let Some(choice) = choice {
        world.builder = Some(builder_for(session, &choice, &world.server.server).await?);
    }
    Ok(world)
}

/// The same without a builder: what somebody else's build has to know.
pub(super) async fn pushing(session: &Session, project_name: &str, environment: &EnvironmentName) -> Result<World, Problem> {
    let mut world = bare(session, project_name, environment).await?;
    if let Some(name) = &world.settings.registry {
        let registry = session.store.registries().named(name.as_str()).await?;
        world.registry = Some(registries::open(session, &registry).await?);
    }
    Ok(world)
}

async fn bare(session: &Session, project_name: &str, environment: &EnvironmentName) -> Result<World, Problem> {
    let (project, mut settings) = project(session, project_name).await?;
    settings.switch_image = settings.switch_image.or_else(|| env::var(SWITCH_VARIABLE).ok());
    let place = place(&project, &settings, environment)?;
    let server = session.store.servers().named(place.server.as_str()).await?;
    Ok(World {
        store: session.store.clone(),
        environment: EnvironmentKey { project: project.id, name: environment.clone() },
        server: session.machine(&server).await?,
        project,
        settings,
        place,
        builder: None,
        registry: None,
        registries: Arc::new(registries::Known::of(session)),
        person: Arc::new(Person { session: session.clone(), what: format!("{project_name} in {environment}") }),
        who: who().await,
    })
}

/// The environment's settings.
pub(super) fn place(
    project: &Project,
    settings: &Settings,
    environment: &EnvironmentName,
) -> Result<EnvironmentSettings, Problem> {
    settings.environments.get(environment).cloned().ok_or_else(|| {
        let known: Vec<&str> = settings.environments.keys().map(EnvironmentName::as_str).collect();
        let detail =
            if known.is_empty() { "plimsoll.toml has none".to_owned() } else { format!("there is: {}", known.join(", ")) };
        Problem::new(
            Code::SettingsIncomplete,
            format!("{} has no environment {environment}", project.name),
            detail,
            format!(
                "Write `[environments.{environment}]` with `server = \"NAME\"` into {}.",
                project.path.join(settings::FILE).display()
            ),
        )
    })
}

/// Whoever this session can ask.
struct Person {
    session: Session,
    /// What is deployed where.
    what: String,
}

#[async_trait]
impl Accepts for Person {
    async fn accepts(&self, consent: Consent) -> Said {
        let (act, what) = match consent.to {
            Risk::TakeOver => (Act::TakeOver, format!("what runs as {}", self.what)),
            Risk::NoWayBack => (Act::GoOn, format!("{} without a way back", self.what)),
        };
        let question = Question::Act { act, what, consequences: consent.consequences };
        match self.session.ask.confirm(question).await {
            Answer::Yes => Said::Yes,
            Answer::No => Said::No,
            Answer::Nobody => Said::Nothing,
        }
    }
}

async fn builder_for(session: &Session, choice: &BuilderChoice, serving: &Server) -> Result<Arc<dyn Builder>, Problem> {
    match choice {
        BuilderChoice::BuildVm { server } => {
            let builder = session.store.servers().named(server.as_str()).await?;
            refuse_serving(&builder, serving)?;
            Ok(Arc::new(OnDemand { session: session.clone(), server: builder, vm: OnceCell::new() }))
        }
        BuilderChoice::Local => local().await,
        BuilderChoice::GithubActions => Err(Problem::new(
            Code::Unsupported,
            "Builds on GitHub Actions are not available yet",
            "this version builds on a build VM or on this machine",
            "Choose `kind = \"build-vm\"` or `kind = \"local\"` in plimsoll.toml, or pass --builder build-vm:NAME.",
        )),
    }
}

/// Never on the machine that serves; this machine's own engine is exempt.
fn refuse_serving(builder: &Server, serving: &Server) -> Result<(), Problem> {
    let same = builder.id == serving.id || builder.destination == serving.destination;
    if !same || builder.destination == Destination::Local {
        return Ok(());
    }
    Err(Problem::new(
        Code::BuildRefused,
        format!("{} serves and cannot build as well", serving.name),
        "a build's peak memory takes the site down with it: separate the work from the machine that serves",
        "Name another server as the build VM in plimsoll.toml.",
    ))
}

async fn local() -> Result<Arc<dyn Builder>, Problem> {
    let host = LocalHost::new("this machine");
    let facts = facts::gather(&host).await?;
    let access = facts.docker.ok_or_else(|| {
        Problem::new(
            Code::ToolMissing,
            "This machine has no Docker to build with",
            format!("{} answered neither on its socket nor through sudo", host.name()),
            "Name a build VM in plimsoll.toml: the laptop then needs only git and ssh.",
        )
    })?;
    let free = facts.disk_free.unwrap_or(LOCAL_BUILD);
    Ok(Arc::new(Local::checked(Arc::new(host), &access, free, LOCAL_BUILD)?))
}

fn parse_builder(text: &str) -> Result<BuilderChoice, Problem> {
    match text.split_once(':') {
        Some(("build-vm", server)) => {
            let server: Name = super::names::name("server", server)?;
            Ok(BuilderChoice::BuildVm { server })
        }
        None if text == "local" => Ok(BuilderChoice::Local),
        None if text == "github-actions" => Ok(BuilderChoice::GithubActions),
        _ => Err(Problem::new(
            Code::InvalidInput,
            format!("`{}` is no builder", text.escape_debug()),
            "known are build-vm:NAME, local and github-actions",
            "Name one of these.",
        )),
    }
}

async fn who() -> String {
    let host = sysinfo::System::host_name().unwrap_or_else(|_| "this machine".to_owned());
    format!("{}@{host}", user(|name| env::var(name).ok()).await)
}

/// Who this is; started as a service, a program has no environment that would say it.
async fn user(variable: impl Fn(&str) -> Option<String>) -> String {
    match ["USER", "LOGNAME", "USERNAME"].into_iter().filter_map(variable).find(|name| !name.is_empty()) {
        Some(name) => name,
        None => host::login().await.unwrap_or_else(|| "somebody".to_owned()),
    }
}

/// A build VM that is connected when it is first needed: a deployment with nothing to build never asks it.
struct OnDemand {
    session: Session,
    server: Server,
    vm: OnceCell<BuildVm>,
}

impl OnDemand {
    async fn vm(&self) -> Result<&BuildVm, BuildError> {
        self.vm
            .get_or_try_init(async || {
                let machine =
                    self.session.machine(&self.server).await.map_err(|problem| BuildError::Unreached(Box::new(problem)))?;
                Ok(BuildVm::new(machine.host, &machine.access))
            })
            .await
    }
}

#[async_trait]
impl Builder for OnDemand {
    fn label(&self) -> String {
        format!("build VM {}", self.server.name)
    }

    async fn platforms(&self) -> Result<Vec<Platform>, BuildError> {
        self.vm().await?.platforms().await
    }

    async fn source(&self, job: &BuildJob, cancel: &CancellationToken) -> Result<Ended<SourceReport>, BuildError> {
        self.vm().await?.source(job, cancel).await
    }

    async fn build(&self, job: &BuildJob, sink: &dyn BuildSink, cancel: &CancellationToken) -> Result<Ended<Built>, BuildError> {
        self.vm().await?.build(job, sink, cancel).await
    }
}

/// Every machine that takes part in a deployment to an environment.
pub(super) fn machines_of(settings: &Settings, environment: &EnvironmentName) -> Vec<Name> {
    let serving = settings.environments.get(environment).map(|place| place.server.clone());
    let building = match &settings.builder {
        Some(BuilderChoice::BuildVm { server }) => Some(server.clone()),
        _ => None,
    };
    serving.into_iter().chain(building).collect()
}

/// The servers that a project uses, by environment.
pub(super) fn servers_of(settings: &Settings) -> Vec<(EnvironmentName, Name)> {
    settings.environments.iter().map(|(name, place)| (name.clone(), place.server.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::{Person, user};
    use crate::{
        api::{Act, Answer, Question, testing::bench},
        deploy::{Accepts as _, Said},
        plan::deploy::{Consent, Risk},
    };

    #[tokio::test]
    async fn what_is_taken_over_is_asked_with_its_consequences() {
        let bench = bench().await;
        let person = Person { session: bench.session.clone(), what: "shop in production".to_owned() };
        for (answer, said) in [(Answer::Yes, Said::Yes), (Answer::No, Said::No), (Answer::Nobody, Said::Nothing)] {
            *bench.person.says.lock().unwrap() = answer;
            let consent = Consent { to: Risk::TakeOver, consequences: vec!["web gets a new container.".to_owned()] };
            assert_eq!(person.accepts(consent.clone()).await, said);
            let what = "what runs as shop in production".to_owned();
            let asked = Question::Act { act: Act::TakeOver, what, consequences: consent.consequences };
            assert_eq!(bench.person.asked.lock().unwrap().pop(), Some(asked));
        }
    }

    #[tokio::test]
    async fn somebody_is_named_also_without_an_environment() {
        assert_eq!(user(|name| (name == "LOGNAME").then(|| "anna".to_owned())).await, "anna");
        let nameless = user(|_| Some(String::new())).await;
        assert!(!nameless.is_empty() && nameless != "somebody", "{nameless}");
    }
}
