//! What a rollback would change, exactly, before anybody presses it.
//!
//! Owns: comparing the release that serves with the one that would come back. Must never know: how a rollback goes.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::{
    Act, Question, Session, Token,
    deployments::{self, DeployRequest, Deploying, Undo, What},
    names::consent,
    world::site,
};
use crate::{
    compose::{dotenv, switched},
    deploy::{self, Halt, KeptRelease, World, locate},
    domain::{
        deployment::Deployment,
        environment::Folders,
        image::Digest,
        name::{EnvironmentName, Name, ServiceName},
        release::{Release, ReleaseId},
    },
    problem::{Code, Problem},
};

/// What every release sets anew.
const OURS: [&str; 2] = ["PLIMSOLL_RELEASE", "PLIMSOLL_COMMIT"];

/// Keys of a service that are no configuration of its containers: the image is told by itself, and nothing is built.
const NOT_CARRIED_OUT: [&str; 2] = ["image", "build"];

/// What a rollback would change.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct RollbackPlan {
    /// The project.
    pub project: Name,
    /// Where.
    pub environment: EnvironmentName,
    /// What serves now.
    pub from: Option<Release>,
    /// What would serve again.
    pub to: Release,
    /// The swap that replaced it is under way and would be undone: what runs behind a switch turns back at once.
    pub warm: bool,
    /// Services whose image changes.
    pub images: Vec<ImageChange>,
    /// Services whose configuration in the Compose file changes, images aside.
    pub compose: Vec<ComposeChange>,
    /// Variables that change, by name.
    pub variables: VariableChanges,
    /// Deployments whose release command (a migration) ran after that release went live, newest first. They are not
    /// undone.
    pub migrations: Vec<Deployment>,
    /// With it [`start`] carries out exactly this.
    pub token: Token,
}

/// A rollback whose consequences were shown.
#[derive(Debug, Clone)]
pub(super) struct Compared {
    project: Name,
    environment: EnvironmentName,
    from: Option<ReleaseId>,
    to: ReleaseId,
}

/// How a service's image changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ImageChange {
    /// The service.
    pub service: ServiceName,
    /// The digest that runs now; `None` when it does not run now and comes back.
    pub from: Option<Digest>,
    /// The digest that comes back; `None` when the service goes.
    pub to: Option<Digest>,
}

/// How a service's configuration changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ComposeChange {
    /// The service.
    pub service: ServiceName,
    /// Its keys in the Compose file that differ: `ports`, `volumes`, …
    pub keys: Vec<String>,
}

/// Names of variables that change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct VariableChanges {
    /// They are set again.
    pub added: Vec<String>,
    /// They go.
    pub removed: Vec<String>,
    /// They get the value they had.
    pub changed: Vec<String>,
}

/// What a rollback would change; `release` as for a rollback: `None` takes the one that served before the current one.
/// Nothing is changed.
///
/// # Errors
/// When there is no such project or environment, its server cannot be reached, or the release cannot be restored.
pub async fn plan(
    session: &Session,
    project: &str,
    environment: &EnvironmentName,
    release: Option<ReleaseId>,
) -> Result<RollbackPlan, Problem> {
    let world = site(session, project, environment).await?;
    let located = locate(&world).await.map_err(Halt::into_problem)?;
    let warm = deploy::under_way(&world, &located, release.as_ref()).await.map_err(Halt::into_problem)?;
    let warm = warm.filter(|swap| swap.warm);
    let to = match &warm {
        Some(swap) => deploy::read_release(&world, &located, &swap.previous).await,
        None => deploy::kept_release(&world, &located, release).await,
    };
    let to = to.map_err(Halt::into_problem)?;
    let is_warm = warm.is_some();
    let serves = warm.and_then(|swap| swap.deployment.release).or_else(|| located.state.current.clone());
    let now = match &serves {
        Some(id) => deploy::read_release(&world, &located, id).await.ok(),
        None => None,
    };
    let empty = BTreeMap::new();
    let running = now.as_ref().map_or(&empty, |now| &now.record.release.services);
    let compared = Compared {
        project: world.project.name.clone(),
        environment: environment.clone(),
        from: serves,
        to: to.record.release.id.clone(),
    };
    Ok(RollbackPlan {
        token: session.compared.mint(compared),
        warm: is_warm,
        images: images(running, &to.record.release.services),
        compose: compose(
            &now.as_ref().map(|now| timeless(now, &located.folders)).unwrap_or_default(),
            &timeless(&to, &located.folders),
        ),
        variables: variables(now.as_ref().map_or("", |now| now.env.reveal()), to.env.reveal())?,
        migrations: migrations(session, &world, &to.record.release.id).await?,
        project: world.project.name.clone(),
        environment: environment.clone(),
        from: now.map(|now| now.record.release),
        to: to.record.release,
    })
}

/// Carries out the rollback that was shown under this token.
///
/// # Errors
/// When this session has shown no such thing, something else serves by now, or as for [`deployments::deploy`].
pub async fn start(session: &Session, token: &Token) -> Result<Deploying, Problem> {
    let Some(Compared { project, environment, from, to }) = session.compared.shown(token) else {
        return Err(outdated("nothing of the kind was shown in this session"));
    };
    let world = site(session, project.as_str(), &environment).await?;
    let serves = locate(&world).await.map_err(Halt::into_problem)?.state.current;
    if serves != from && serves != Some(to.clone()) {
        return Err(outdated("another release serves by now"));
    }
    if let Some(undoing) = deployments::turn_back(session, &world, Some(&to)).await? {
        return Ok(undoing);
    }
    let (services, refresh) = Default::default();
    let what = What::Release(Some(to));
    let project = project.to_string();
    let request = DeployRequest { project, environment, what, services, refresh, builder: None, undo: Undo::Asked };
    deployments::begin(session, request).await
}

/// Asks whether an older release shall come back, naming what that changes.
pub(super) async fn ask(
    session: &Session,
    project: &str,
    environment: &EnvironmentName,
    release: Option<ReleaseId>,
) -> Result<(), Problem> {
    session.store.projects().named(project).await?;
    let wanted = release.as_ref().map_or_else(|| "the release before".to_owned(), |id| format!("release {id}"));
    let (to, consequences) = match plan(session, project, environment, release).await {
        Ok(plan) => (format!("{} {}", plan.to.commit.id.short(), plan.to.commit.subject), consequences(&plan)),
        // Why is told, and recorded, by the deployment itself.
        Err(problem) => (wanted, vec![format!("What changes is not known: {problem}.")]),
    };
    consent(session, Question::Act { act: Act::RollBack, what: format!("{project} in {environment} to {to}"), consequences })
        .await
}

fn consequences(plan: &RollbackPlan) -> Vec<String> {
    let services: Vec<&str> = plan.images.iter().map(|change| change.service.as_str()).collect();
    let VariableChanges { added, removed, changed } = &plan.variables;
    let variables: Vec<&str> = [added, removed, changed].into_iter().flatten().map(String::as_str).collect();
    let configured: Vec<&str> = plan.compose.iter().map(|change| change.service.as_str()).collect();
    let listed = |what: &str, names: &[&str]| (!names.is_empty()).then(|| format!("{what}: {}.", names.join(", ")));
    let undone = (!plan.migrations.is_empty())
        .then(|| format!("Not undone: {} release command(s) that ran since.", plan.migrations.len()));
    [
        listed("Images that change", &services),
        listed("Configuration that changes", &configured),
        listed("Variables that change", &variables),
        undone,
    ]
    .into_iter()
    .flatten()
    .chain(["Volumes and their data stay as they are.".to_owned()])
    .collect()
}

fn outdated(why: &str) -> Problem {
    Problem::new(Code::InvalidInput, "What would change is not what was shown", why, "Open the comparison again, then roll back.")
}

/// The release that a text names: an id, or the beginning of one or of its commit.
///
/// # Errors
/// When none that can be restored begins so, more than one does, or the one that serves is meant.
pub async fn named(session: &Session, project: &str, environment: &EnvironmentName, text: &str) -> Result<ReleaseId, Problem> {
    let world = site(session, project, environment).await?;
    let located = locate(&world).await.map_err(Halt::into_problem)?;
    let known = session.store.releases().list(&world.environment, 1000).await?;
    let there = |release: &&Release| {
        located.state.restorable.contains(&release.id) || Some(&release.id) == located.state.current.as_ref()
    };
    let begins = |release: &&Release| release.id.as_str().starts_with(text) || release.commit.id.as_str().starts_with(text);
    let matching: Vec<&Release> = known.iter().filter(there).filter(begins).collect();
    match (&matching[..], text.parse::<ReleaseId>()) {
        ([one], _) if Some(&one.id) == located.state.current.as_ref() => Err(deploy::serves_already(&one.id)),
        ([one], _) => Ok(one.id.clone()),
        // One that this laptop does not know may be on the server.
        ([], Ok(id)) => Ok(id),
        ([], Err(_)) => Err(no_release(text, "no restorable release begins so")),
        (_, _) => Err(no_release(text, "more than one restorable release begins so")),
    }
}

fn no_release(text: &str, why: &str) -> Problem {
    let title = format!("`{}` names no release", text.escape_debug());
    Problem::new(Code::NotFound, title, why, "Pick a release marked restorable in `plimsoll history`.")
}

type Images = BTreeMap<ServiceName, crate::domain::release::ReleaseImage>;

fn images(from: &Images, to: &Images) -> Vec<ImageChange> {
    let digest = |images: &Images, service: &ServiceName| images.get(service).map(|image| image.image.digest.clone());
    let services: BTreeSet<&ServiceName> = from.keys().chain(to.keys()).collect();
    let change =
        |service: &ServiceName| ImageChange { service: service.clone(), from: digest(from, service), to: digest(to, service) };
    services.into_iter().map(change).filter(|change| change.from != change.to).collect()
}

/// A release's Compose file without its own id and commit: an app that says which release it is has not changed by that.
/// Nor has one by where its deployment had its files.
fn timeless(release: &KeptRelease, folders: &Folders) -> String {
    let id = release.record.release.id.as_str();
    let text = release.compose.reveal().replace(id, "RELEASE").replace(release.record.release.commit.id.as_str(), "COMMIT");
    placeless(&text, &folders.work(""))
}

/// The text without the name that follows each `place`.
fn placeless(text: &str, place: &str) -> String {
    let mut parts = text.split(place);
    let mut clean = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let name = part.find(['/', '"']).unwrap_or(part.len());
        clean.push_str(place);
        clean.push_str(&part[name..]);
    }
    clean
}

/// Services that are in both and differ in more than their image.
fn compose(from: &str, to: &str) -> Vec<ComposeChange> {
    let services = |text: &str| {
        let mut document: Value = serde_json::from_str(text).unwrap_or_default();
        switched::join(&mut document);
        match document["services"].take() {
            Value::Object(services) => services,
            _ => serde_json::Map::new(),
        }
    };
    let (from, to) = (services(from), services(to));
    let change = |(service, to): (&String, &Value)| {
        let keys = differing(from.get(service)?, to);
        let service = service.parse().ok().filter(|_| !keys.is_empty())?;
        Some(ComposeChange { service, keys })
    };
    to.iter().filter_map(change).collect()
}

fn differing(from: &Value, to: &Value) -> Vec<String> {
    let (Some(from), Some(to)) = (from.as_object(), to.as_object()) else { return Vec::new() };
    let keys: BTreeSet<&String> = from.keys().chain(to.keys()).filter(|key| !NOT_CARRIED_OUT.contains(&key.as_str())).collect();
    keys.into_iter().filter(|key| from.get(*key) != to.get(*key)).cloned().collect()
}

fn variables(from: &str, to: &str) -> Result<VariableChanges, Problem> {
    let read = |text: &str| {
        dotenv::read(text).map(|mut found| {
            found.retain(|name, _| !OURS.contains(&name.as_str()));
            found
        })
    };
    let (from, to) = (read(from)?, read(to)?);
    let mut changes = VariableChanges::default();
    for (name, value) in &to {
        match from.get(name) {
            None => changes.added.push(name.clone()),
            Some(now) if now != value => changes.changed.push(name.clone()),
            Some(_) => {}
        }
    }
    changes.removed = from.into_keys().filter(|name| !to.contains_key(name)).collect();
    Ok(changes)
}

/// What migrated after the release was live last, by this laptop's own history.
async fn migrations(session: &Session, world: &World, to: &ReleaseId) -> Result<Vec<Deployment>, Problem> {
    let history = deployments::live(session, &world.environment, deployments::HISTORY).await?;
    let after = history.into_iter().take_while(|deployment| deployment.release.as_ref() != Some(to));
    Ok(after.filter(|deployment| deployment.migrated).collect())
}

#[cfg(test)]
mod tests {
    use super::{Compared, VariableChanges, compose, placeless, start, variables};
    use crate::{
        api::{testing::bench, tokens::Tokens},
        domain::name::EnvironmentName,
        problem::Code,
    };

    #[tokio::test]
    async fn what_was_not_shown_here_is_not_carried_out() {
        let bench = bench().await;
        let (project, environment) = (bench.project.name.clone(), EnvironmentName::production());
        let compared = Compared { project, environment, from: None, to: "0123456789ab".parse().unwrap() };
        let foreign = Tokens::default().mint(compared);
        let refused = start(&bench.session, &foreign).await.err().expect("refused");
        assert_eq!(refused.code, Code::InvalidInput);
    }

    #[test]
    fn variables_are_compared_by_name_and_value() {
        let changes = variables("A=1\nB=2\nC=3\nPLIMSOLL_RELEASE=x\n", "B=2\nC=4\nD=5\nPLIMSOLL_RELEASE=y\n").unwrap();
        let list = |name: &str| vec![name.to_owned()];
        assert_eq!(changes, VariableChanges { added: list("D"), removed: list("A"), changed: list("C") });
    }

    #[test]
    fn a_new_image_alone_is_no_change_of_the_compose_file() {
        let from = r#"{"services":{"api":{"image":"a@1","ports":[1]},"db":{"image":"d"},"old":{"image":"o"}}}"#;
        let to = r#"{"services":{"api":{"image":"a@2","ports":[1],"command":["x"]},"db":{"image":"e"},"new":{}}}"#;
        let changes = compose(from, to);
        assert_eq!(changes.len(), 1);
        assert_eq!((changes[0].service.as_str(), changes[0].keys.as_slice()), ("api", &["command".to_owned()][..]));
        assert!(compose("", to).is_empty());
    }

    #[test]
    fn where_an_image_was_built_is_no_change() {
        let of = |deployment: &str, port: u16| {
            let context = format!("/home/me/.plimsoll/stacks/shop/work/{deployment}/source");
            serde_json::json!({ "services": { "api": { "image": "a", "build": { "context": context }, "ports": [port] } } })
                .to_string()
        };
        assert!(compose(&of("one", 1), &of("two", 1)).is_empty());
        assert_eq!(compose(&of("one", 1), &of("two", 2))[0].keys, ["ports"]);
        let mount = r#"{"a":"/s/work/01J/source/a","b":"/s/work/01J","c":"/srv"}"#;
        assert_eq!(placeless(mount, "/s/work/"), r#"{"a":"/s/work//source/a","b":"/s/work/","c":"/srv"}"#);
    }
}
