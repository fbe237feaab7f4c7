//! Stage 1: which commit, which services, which image each gets.
//!
//! Owns: putting together everything that can be known before the server is touched.
//! Must never know: how any of it is carried out.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join_all;
use sha2::{Digest as _, Sha256};

use super::{
    halt::Halt,
    luggage::{self, Luggage},
    machine::Machine,
    source_files::model_of_commit,
    stack::StackState,
    switching::Switching,
    world::{Request, What, World},
};
use crate::{
    compose::{self, Model, VariableUse, bake, dotenv},
    domain::{
        commit::Commit,
        environment::Folders,
        image::Declared,
        name::{EnvironmentName, ServiceName, StackName},
        platform::Platform,
        project::Project,
        release::Release,
        settings::{EnvironmentSettings, Settings},
    },
    git::{Repo, within},
    plan::images::{Decision, Selection, WantedImage, decide},
    problem::{Code, Problem},
    secrets::{FingerprintKey, fingerprint},
};

/// A commit's Compose app, as it would run in one environment.
#[derive(Debug, Clone)]
pub(super) struct Compose {
    /// The repository.
    pub(super) repo: Repo,
    /// The commit.
    pub(super) commit: Commit,
    /// What its Compose files say, with the environment's variables.
    pub(super) model: Model,
    /// Its Compose project name.
    pub(super) stack: StackName,
    /// Its folders on the server.
    pub(super) folders: Folders,
    /// What serves there now.
    pub(super) state: StackState,
    /// The server's platform.
    pub(super) platform: Platform,
    /// Variables of the services, without our own.
    pub(super) variables: BTreeMap<String, String>,
    /// Variables of builds: those of the services, overridden by those set for builds.
    pub(super) build_variables: BTreeMap<String, String>,
    /// The key of the fingerprints; a new one where the server has none.
    pub(super) key: FingerprintKey,
    /// Keyed hash of the variables.
    pub(super) fingerprint: String,
    /// Every service in the order of `depends_on`.
    pub(super) order: Vec<ServiceName>,
    /// What happens to each service's image.
    pub(super) decisions: BTreeMap<ServiceName, Decision>,
    /// What each service's image is wanted to be.
    pub(super) wanted: BTreeMap<ServiceName, WantedImage>,
    pub(super) luggage: Luggage,
    /// How each service is swapped. Until the images are there it goes by those that serve.
    pub(super) switching: Switching,
}

impl Compose {
    /// Hash of everything that travels and of the settings that decide how it is swapped.
    pub(super) fn source_hash(&self, settings: &Settings) -> String {
        let mut hash = Sha256::new();
        hash.update(self.luggage.hash());
        hash.update(self.switching.text());
        hash.update(serde_json::to_vec(&(&settings.services, &settings.profiles, &settings.compose_files)).unwrap_or_default());
        hex(&hash.finalize())
    }

    /// The release that serves, if its record can be read.
    pub(super) fn serving(&self) -> Option<&Release> {
        self.state.record.as_ref().map(|record| &record.release)
    }

    /// Values that only a build's secret mounts see.
    pub(super) fn build_secrets(&self) -> impl Iterator<Item = &String> {
        let names = self.model.secrets.iter().filter_map(|secret| secret.environment.as_ref());
        names.filter_map(|name| self.build_variables.get(name))
    }

    /// Texts that may be seen although variables hold them: names of images.
    pub(super) fn public(&self) -> BTreeSet<&str> {
        self.model.services.iter().filter_map(|service| service.image.as_deref()).collect()
    }

    /// The variables as the release's `.env`: with our own two, which an app may use to say which release it is.
    pub(super) fn environment(&self, release: &str) -> BTreeMap<String, String> {
        let mut variables = self.variables.clone();
        variables.insert("PLIMSOLL_RELEASE".to_owned(), release.to_owned());
        variables.insert("PLIMSOLL_COMMIT".to_owned(), self.commit.id.to_string());
        variables
    }
}

/// Resolves what is asked for.
///
/// # Errors
/// An unusable repository, an unknown reference, a Compose file that cannot be deployed, a required variable that is not set.
pub(super) async fn compose(world: &World, request: &Request) -> Result<Compose, Halt> {
    let (named, expected, platform) = tokio::join!(named(world, request), expected(world), platform(&world.server));
    let (Named { repo, commit, stack }, platform) = (named?, platform?);
    let folders = world.server.folders(&stack);
    let state = match expected? {
        Some((known, state)) if known == stack => state,
        _ => StackState::read(world.server.host.as_ref(), &folders).await?,
    };
    ours(world, &stack, &state)?;
    let variables = variables(&repo, &commit, &state).await?;
    let mut build_variables = variables.clone();
    build_variables.extend(read_env(state.build_env.as_ref())?);
    let model = model_of_commit(&repo, &commit.id, &world.settings, &variables).await?;
    check(&model, &world.settings, &variables, &build_variables)?;
    let luggage = luggage::pack(&repo, &commit.id, &model).await?;
    let order = compose::order(&model)?;
    let wanted = wanted(&model, &platform, &build_variables)?;
    let key = match state.fingerprint_key.as_ref().and_then(|key| FingerprintKey::from_hex(key.reveal())) {
        Some(key) => key,
        None => FingerprintKey::random()?,
    };
    let fingerprint = fingerprint(&key, dotenv::write(&variables)?.as_bytes());
    let compose = Compose {
        repo,
        commit,
        model,
        stack,
        folders,
        state,
        platform,
        variables,
        build_variables,
        key,
        fingerprint,
        order,
        decisions: BTreeMap::new(),
        wanted,
        luggage,
        switching: Switching::default(),
    };
    over(world, request, compose).await
}

/// Resolves again over what serves by now; all else stays as it was.
pub(super) async fn over(world: &World, request: &Request, mut compose: Compose) -> Result<Compose, Halt> {
    let serving = compose.state.record.as_ref().map(|record| &record.release);
    let images = declared(world, serving).await?;
    compose.switching = Switching::choose(&compose.stack, &compose.model, &images, world);
    let switch = compose.switching.wanted(&world.settings);
    compose.wanted.extend(switch.map(|(name, reference)| (name, WantedImage::Pull { reference })));
    known_services(&compose.wanted, request)?;
    let selection = Selection { services: &request.services, refresh: &request.refresh };
    compose.decisions = decide(&compose.wanted, &compose.commit.id, serving, selection);
    Ok(compose)
}

/// What the repository says by itself.
struct Named {
    repo: Repo,
    commit: Commit,
    stack: StackName,
}

async fn named(world: &World, request: &Request) -> Result<Named, Halt> {
    let repo = Repo::open(&world.project.path).await?;
    let commit = commit(&repo, &request.what).await?;
    let model = model_of_commit(&repo, &commit.id, &world.settings, &BTreeMap::new()).await?;
    let stack = stack_name(&world.project, &world.environment.name, &world.place, model.name.as_deref())?;
    Ok(Named { repo, commit, stack })
}

/// What the server says about the stack that was deployed last, which most often is the one that is asked for: the
/// repository need not be read first.
async fn expected(world: &World) -> Result<Option<(StackName, StackState)>, Halt> {
    let Some(known) = world.store.environments().get(&world.environment).await? else { return Ok(None) };
    let state = StackState::read(world.server.host.as_ref(), &world.server.folders(&known.stack)).await?;
    Ok(Some((known.stack, state)))
}

/// What the images that serve declare.
async fn declared(world: &World, serving: Option<&Release>) -> Result<BTreeMap<ServiceName, Declared>, Halt> {
    let asked = serving.into_iter().flat_map(|release| &release.services).map(|(name, image)| async {
        let found = world.server.engine.held(&image.image).await?;
        Ok::<_, Halt>(found.map(|found| (name.clone(), found.declared)))
    });
    Ok(try_join_all(asked).await?.into_iter().flatten().collect())
}

/// The Compose project name: as set, else the file's `name:`, else the repository's folder; other environments than
/// production are told apart by their name.
///
/// # Errors
/// When none of these is a valid name.
pub(crate) fn stack_name(
    project: &Project,
    environment: &EnvironmentName,
    place: &EnvironmentSettings,
    named: Option<&str>,
) -> Result<StackName, Problem> {
    if let Some(stack) = &place.stack {
        return Ok(stack.clone());
    }
    let folder = project.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let base = named.map_or(folder, str::to_owned);
    let text = if *environment == EnvironmentName::production() { base } else { format!("{base}-{environment}") };
    StackName::normalized(&text).ok_or_else(|| {
        Problem::new(
            Code::SettingsIncomplete,
            "The stack has no name that Compose accepts",
            format!("`{text}` has no letter or digit that may begin one"),
            format!("Write `stack = \"…\"` under [environments.{environment}] in plimsoll.toml."),
        )
    })
}

/// Two projects with one stack name would take each other's containers and variables.
fn ours(world: &World, stack: &StackName, state: &StackState) -> Result<(), Problem> {
    let Some(record) = state.record.as_ref().filter(|record| record.project != world.project.name) else { return Ok(()) };
    Err(Problem::new(
        Code::AlreadyExists,
        format!("The stack {stack} on {} belongs to the project {}", world.server.server.name, record.project),
        format!("{} would replace its services and read its variables", world.project.name),
        format!(
            "Write another `stack` under [environments.{}] in plimsoll.toml; if {} was only renamed, rename it back.",
            world.environment.name, record.project
        ),
    ))
}

async fn commit(repo: &Repo, what: &What) -> Result<Commit, Halt> {
    Ok(match what {
        What::WorkTree => repo.snapshot().await?,
        What::Commit(reference) => {
            let (state, commit) = tokio::join!(repo.state(), repo.resolve(reference));
            state?.settled()?;
            commit?
        }
        What::Release(_) => repo.resolve("HEAD").await?,
    })
}

/// The server's architecture, asked and not configured.
async fn platform(server: &Machine) -> Result<Platform, Halt> {
    Ok(server.engine.platform().await?)
}

/// A `.env` that git tracks gives defaults; the environment's own values win.
async fn variables(repo: &Repo, commit: &Commit, state: &StackState) -> Result<BTreeMap<String, String>, Halt> {
    let mut variables = tracked(repo, commit).await?;
    variables.extend(read_env(state.env.as_ref())?);
    Ok(variables)
}

/// What the `.env` that git tracks says.
pub(super) async fn tracked(repo: &Repo, commit: &Commit) -> Result<BTreeMap<String, String>, Halt> {
    const CAP: u64 = 1 << 20;
    let path = within(repo.folder(), ".env")?;
    Ok(match repo.read(&commit.id, &path, CAP).await? {
        Some(content) => dotenv::read(&String::from_utf8_lossy(&content))?,
        None => BTreeMap::new(),
    })
}

pub(super) fn read_env(text: Option<&crate::domain::secret::Secret>) -> Result<BTreeMap<String, String>, Halt> {
    Ok(text.map(|text| dotenv::read(text.reveal())).transpose()?.unwrap_or_default())
}

fn check(
    model: &Model,
    settings: &Settings,
    variables: &BTreeMap<String, String>,
    build_variables: &BTreeMap<String, String>,
) -> Result<(), Halt> {
    if let Some(problem) = compose::problem_of(&compose::check(model, settings)) {
        return Err(problem.into());
    }
    let unset = model.variables.iter().find(|used| {
        let known = if used.build_only { build_variables } else { variables };
        used.required && known.get(&used.name).is_none_or(String::is_empty) && !is_ours(&used.name)
    });
    match unset.cloned().or_else(|| unset_object(model, variables)) {
        Some(used) => Err(variable_missing(&used).into()),
        None => Ok(()),
    }
}

/// The variable of which a service's secret or config is made, if nobody set it. Compose looks for it only when it starts the
/// container, in mid-swap.
fn unset_object(model: &Model, variables: &BTreeMap<String, String>) -> Option<VariableUse> {
    let objects = model.services.iter().flat_map(|service| {
        let secrets = model.secrets.iter().filter(|secret| service.secrets.contains(&secret.key));
        secrets.chain(model.configs.iter().filter(|config| service.configs.contains(&config.key)))
    });
    let mut made_of = objects.filter_map(|object| Some((object, object.environment.clone()?)));
    let (object, name) = made_of.find(|(_, name)| !variables.contains_key(name))?;
    Some(VariableUse {
        name,
        required: true,
        message: Some(format!("`{}` is made of it", object.key)),
        default: None,
        build_only: false,
        place: object.place.clone(),
    })
}

fn is_ours(name: &str) -> bool {
    matches!(name, "PLIMSOLL_RELEASE" | "PLIMSOLL_COMMIT")
}

fn variable_missing(used: &VariableUse) -> Problem {
    let said = used.message.as_deref().map(|message| format!(": {message}")).unwrap_or_default();
    let option = if used.build_only { " --build" } else { "" };
    Problem::new(
        Code::VariableMissing,
        format!("The variable {} is not set", used.name),
        format!("{} requires it{said}", used.place),
        format!("Set it with `plimsoll env set PROJECT {}{option}`, then deploy again.", used.name),
    )
}

/// What each service's image is wanted to be. The inputs of a build are its bake target without tags.
fn wanted(
    model: &Model,
    platform: &Platform,
    variables: &BTreeMap<String, String>,
) -> Result<BTreeMap<ServiceName, WantedImage>, Halt> {
    let mut wanted = BTreeMap::new();
    for service in &model.services {
        let image = match (&service.build, &service.image) {
            (Some(_), _) => WantedImage::Build { inputs: inputs(model, &service.name, platform, variables)? },
            (None, Some(reference)) => WantedImage::Pull { reference: reference.clone() },
            (None, None) => continue,
        };
        wanted.insert(service.name.clone(), image);
    }
    Ok(wanted)
}

fn inputs(
    model: &Model,
    service: &ServiceName,
    platform: &Platform,
    variables: &BTreeMap<String, String>,
) -> Result<String, Halt> {
    let inputs = bake::Inputs {
        services: vec![service.clone()],
        platforms: vec![platform.clone()],
        variables: variables.clone(),
        ..bake::Inputs::default()
    };
    let bake = bake::render(model, &inputs)?;
    Ok(hex(&Sha256::digest(bake.json.as_bytes()))[..16].to_owned())
}

fn known_services(wanted: &BTreeMap<ServiceName, WantedImage>, request: &Request) -> Result<(), Problem> {
    let Some(unknown) = request.services.iter().chain(&request.refresh).find(|name| !wanted.contains_key(*name)) else {
        return Ok(());
    };
    let known = wanted.keys().map(ServiceName::as_str).collect::<Vec<_>>().join(", ");
    Err(Problem::new(
        Code::NotFound,
        format!("There is no service {unknown}"),
        format!("the Compose file has: {known}"),
        "Name one of these.",
    ))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
