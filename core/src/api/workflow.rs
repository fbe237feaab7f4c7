//! The workflow that builds a project at GitHub: seeing it, writing it, and what lets it into AWS.
//!
//! Owns: bringing a deployment's facts, the user's choices and the file that is there together.
//! Must never know: what stands in a workflow.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{Session, world::pushing};
use crate::{
    deploy::{self, Builds, Halt, Request, Undo, What, World},
    domain::{name::EnvironmentName, registry::RegistryKind},
    problem::{Code, Problem},
    settings,
    workflow::{
        self, Cache, Choices, Drift, Login, Plan, Refusal, Registry, Room, Runner, Sources, check,
        trust::{self, Trust},
    },
};

/// What is to be different from the file that is there, or from the usual.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Asked {
    /// See [`Choices::login`].
    pub login: Option<Login>,
    /// See [`Choices::runner`].
    pub runner: Option<Runner>,
    /// See [`Choices::cache`].
    pub cache: Option<Cache>,
    /// See [`Choices::room`].
    pub room: Option<Room>,
    /// Which pushes are built.
    pub pushes: Option<Pushes>,
}

/// Which pushes are built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pushes {
    /// Those to this branch.
    To(String),
    /// None: only what is asked for.
    None,
}

/// What becomes of changes that somebody made between our marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edits {
    /// They keep the file from being written.
    Keep,
    /// They go.
    Replace,
}

/// A workflow as it would be written now.
#[derive(Debug, Clone, Serialize)]
pub struct Preview {
    /// Its path in the repository.
    pub path: String,
    /// The same on this laptop.
    pub file: PathBuf,
    /// How what is there compares.
    pub drift: Drift,
    /// The whole text, the user's own parts in it.
    pub text: String,
    /// What would change; empty if nothing does.
    pub diff: String,
    /// What does not hold of the text, because of the user's own parts.
    pub warnings: Vec<String>,
    /// The secrets that GitHub has to hold for it.
    pub secrets: Vec<NeededSecret>,
    /// It was written.
    pub written: bool,
}

/// A secret that GitHub has to hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NeededSecret {
    /// Its name there.
    pub name: String,
    /// The variable whose value it is; `None` for a login.
    pub variable: Option<String>,
}

/// The policies of the role that a workflow takes.
#[derive(Debug, Clone, Serialize)]
pub struct Policies {
    /// The role's name.
    pub role: String,
    /// The role's full name.
    pub arn: String,
    /// Whom it trusts.
    pub subject: String,
    /// Who may take it.
    pub trust: serde_json::Value,
    /// What it may do.
    pub permissions: serde_json::Value,
}

/// Makes the workflow of an environment and compares it with the file that is there. Changes nothing.
///
/// # Errors
/// As a deployment's first stage would fail, and when a run at GitHub could not do what the Compose file says.
pub async fn preview(session: &Session, project: &str, environment: &EnvironmentName, asked: &Asked) -> Result<Preview, Problem> {
    let (world, builds) = facts(session, project, environment).await?;
    let path = workflow::path(builds.repo.folder(), environment);
    let file = builds.repo.root().join(&path);
    let there = read(&file).await?;
    let plan = plan(session, &world, &builds, &choices(there.as_deref(), &builds, asked)).await?;
    let merged = workflow::merged(&workflow::document(&plan), there.as_deref());
    Ok(Preview {
        diff: workflow::unified(&path, there.as_deref(), &merged.text),
        warnings: check::check(&plan, &merged.text),
        secrets: needed(&plan),
        text: merged.text,
        drift: merged.drift,
        written: false,
        path,
        file,
    })
}

/// Writes the workflow of an environment into the work tree; committing it is the user's.
///
/// # Errors
/// As for [`preview`]; when a file of that name is not ours, or was changed between our marks; when it cannot be written.
pub async fn write(
    session: &Session,
    project: &str,
    environment: &EnvironmentName,
    asked: &Asked,
    edits: Edits,
) -> Result<Preview, Problem> {
    let mut preview = preview(session, project, environment, asked).await?;
    spared(&preview, edits)?;
    if !preview.diff.is_empty() {
        let (file, text) = (preview.file.clone(), preview.text.clone());
        let written = tokio::task::spawn_blocking(move || put(&file, &text)).await;
        let written = written.map_err(std::io::Error::other).and_then(|result| result);
        written.map_err(|error| unwritten(&preview.file, &error))?;
        preview.written = true;
    }
    Ok(preview)
}

/// The policies of the role that the workflow of an environment takes.
///
/// # Errors
/// As for [`preview`]; when the project is not pushed to ECR, or its repository is not known.
pub async fn policies(
    session: &Session,
    project: &str,
    environment: &EnvironmentName,
    subject: Option<&str>,
) -> Result<Policies, Problem> {
    let (world, builds) = facts(session, project, environment).await?;
    let place = place(session, &world).await?;
    let Registry::Ecr { region, account: Some(account), .. } = &place else { return Err(no_role(place.host())) };
    let plan = plan(session, &world, &builds, &Choices::default()).await?;
    let subject = match subject {
        Some(subject) => subject.to_owned(),
        None => subject_of(&builds).await?,
    };
    let repositories = plan.repositories();
    let trust = Trust { account, region, subject: &subject, environment, repositories: &repositories };
    Ok(Policies {
        role: trust::role_name(&world.project.name, environment),
        arn: trust::role_arn(region, account, &world.project.name, environment),
        trust: trust.trust_policy().map_err(|error| no_subject(&error.to_string()))?,
        permissions: trust.permission_policy(),
        subject,
    })
}

async fn facts(session: &Session, project: &str, environment: &EnvironmentName) -> Result<(World, Builds), Problem> {
    let world = pushing(session, project, environment).await?;
    let head = Request { what: What::Commit("HEAD".to_owned()), services: [].into(), refresh: [].into(), undo: Undo::Required };
    let builds = deploy::builds(&world, &head).await.map_err(Halt::into_problem)?;
    Ok((world, builds))
}

/// What is asked for, else what the file remembers, else the usual: pushes to the branch that is checked out.
fn choices(there: Option<&str>, builds: &Builds, asked: &Asked) -> Choices {
    let usual = || Choices { branch: builds.commit.branch.clone(), ..Choices::default() };
    let mut choices = there.and_then(Choices::of).unwrap_or_else(usual);
    choices.login = asked.login.clone().unwrap_or(choices.login);
    choices.runner = asked.runner.unwrap_or(choices.runner);
    choices.cache = asked.cache.unwrap_or(choices.cache);
    choices.room = asked.room.unwrap_or(choices.room);
    choices.branch = match &asked.pushes {
        Some(Pushes::To(branch)) => Some(branch.clone()),
        Some(Pushes::None) => None,
        None => choices.branch,
    };
    choices
}

async fn plan(session: &Session, world: &World, builds: &Builds, choices: &Choices) -> Result<Plan, Problem> {
    let sources = Sources {
        project: &world.project.name,
        environment: &world.environment.name,
        server: builds.platform.clone(),
        model: &builds.model,
        public: &builds.public,
        variables: builds.variables.clone(),
        pushed: &builds.pushed,
        registry: place(session, world).await?,
        checkout: builds.checkout,
    };
    Plan::new(&sources, choices).map_err(|refusals| refused(&refusals))
}

/// The project's registry, as a run at GitHub gets into it.
async fn place(session: &Session, world: &World) -> Result<Registry, Problem> {
    let (Some(client), Some(name)) = (&world.registry, &world.settings.registry) else { return Err(no_registry()) };
    let host = client.host().await?;
    Ok(match session.store.registries().named(name.as_str()).await?.kind {
        RegistryKind::Ecr { region, .. } => Registry::ecr(&host, region.as_deref()).ok_or_else(|| no_role(&host))?,
        RegistryKind::Oci { user: Some(_), .. } => Registry::Login { host },
        RegistryKind::Oci { user: None, .. } => Registry::Open { host },
    })
}

fn needed(plan: &Plan) -> Vec<NeededSecret> {
    let logins = plan.login_secrets().iter().map(|name| NeededSecret { name: (*name).to_owned(), variable: None });
    let value = |variable: &str| NeededSecret { name: workflow::secret_name(variable), variable: Some(variable.to_owned()) };
    logins.chain(plan.variables().into_iter().map(value)).collect()
}

async fn subject_of(builds: &Builds) -> Result<String, Problem> {
    let origin = builds.repo.origin().await?;
    let subject = origin.as_deref().and_then(trust::subject_of);
    subject.ok_or_else(|| no_subject(&origin.map_or("it has no remote `origin`".to_owned(), |o| format!("its `origin` is {o}"))))
}

async fn read(file: &Path) -> Result<Option<String>, Problem> {
    match tokio::fs::read_to_string(file).await {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Problem::new(
            Code::LocalFile,
            format!("{} cannot be read", file.display()),
            error.to_string(),
            "See to the file, then try again.",
        )),
    }
}

fn put(file: &Path, text: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))?;
    settings::replace(file, text)
}

/// Nobody's own text goes without a word.
fn spared(preview: &Preview, edits: Edits) -> Result<(), Problem> {
    let (why, what) = match &preview.drift {
        Drift::Foreign { reason } => (reason.clone(), "Move that file away, or give it its marks back."),
        Drift::Edited { blocks } | Drift::Both { edited: blocks, .. } if edits == Edits::Keep => (
            format!("somebody changed what stands between the marks of {}", blocks.join(", ")),
            "Move those changes outside of the marks, or give them up with --replace-edits.",
        ),
        _ => return Ok(()),
    };
    Err(Problem::new(Code::AlreadyExists, format!("{} is not written", preview.path), why, what))
}

fn refused(refusals: &[Refusal]) -> Problem {
    let lines: Vec<String> = refusals.iter().map(Refusal::to_string).collect();
    Problem::new(
        Code::Unsupported,
        "GitHub Actions cannot build this as the Compose file says",
        lines.join("\n"),
        "Change what is named, or build on a build VM.",
    )
}

fn no_registry() -> Problem {
    Problem::new(
        Code::SettingsIncomplete,
        "The project has no registry to push to",
        "plimsoll.toml names none",
        "Add one with `plimsoll registry add`, then write `registry = \"NAME\"` into plimsoll.toml.",
    )
}

fn no_role(host: &str) -> Problem {
    Problem::new(
        Code::Unsupported,
        "There is no role to trust",
        format!("`{host}` does not name an account and a region of AWS"),
        "Other registries are entered with a user and a password: see the secrets that `plimsoll github workflow` names.",
    )
}

fn no_subject(why: &str) -> Problem {
    Problem::new(
        Code::InvalidInput,
        "It is not known which repository to trust",
        why,
        "Name it with --subject repo:OWNER/NAME, as GitHub shows it under the repository's Actions settings for OIDC.",
    )
}

fn unwritten(file: &Path, error: &std::io::Error) -> Problem {
    Problem::new(
        Code::LocalFile,
        format!("{} cannot be written", file.display()),
        error.to_string(),
        "See to the folder, then try again.",
    )
}
