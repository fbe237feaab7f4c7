//! Variables of an environment. They live on its server and apply at the next deployment.
//!
//! Owns: those acts. Must never know: how the file is written.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Act, Question, Session, flight, names::consent, world::site};
use crate::{
    compose::dotenv,
    deploy::{Halt, Located, Replaced, World, locate, replace},
    domain::{name::EnvironmentName, secret::Secret},
    problem::{Code, Problem},
    secrets::FingerprintKey,
};

/// How often a change is applied anew because another laptop was faster.
const TRIES: u32 = 20;

/// For whom a variable is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The running services.
    Run,
    /// The build.
    Build,
}

/// A variable without its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// For whom.
    pub scope: Scope,
    /// It is not what the release that serves was given.
    pub pending: bool,
}

/// Names of all variables; values are not shown.
///
/// # Errors
/// When there is no such project or environment, or its server cannot be reached.
pub async fn list(session: &Session, project: &str, environment: &EnvironmentName) -> Result<Vec<Variable>, Problem> {
    Room::open(session, project, environment).await?.rows()
}

/// The value of one variable.
///
/// # Errors
/// As for [`list`]; also when there is no such variable.
pub async fn reveal(
    session: &Session,
    project: &str,
    environment: &EnvironmentName,
    scope: Scope,
    name: &str,
) -> Result<Secret, Problem> {
    let value = Room::open(session, project, environment).await?.read(scope)?.remove(name);
    value.map(Secret::new).ok_or_else(|| not_set(name))
}

/// Sets variables. Names must match `[A-Za-z_][A-Za-z0-9_]*`, values hold no NUL.
///
/// # Errors
/// As for [`list`]; also for an invalid name or value.
pub async fn set(
    session: &Session,
    project: &str,
    environment: &EnvironmentName,
    scope: Scope,
    values: Vec<(String, Secret)>,
) -> Result<Vec<Variable>, Problem> {
    for (name, _) in &values {
        check_name(name)?;
    }
    change(session, project, environment, scope, |variables| {
        variables.extend(values.iter().map(|(name, value)| (name.clone(), value.reveal().to_owned())));
        Ok(())
    })
    .await
}

/// Removes variables. Asks first.
///
/// # Errors
/// As for [`list`]; also when one of them is not set, or the answer was no.
pub async fn unset(
    session: &Session,
    project: &str,
    environment: &EnvironmentName,
    scope: Scope,
    names: &[String],
) -> Result<Vec<Variable>, Problem> {
    let room = Room::open(session, project, environment).await?;
    let set = room.read(scope)?;
    names.iter().try_for_each(|name| set.get(name).map(drop).ok_or_else(|| not_set(name)))?;
    consent(session, forgetting(project, environment, names)).await?;
    change(session, project, environment, scope, |variables| {
        names.iter().try_for_each(|name| variables.remove(name).map(drop).ok_or_else(|| not_set(name)))
    })
    .await
}

fn forgetting(project: &str, environment: &EnvironmentName, names: &[String]) -> Question {
    let consequences = vec![
        "The value is deleted on the server; it cannot be brought back from here.".to_owned(),
        "What runs keeps it until the next deployment.".to_owned(),
    ];
    Question::Act { act: Act::Unset, what: format!("{} of {project} in {environment}", names.join(", ")), consequences }
}

/// Sets every variable of a `.env` file's content.
///
/// # Errors
/// As for [`set`]; also when the content cannot be read, with its line.
pub async fn import(
    session: &Session,
    project: &str,
    environment: &EnvironmentName,
    scope: Scope,
    content: Secret,
) -> Result<Vec<Variable>, Problem> {
    let values = dotenv::read(content.reveal())?;
    let values = values.into_iter().map(|(name, value)| (name, Secret::new(value))).collect();
    set(session, project, environment, scope, values).await
}

/// Applies a change to what is there. Another laptop may be faster: then what it wrote is read, and the change applied to that.
async fn change(
    session: &Session,
    project: &str,
    environment: &EnvironmentName,
    scope: Scope,
    apply: impl Fn(&mut BTreeMap<String, String>) -> Result<(), Problem>,
) -> Result<Vec<Variable>, Problem> {
    let _alone = flight::alone(&session.paths, "variables").await?;
    for _ in 0..TRIES {
        let mut room = Room::open(session, project, environment).await?;
        let mut variables = room.read(scope)?;
        apply(&mut variables)?;
        if room.write(scope, &variables).await? == Replaced::Done {
            return room.rows();
        }
    }
    Err(Problem::new(
        Code::Locked,
        "The variables change all the time",
        format!("others changed them {TRIES} times between reading and writing"),
        "Set them again.",
    ))
}

/// Names of variables whose value is not the one that is live.
pub(super) fn pending(world: &World, located: &Located) -> Result<Vec<String>, Problem> {
    let room = Room { world: world.clone(), located: located.clone() };
    Ok(room.rows()?.into_iter().filter(|v| v.pending && v.scope == Scope::Run).map(|v| v.name).collect())
}

/// An environment's variables, as they are on its server.
struct Room {
    world: World,
    located: Located,
}

impl Room {
    async fn open(session: &Session, project: &str, environment: &EnvironmentName) -> Result<Self, Problem> {
        let world = site(session, project, environment).await?;
        let located = locate(&world).await.map_err(Halt::into_problem)?;
        Ok(Self { world, located })
    }

    fn read(&self, scope: Scope) -> Result<BTreeMap<String, String>, Problem> {
        let text = match scope {
            Scope::Run => &self.located.state.env,
            Scope::Build => &self.located.state.build_env,
        };
        parsed(text.as_ref())
    }

    async fn write(&mut self, scope: Scope, variables: &BTreeMap<String, String>) -> Result<Replaced, Problem> {
        let (host, folders, state) = (self.world.server.host.as_ref(), &self.located.folders, &mut self.located.state);
        if state.fingerprint_key.is_none() {
            let key = Secret::new(FingerprintKey::random()?.to_hex());
            if replace(host, folders, ".fingerprint-key", None, &key).await? == Replaced::Changed {
                return Ok(Replaced::Changed);
            }
            state.fingerprint_key = Some(key);
        }
        let text = Secret::new(dotenv::write(variables)?);
        let (name, kept) = match scope {
            Scope::Run => (".env", &mut state.env),
            Scope::Build => (".env.build", &mut state.build_env),
        };
        let replaced = replace(host, folders, name, kept.as_ref(), &text).await?;
        *kept = Some(text);
        Ok(replaced)
    }

    /// Pending is what differs from the variables of the release that serves. The server is asked, whoever made it live and
    /// whether or not anybody watched that.
    fn rows(&self) -> Result<Vec<Variable>, Problem> {
        let state = &self.located.state;
        let live = state.current.as_ref().map(|_| parsed(state.live_env.as_ref())).transpose()?;
        let run = self.read(Scope::Run)?.into_iter().map(|(name, value)| {
            let pending = live.as_ref().and_then(|live| live.get(&name)) != Some(&value);
            Variable { name, scope: Scope::Run, pending }
        });
        // No release keeps what it was built with; before the first one nothing is in use.
        let pending = live.is_none();
        let build = self.read(Scope::Build)?.into_keys().map(|name| Variable { name, scope: Scope::Build, pending });
        Ok(run.chain(build).collect())
    }
}

fn parsed(text: Option<&Secret>) -> Result<BTreeMap<String, String>, Problem> {
    Ok(text.map(|text| dotenv::read(text.reveal())).transpose()?.unwrap_or_default())
}

fn check_name(name: &str) -> Result<(), Problem> {
    let first = name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    if first && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Ok(());
    }
    Err(Problem::new(
        Code::InvalidInput,
        format!("`{}` is no variable name", name.escape_debug()),
        "letters, digits and `_` are allowed, not beginning with a digit",
        "Choose another name.",
    ))
}

fn not_set(name: &str) -> Problem {
    Problem::new(
        Code::NotFound,
        format!("The variable {} is not set", name.escape_debug()),
        "the environment does not have it",
        "See what is set with `plimsoll env list`.",
    )
}
