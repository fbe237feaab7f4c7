//! Projects: adding, understanding, checking, forgetting.
//!
//! Owns: those acts. Must never know: how Compose or git are read.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::Serialize;

use super::{
    Question, Session, belongings, deployments,
    names::{consent, name},
    world::{load_settings, project, servers_of},
};
use crate::{
    compose::{self, Folder, Model, MountKind, ServiceModel},
    deploy::{Halt, model_of_folder, probe_words},
    domain::{
        commit::Commit,
        deployment::{Deployment, Status},
        environment::EnvironmentKey,
        id::ProjectId,
        name::{EnvironmentName, Name, ServiceName},
        project::Project,
        settings::{BuilderChoice, Settings},
    },
    git::Repo,
    problem::{Code, Problem},
    settings,
    store::deployments::Filter,
};

pub use crate::compose::{Finding, FindingCode, Place, Severity};

/// Durations in a project's row.
const RECENT: u32 = 12;
/// Deployments that are looked through for environments nobody names any more.
const LOOKED_BACK: u32 = 200;

/// What was understood of a project's folder.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Understood {
    /// The project.
    pub project: Project,
    /// The branch or detached commit that is checked out.
    pub head: Option<Commit>,
    /// The Compose files that were read, relative to the project's folder.
    pub compose_files: Vec<String>,
    /// Every service in the order of `depends_on`.
    pub services: Vec<ServiceSummary>,
    /// What `plimsoll.toml` says.
    pub settings: Settings,
    /// Whether `plimsoll.toml` was written by this call.
    pub settings_written: bool,
    /// What is wrong or could be better.
    pub findings: Vec<Finding>,
}

/// A service in words.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ServiceSummary {
    /// Its name.
    pub name: ServiceName,
    /// Built from this repository.
    pub built: bool,
    /// The image it is pulled as, if it is not built.
    pub image: Option<String>,
    /// Published ports, as in the Compose file: `8080:80/tcp`.
    pub ports: Vec<String>,
    /// How its health is asked, in words.
    pub probe: Option<String>,
    /// Named volumes and bind mounts: `data:/var/lib/postgresql/data`.
    pub volumes: Vec<String>,
    /// It keeps state and is never run twice.
    pub stateful: bool,
}

/// A project in a list.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ProjectRow {
    /// The project.
    pub project: Project,
    /// Its environments and their servers.
    pub environments: Vec<(EnvironmentName, Name)>,
    /// The server that builds it, if one does.
    pub builder: Option<Name>,
    /// Its latest deployment.
    pub latest: Option<Deployment>,
    /// What serves in each environment, by this laptop's own history: the deployment that made it live. Of a project whose
    /// settings cannot be read, what served when they could.
    pub serving: Vec<Deployment>,
    /// How long the last deployments that went live took, oldest first, in milliseconds.
    pub recent_ms: Vec<u64>,
    /// The folder cannot be read; why.
    pub unreadable: Option<String>,
}

/// Adds the project in a folder; writes a commented `plimsoll.toml` if there is none.
///
/// # Errors
/// When the folder is no usable git repository, the Compose file cannot be read, or the name is taken.
pub async fn add(session: &Session, path: &Path, name: Option<&str>) -> Result<Understood, Problem> {
    let path = canonical(path)?;
    let folder = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = super::names::name("project", name.unwrap_or(&folder))?;
    if session.store.projects().find(name.as_str()).await?.is_some() {
        return Err(taken(&name));
    }
    let repo = Repo::open(&path).await?;
    repo.state().await?.settled()?;
    let project = Project { id: ProjectId::new(), name, path, added: Timestamp::now() };
    let settings = load_settings(&project).await?;
    let model = read(&project, &repo, &settings).await?.map_err(|findings| unreadable(&findings))?;
    let written = write_template(&project, &model, &settings).await?;
    session.store.projects().add(&project).await?;
    let mut understood = understood(project, &repo, settings, &model).await?;
    understood.settings_written = written;
    Ok(understood)
}

/// All projects by name.
///
/// # Errors
/// When the store cannot be read.
pub async fn list(session: &Session) -> Result<Vec<ProjectRow>, Problem> {
    let mut rows = Vec::new();
    for project in session.store.projects().list().await? {
        let filter = Filter { project: Some(project.id), limit: 1, ..Filter::default() };
        let latest = session.store.deployments().list(&filter).await?.pop();
        let (settings, unreadable) = match load_settings(&project).await {
            _ if !project.path.is_dir() => (Settings::default(), Some("the folder is gone".to_owned())),
            Ok(settings) => (settings, None),
            Err(problem) => (Settings::default(), Some(problem.to_string())),
        };
        let builder = match &settings.builder {
            Some(BuilderChoice::BuildVm { server }) => Some(server.clone()),
            _ => None,
        };
        let environments = servers_of(&settings);
        // What serves goes on serving, whatever became of the folder here.
        let places = match unreadable {
            Some(_) => remembered(session, &project).await?,
            None => environments.iter().map(|(name, _)| name.clone()).collect(),
        };
        let (serving, recent_ms) = live(session, &project, places).await?;
        rows.push(ProjectRow { project, environments, builder, latest, serving, recent_ms, unreadable });
    }
    Ok(rows)
}

/// What serves, and how long the last ones that went live took.
async fn live(
    session: &Session,
    project: &Project,
    environments: BTreeSet<EnvironmentName>,
) -> Result<(Vec<Deployment>, Vec<u64>), Problem> {
    let mut serving = Vec::new();
    for name in environments {
        let key = EnvironmentKey { project: project.id, name };
        serving.extend(deployments::serving(session, &key).await?);
    }
    let filter = Filter { project: Some(project.id), status: vec![Status::Live], limit: RECENT, ..Filter::default() };
    let took = |one: Deployment| u64::try_from(one.finished?.duration_since(one.started).as_millis()).ok();
    let recent = session.store.deployments().list(&filter).await?.into_iter().rev().filter_map(took);
    Ok((serving, recent.collect()))
}

/// The environments that something was live in, by this laptop's own history.
async fn remembered(session: &Session, project: &Project) -> Result<BTreeSet<EnvironmentName>, Problem> {
    let filter = Filter { project: Some(project.id), status: vec![Status::Live], limit: LOOKED_BACK, ..Filter::default() };
    Ok(session.store.deployments().list(&filter).await?.into_iter().map(|one| one.environment.name).collect())
}

/// What is understood of a project now.
///
/// # Errors
/// When there is no such project or its folder cannot be read.
pub async fn show(session: &Session, name: &str) -> Result<Understood, Problem> {
    let (project, settings) = project(session, name).await?;
    let repo = Repo::open(&project.path).await?;
    let model = read(&project, &repo, &settings).await?.map_err(|findings| unreadable(&findings))?;
    understood(project, &repo, settings, &model).await
}

/// Every problem of a project with line and remedy; also of a project that cannot be read.
///
/// # Errors
/// When there is no such project, its folder is no git repository, or `plimsoll.toml` cannot be read.
pub async fn check(session: &Session, name: &str) -> Result<Vec<Finding>, Problem> {
    let (project, settings) = project(session, name).await?;
    let repo = Repo::open(&project.path).await?;
    repo.state().await?.settled()?;
    Ok(match read(&project, &repo, &settings).await? {
        Ok(model) => complaints(session, &model, &settings).await?,
        Err(findings) => findings,
    })
}

/// The folder of a project.
///
/// # Errors
/// When there is no such project.
pub async fn folder(session: &Session, name: &str) -> Result<PathBuf, Problem> {
    Ok(session.store.projects().named(name).await?.path)
}

/// The names and folders of all projects.
///
/// # Errors
/// When the store cannot be read.
pub async fn folders(session: &Session) -> Result<Vec<(Name, PathBuf)>, Problem> {
    let projects = session.store.projects().list().await?;
    Ok(projects.into_iter().map(|project| (project.name, project.path)).collect())
}

/// The public addresses that the settings of all projects name.
///
/// # Errors
/// When the store cannot be read.
pub async fn urls(session: &Session) -> Result<Vec<String>, Problem> {
    let mut urls = Vec::new();
    for project in session.store.projects().list().await? {
        // Settings that cannot be read name none.
        let settings = load_settings(&project).await.unwrap_or_default();
        urls.extend(settings.environments.into_values().filter_map(|place| place.url));
    }
    Ok(urls)
}

/// Gives a project another name; nothing on a server changes.
///
/// # Errors
/// When there is no such project or the name is taken.
pub async fn rename(session: &Session, from: &str, to: &str) -> Result<Project, Problem> {
    let project = session.store.projects().named(from).await?;
    refuse_in_flight(session, &project).await?;
    Ok(session.store.projects().rename(project.id, &name("project", to)?).await?)
}

/// Forgets a project and its history on this laptop; what runs goes on. Asks first.
///
/// # Errors
/// When there is no such project or the answer was no.
pub async fn remove(session: &Session, name: &str) -> Result<Name, Problem> {
    let project = session.store.projects().named(name).await?;
    refuse_in_flight(session, &project).await?;
    let consequences = vec![
        "Its history and logs on this laptop are deleted.".to_owned(),
        "What runs on a server goes on; its volumes and releases stay there.".to_owned(),
    ];
    let what = format!("the project {}", project.name);
    consent(session, Question::Delete { what, consequences, typed: Some(project.name.clone()) }).await?;
    // One may have begun while somebody read the question.
    refuse_in_flight(session, &project).await?;
    session.store.projects().remove(project.id).await?;
    Ok(project.name)
}

/// Whoever carries a deployment out writes its history. One that was left open and that nobody follows keeps nothing from
/// going: its server may never answer again.
async fn refuse_in_flight(session: &Session, project: &Project) -> Result<(), Problem> {
    if !deployments::worked_on(session).await?.contains(&project.name) {
        return Ok(());
    }
    Err(Problem::new(
        Code::Locked,
        format!("{} is being deployed", project.name),
        "its deployment has not ended",
        "Wait for its end or stop it, then try again.",
    ))
}

/// What is wrong with the files, and what this laptop lacks for them.
async fn complaints(session: &Session, model: &Model, settings: &Settings) -> Result<Vec<Finding>, Problem> {
    let mut findings = compose::check(model, settings);
    let builds = model.services.iter().any(|service| service.build.is_some());
    findings.extend(belongings::check(session, settings, builds).await?);
    findings.sort_by(|a, b| (a.severity, &a.place).cmp(&(b.severity, &b.place)));
    Ok(findings)
}

async fn read(project: &Project, repo: &Repo, settings: &Settings) -> Result<Result<Model, Vec<Finding>>, Problem> {
    let folder = Folder { path: project.path.clone(), in_repository: repo.folder().to_owned() };
    model_of_folder(folder, settings).await.map_err(Halt::into_problem)
}

async fn understood(project: Project, repo: &Repo, settings: Settings, model: &Model) -> Result<Understood, Problem> {
    let probes = compose::probes(model, &settings);
    let order = compose::order(model).unwrap_or_else(|_| model.services.iter().map(|s| s.name.clone()).collect());
    let services = order.iter().filter_map(|name| model.service(name)).map(|service| {
        let probe = probes.get(&service.name).and_then(Option::as_ref).map(probe_words);
        summary(service, probe)
    });
    Ok(Understood {
        services: services.collect(),
        head: repo.resolve("HEAD").await.ok(),
        compose_files: model.files.clone(),
        findings: compose::check(model, &settings),
        settings_written: false,
        project,
        settings,
    })
}

fn summary(service: &ServiceModel, probe: Option<String>) -> ServiceSummary {
    let port = |port: &compose::PortModel| {
        let host = port.host_ip.as_deref().map(|ip| format!("{ip}:")).unwrap_or_default();
        let published = port.published.as_deref().map(|p| format!("{p}:")).unwrap_or_default();
        let target = port.target.map_or_else(|| "?".to_owned(), |target| target.to_string());
        format!("{host}{published}{target}/{}", port.protocol)
    };
    let mounts = service.volumes.iter().filter(|mount| matches!(mount.kind, MountKind::Volume | MountKind::Bind));
    let mount = |mount: &compose::MountModel| match &mount.source {
        Some(source) => format!("{source}:{}", mount.target),
        None => mount.target.clone(),
    };
    ServiceSummary {
        name: service.name.clone(),
        built: service.build.is_some(),
        image: service.image.clone().filter(|_| service.build.is_none()),
        ports: service.ports.iter().map(port).collect(),
        probe,
        volumes: mounts.map(mount).collect(),
        stateful: compose::stateful(service),
    }
}

async fn write_template(project: &Project, model: &Model, settings: &Settings) -> Result<bool, Problem> {
    let path = project.path.join(settings::FILE);
    if path.exists() {
        return Ok(false);
    }
    let text = settings::template(model, settings)?;
    tokio::fs::write(&path, text).await.map_err(|error| local_file(&path, &error))?;
    Ok(true)
}

fn canonical(path: &Path) -> Result<PathBuf, Problem> {
    path.canonicalize().map_err(|error| local_file(path, &error))
}

fn local_file(path: &Path, error: &std::io::Error) -> Problem {
    Problem::new(
        Code::LocalFile,
        format!("{} cannot be used", path.display()),
        error.to_string(),
        "Check that it exists and that you may read and write it.",
    )
}

fn unreadable(findings: &[Finding]) -> Problem {
    compose::problem_of(findings).unwrap_or_else(|| {
        Problem::new(Code::ComposeInvalid, "The Compose file cannot be read", "", "Run `plimsoll project check`.")
    })
}

fn taken(name: &Name) -> Problem {
    Problem::new(
        Code::AlreadyExists,
        format!("There is a project called {name} already"),
        "names are unique on this laptop",
        "Give this one another name.",
    )
}

#[cfg(test)]
mod tests {
    use super::{remove, rename};
    use crate::{
        api::{Answer, flight, testing::bench},
        domain::deployment::Status,
        problem::Code,
    };

    #[tokio::test]
    async fn a_project_stays_what_it_is_while_it_is_deployed() {
        let bench = bench().await;
        *bench.person.says.lock().unwrap() = Answer::Yes;
        let open = bench.deployment(Status::Running).await;
        let flight = flight::own(&bench.session.paths, open.id).unwrap();
        assert_eq!(remove(&bench.session, "shop").await.unwrap_err().code, Code::Locked);
        assert_eq!(rename(&bench.session, "shop", "store").await.unwrap_err().code, Code::Locked);
        assert!(bench.person.asked.lock().unwrap().is_empty(), "nothing to ask about");
        drop(flight);
        rename(&bench.session, "shop", "store").await.unwrap();
        remove(&bench.session, "store").await.unwrap();
    }
}
