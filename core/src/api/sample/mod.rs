//! The sample shop: a project to try everything with, on this machine alone.
//!
//! Owns: what is set up for it, and that all of it can be taken away again. Must never know: how it is deployed.

mod engine;
mod files;

use std::{path::PathBuf, time::Duration};

use futures_util::{FutureExt as _, TryFutureExt as _, future::BoxFuture};
use tokio::time::{Instant, sleep};

use self::engine::Engine;
use super::{
    Act, Question, Session, changes,
    names::consent,
    projects::{self, Understood},
    registries, servers, settings,
    variables::{self, Scope},
};
use crate::{
    docker::release_repository,
    domain::{
        name::{EnvironmentName, Name, StackName},
        project::Project,
        registry::RegistryKind,
        secret::Secret,
        server::Destination,
        settings::{BuilderChoice, Settings},
    },
    host::{Command, Host as _, local::LocalHost},
    problem::{Code, Problem},
};

/// The name it is added under. Its folder is called `shop`, as most people's own folders may be: that name stays free.
const NAME: &str = "sample-shop";
const FOLDER: &str = "shop";
/// This machine as a server, and the registry in a container.
const SERVER: &str = "here";
const REGISTRY: &str = "sample";
/// Whatever the Compose file is called, no stack of the user's has this name.
const STACK: &str = "plimsoll-sample";
/// The ports of the shop, the first free one of them.
const PORTS: std::ops::Range<u16> = 8088..8188;
/// How long the registry may take to answer.
const START: Duration = Duration::from_secs(30);
const BEAT: Duration = Duration::from_millis(200);

/// Other images than the public ones: the variable of this program, that of the shop, for whom.
const IMAGES: [(&str, &str, Scope); 3] = [
    ("PLIMSOLL_SAMPLE_REDIS_IMAGE", "REDIS_IMAGE", Scope::Run),
    ("PLIMSOLL_SAMPLE_CADDY_IMAGE", "CADDY_IMAGE", Scope::Run),
    ("PLIMSOLL_SAMPLE_PYTHON_IMAGE", "PYTHON_IMAGE", Scope::Build),
];

/// Sets the sample up on this machine's own Docker engine, so that deploying it is the next thing: the project, a registry in
/// a container, this machine as its server and builder. Asks before anything is started. What is there already stays.
///
/// # Errors
/// When git is missing, Docker does not answer here, the answer was no, or an image cannot be had. Of what could not be
/// finished the project stays, and the problem says so; after a no nothing does.
pub async fn up(session: &Session) -> Result<Understood, Problem> {
    let known = find(session).await?;
    let before = known.is_some();
    let project = match known {
        Some(project) => project,
        None => add(session).await?,
    };
    match bring_up(session, &project).await {
        Ok(()) => projects::show(session, project.name.as_str()).await,
        Err(no) if no.code == Code::ConsentMissing => {
            if !before {
                forget_project(session, &project).await?;
            }
            Err(no)
        }
        Err(problem) => {
            let hint = format!("{} The project {} stays until you remove it.", problem.hint, project.name);
            Err(Problem { hint, ..problem })
        }
    }
}

async fn bring_up(session: &Session, project: &Project) -> Result<(), Problem> {
    let engine = Engine::find().await?;
    if is_up(session, &engine, project).await? {
        return Ok(());
    }
    consent(session, starting()).await?;
    let mut made = Made::default();
    let done = set_up(session, &engine, project, &mut made).await;
    if done.is_err() {
        made.take_back(session, &engine).await;
    }
    done
}

/// Takes the sample away: its containers and their data, its registry, its project. Asks first.
///
/// # Errors
/// When it is not there, it is being deployed, Docker does not answer here, or the answer was no.
pub async fn down(session: &Session) -> Result<Name, Problem> {
    let project = find(session).await?.ok_or_else(not_there)?;
    if changes::in_flight(session).await?.iter().any(|(name, _)| *name == project.name) {
        let title = "The sample is being deployed";
        return Err(Problem::new(Code::Locked, title, "its deployment has not ended", "Wait for its end, then try again."));
    }
    let engine = Engine::find().await?;
    consent(session, ending(&project)).await?;
    let stack = stack()?;
    engine.remove_stack(&stack, &kept_images(&project)).await?;
    engine.remove_registry().await?;
    forget_machines(session, &project).await?;
    remove_folders(session, &stack).await?;
    session.store.projects().remove(project.id).await?;
    Ok(project.name)
}

/// Puts the sample into a folder of this laptop's data and adds it as a project; what is there already is taken as it is.
async fn add(session: &Session) -> Result<Project, Problem> {
    let folder = folder(session);
    files::put(&folder).await?;
    let taken: Vec<Name> = session.store.projects().list().await?.into_iter().map(|project| project.name).collect();
    let name = free_name(NAME, &taken)?;
    let project = projects::add(session, &folder, Some(name.as_str())).await?.project;
    keep_apart(session, &project).await?;
    Ok(project)
}

/// The example names a server, a builder and a stack as its reader would: the user's own may be called so too, and are none of
/// the sample's.
async fn keep_apart(session: &Session, project: &Project) -> Result<(), Problem> {
    let servers = session.store.servers().list().await?;
    let taken: Vec<Name> = servers.into_iter().map(|server| server.name).collect();
    let mut settings = settings::read(session, project.name.as_str()).await?.settings;
    settings.registry = None;
    settings.builder = Some(BuilderChoice::Local);
    if let Some(place) = settings.environments.get_mut(&EnvironmentName::production()) {
        place.server = free_name(SERVER, &taken)?;
        place.stack = Some(stack()?);
    }
    settings::write(session, project.name.as_str(), settings).await?;
    files::commit(&project.path, "The shop by itself").await
}

/// It was added in vain.
async fn forget_project(session: &Session, project: &Project) -> Result<(), Problem> {
    remove_repository(session).await?;
    Ok(session.store.projects().remove(project.id).await?)
}

async fn find(session: &Session) -> Result<Option<Project>, Problem> {
    // Its folder may be reached by a link.
    let Ok(folder) = folder(session).canonicalize() else { return Ok(None) };
    Ok(session.store.projects().list().await?.into_iter().find(|project| project.path == folder))
}

fn folder(session: &Session) -> PathBuf {
    session.paths.data().join("sample").join(FOLDER)
}

fn stack() -> Result<StackName, Problem> {
    STACK.parse().map_err(|_| Problem::new(Code::Internal, "The sample has no stack", STACK, "Tell us."))
}

/// Everything is there, and runs.
async fn is_up(session: &Session, engine: &Engine, project: &Project) -> Result<bool, Problem> {
    let Some(address) = engine.registry().await? else { return Ok(false) };
    let settings = settings::read(session, project.name.as_str()).await?.settings;
    let Some(registry) = &settings.registry else { return Ok(false) };
    let place = settings.environments.get(&EnvironmentName::production());
    let Some(server) = place.map(|place| &place.server) else { return Ok(false) };
    let known = session.store.servers().find(server.as_str()).await?.is_some_and(|s| s.destination == Destination::Local);
    let there = session.store.registries().find(registry.as_str()).await?.is_some_and(|r| is_at(&r.kind, &address));
    Ok(known && there && registries::check(session, registry.as_str()).await.is_ok())
}

/// What a call has made so far.
#[derive(Default)]
struct Made {
    registry_container: bool,
    server: Option<Name>,
    registry: Option<Name>,
}

impl Made {
    /// Nothing half done is left. What cannot be taken back is found by the next try.
    async fn take_back(self, session: &Session, engine: &Engine) {
        if let Some(name) = self.registry {
            let _ = forget_registry(session, &name).await;
        }
        if let Some(name) = self.server {
            let _ = forget_server(session, &name).await;
        }
        if self.registry_container {
            let _ = engine.remove_registry().await;
        }
    }
}

async fn set_up(session: &Session, engine: &Engine, project: &Project, made: &mut Made) -> Result<(), Problem> {
    let container = engine.start_registry().await?;
    made.registry_container = container.made;
    let registry = registry(session, &container.address, made).await?;
    let server = server(session, made).await?;
    let port = write_settings(session, project, registry, server).await?;
    set_variables(session, project, port).await
}

/// The registry under its name, once it answers.
async fn registry(session: &Session, address: &str, made: &mut Made) -> Result<Name, Problem> {
    let registries = session.store.registries().list().await?;
    if let Some(known) = registries.iter().find(|known| is_at(&known.kind, address)) {
        answers(|| registries::check(session, known.name.as_str()).map_ok(drop).boxed()).await?;
        return Ok(known.name.clone());
    }
    let taken: Vec<Name> = registries.into_iter().map(|known| known.name).collect();
    let name = free_name(REGISTRY, &taken)?;
    let kind = RegistryKind::Oci { host: address.to_owned(), prefix: "sample".to_owned(), user: None, plain_http: true };
    answers(|| registries::add(session, name.as_str(), kind.clone(), None).map_ok(drop).boxed()).await?;
    made.registry = Some(name.clone());
    Ok(name)
}

/// This machine as a server.
async fn server(session: &Session, made: &mut Made) -> Result<Name, Problem> {
    let servers = session.store.servers().list().await?;
    if let Some(known) = servers.iter().find(|server| server.destination == Destination::Local) {
        return Ok(known.name.clone());
    }
    let taken: Vec<Name> = servers.into_iter().map(|known| known.name).collect();
    let name = free_name(SERVER, &taken)?;
    servers::add(session, name.as_str(), "local", servers::KeyProof::Ask).await?;
    made.server = Some(name.clone());
    Ok(name)
}

/// Names everything in `plimsoll.toml` and commits that; the port at which the shop will answer.
async fn write_settings(session: &Session, project: &Project, registry: Name, server: Name) -> Result<u16, Problem> {
    let mut settings = settings::read(session, project.name.as_str()).await?.settings;
    let port = match port_of(&settings) {
        Some(port) => port,
        None => engine::free(PORTS, "the sample")?,
    };
    settings.registry = Some(registry);
    settings.builder = Some(BuilderChoice::Local);
    if let Some(place) = settings.environments.get_mut(&EnvironmentName::production()) {
        place.server = server;
        place.stack = Some(stack()?);
        place.url = Some(format!("http://127.0.0.1:{port}/health"));
    }
    settings::write(session, project.name.as_str(), settings).await?;
    files::commit(&project.path, "The shop on this machine").await?;
    Ok(port)
}

/// The port that was chosen before.
fn port_of(settings: &Settings) -> Option<u16> {
    let url = settings.environments.get(&EnvironmentName::production())?.url.as_deref()?;
    url.strip_prefix("http://127.0.0.1:")?.split('/').next()?.parse().ok()
}

async fn set_variables(session: &Session, project: &Project, port: u16) -> Result<(), Problem> {
    set(session, project, Scope::Run, "HTTP_PORT", port.to_string()).await?;
    for (ours, theirs, scope) in IMAGES {
        if let Ok(image) = std::env::var(ours) {
            set(session, project, scope, theirs, image).await?;
        }
    }
    Ok(())
}

async fn set(session: &Session, project: &Project, scope: Scope, name: &str, value: String) -> Result<(), Problem> {
    let values = vec![(name.to_owned(), Secret::new(value))];
    variables::set(session, project.name.as_str(), &EnvironmentName::production(), scope, values).await.map(drop)
}

/// Forgets the registry, and the server where no other project uses it.
async fn forget_machines(session: &Session, project: &Project) -> Result<(), Problem> {
    let Ok(settings) = settings::read(session, project.name.as_str()).await else { return Ok(()) };
    if let Some(name) = &settings.settings.registry {
        let known = session.store.registries().find(name.as_str()).await?;
        if known.is_some_and(|known| matches!(&known.kind, RegistryKind::Oci { host, .. } if host.starts_with("127.0.0.1:"))) {
            forget_registry(session, name).await?;
        }
    }
    let others = projects::list(session).await?;
    let mut others = others.iter().filter(|row| row.project.id != project.id).flat_map(|row| &row.environments);
    match settings.settings.environments.get(&EnvironmentName::production()).map(|place| &place.server) {
        Some(server) if server.as_str() == SERVER && !others.any(|(_, used)| used == server) => {
            forget_server(session, server).await
        }
        _ => Ok(()),
    }
}

async fn forget_registry(session: &Session, name: &Name) -> Result<(), Problem> {
    match session.store.registries().find(name.as_str()).await? {
        Some(known) => Ok(session.store.registries().remove(known.id).await?),
        None => Ok(()),
    }
}

async fn forget_server(session: &Session, name: &Name) -> Result<(), Problem> {
    match session.store.servers().find(name.as_str()).await? {
        Some(known) if known.destination == Destination::Local => {
            session.machines.lock().await.remove(&known.id);
            Ok(session.store.servers().remove(known.id).await?)
        }
        _ => Ok(()),
    }
}

/// The shop's repository, and what its stack has below `~/.plimsoll`.
async fn remove_folders(session: &Session, stack: &StackName) -> Result<(), Problem> {
    let here = LocalHost::new("this machine");
    let home = here.run(Command::new(["sh", "-c", "cd && pwd"])).await?.text();
    let folders = crate::domain::environment::Folders::new(&home, stack);
    remove_folder(&here, folders.root()).await?;
    remove_repository(session).await
}

async fn remove_repository(session: &Session) -> Result<(), Problem> {
    let repository = session.paths.data().join("sample").display().to_string();
    remove_folder(&LocalHost::new("this machine"), &repository).await
}

async fn remove_folder(here: &LocalHost, folder: &str) -> Result<(), Problem> {
    // Files that no release may change are read-only, and so are their folders.
    here.run(Command::new(["chmod", "-R", "u+w", "--", folder])).await?;
    let output = here.run(Command::new(["rm", "-rf", "--", folder])).await?;
    if output.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Problem::new(Code::LocalFile, format!("{folder} cannot be removed"), said, "Remove it by hand, then try again."))
}

fn starting() -> Question {
    let consequences = vec![
        format!("Docker starts the container {} on 127.0.0.1 and keeps its images in a volume of that name.", engine::REGISTRY),
        "This machine is added as a server, and the container as a registry.".to_owned(),
        format!("The sample's plimsoll.toml names both; its stack is called {STACK}, so that no other one is touched."),
        "Nothing is deployed yet. Taking the sample away removes all of it.".to_owned(),
    ];
    Question::Act { act: Act::Start, what: "the sample's registry on this machine".to_owned(), consequences }
}

fn ending(project: &Project) -> Question {
    let consequences = vec![
        format!("The containers of the stack {STACK} on this machine are removed, with their volumes: the shop's orders."),
        format!("The container {} is removed, with the images in it.", engine::REGISTRY),
        format!("The project {}, its folder, its history and its releases are deleted.", project.name),
        "Other projects, containers and volumes stay.".to_owned(),
    ];
    Question::Delete { what: "the sample".to_owned(), consequences, typed: None }
}

/// The repository under which the engine keeps the images of releases.
fn kept_images(project: &Project) -> String {
    let any = "any".parse().map(|service| release_repository(&project.name, &service)).unwrap_or_default();
    any.rsplit_once('/').map(|(project, _)| project.to_owned()).unwrap_or_default()
}

fn is_at(kind: &RegistryKind, address: &str) -> bool {
    matches!(kind, RegistryKind::Oci { host, .. } if host == address)
}

/// The wanted name, or the first free one like it.
fn free_name(wanted: &str, taken: &[Name]) -> Result<Name, Problem> {
    let numbered = (2..).map(|number| format!("{wanted}-{number}"));
    let mut names = std::iter::once(wanted.to_owned()).chain(numbered);
    let free = names.find(|name| taken.iter().all(|taken| taken.as_str() != name));
    super::names::name("sample", &free.unwrap_or_default())
}

/// Asks until it is answered well, or for too long.
async fn answers<'a>(ask: impl Fn() -> BoxFuture<'a, Result<(), Problem>>) -> Result<(), Problem> {
    let late = Instant::now() + START;
    loop {
        match ask().await {
            Err(_) if Instant::now() < late => sleep(BEAT).await,
            answer => return answer,
        }
    }
}

fn not_there() -> Problem {
    let hint = "Set it up with `plimsoll sample up`.";
    Problem::new(Code::NotFound, "The sample is not there", "no project of this laptop is the sample", hint)
}
