//! Who uses a repository: the projects that push there, and what the servers of their environments keep.

use std::collections::{BTreeMap, BTreeSet};

use super::Opened;
use crate::{
    api::{
        Session,
        world::{load_settings, site},
    },
    deploy::{Halt, built, kept_records, locate},
    domain::{
        environment::EnvironmentKey,
        image::{Digest, path_component},
        name::EnvironmentName,
        project::Project,
        release::ReleaseId,
        stored::KeepTag,
    },
    plan::ecr_cleanup::{Environment, Kept, Users},
    problem::Problem,
};

/// The most releases of an environment that are looked through.
const KNOWN: u32 = 1000;

/// The projects of this laptop whose `plimsoll.toml` names the registry.
pub(super) struct Pushers(Vec<Pusher>);

pub(super) struct Pusher {
    pub(super) project: Project,
    environments: Vec<EnvironmentName>,
    /// How the paths of its repositories begin.
    begins: String,
}

/// Finds them. A `plimsoll.toml` that cannot be read is an error: nobody knows what it would name.
pub(super) async fn pushers(session: &Session, opened: &Opened) -> Result<Pushers, Problem> {
    let mut pushers = Vec::new();
    for project in session.store.projects().list().await? {
        let settings = load_settings(&project).await?;
        if settings.registry.as_ref() != Some(&opened.registry.name) {
            continue;
        }
        let begins = format!("{}{}-", opened.client.folder(), path_component(project.name.as_str()));
        pushers.push(Pusher { project, environments: settings.environments.into_keys().collect(), begins });
    }
    Ok(Pushers(pushers))
}

impl Pushers {
    /// Whoever may push to a repository: `shop-api-web` may be the web of `shop-api`, or the api-web of `shop`.
    pub(super) fn of(&self, repository: &str) -> impl Iterator<Item = &Pusher> {
        self.0.iter().filter(move |pusher| repository.starts_with(&pusher.begins))
    }
}

/// What servers keep, by project and environment, each asked once.
pub(super) struct Usage {
    pushers: Pushers,
    found: BTreeMap<EnvironmentKey, Found>,
    under_way: bool,
}

/// What one environment keeps, or why that is not known.
enum Found {
    Silent(Box<Problem>),
    Keeps(Keeps),
}

struct Keeps {
    /// By repository, and with the release that needs it; what serves comes first.
    images: Vec<(String, Digest, ReleaseId)>,
    serving: Option<ReleaseId>,
    releases: BTreeSet<ReleaseId>,
    known: BTreeSet<ReleaseId>,
}

impl Usage {
    /// Asks the server of every environment.
    pub(super) async fn ask(session: &Session, opened: &Opened) -> Result<Self, Problem> {
        let pushers = pushers(session, opened).await?;
        let host = opened.client.host().await?;
        let mut found = BTreeMap::new();
        for pusher in &pushers.0 {
            for name in &pusher.environments {
                let key = EnvironmentKey { project: pusher.project.id, name: name.clone() };
                let keeps = match keeps(session, &pusher.project, &key, &host).await {
                    Ok(keeps) => Found::Keeps(keeps),
                    Err(problem) => Found::Silent(Box::new(problem)),
                };
                found.insert(key, keeps);
            }
        }
        let under_way = !session.store.deployments().unfinished(None).await?.is_empty();
        Ok(Self { pushers, found, under_way })
    }

    /// Who uses a repository.
    pub(super) fn of(&self, repository: &str) -> Users {
        let mut environments = None;
        for pusher in self.pushers.of(repository) {
            let all = environments.get_or_insert_with(BTreeMap::new);
            for name in &pusher.environments {
                let said = self.environment(pusher, name, repository);
                let merged = match all.remove(name) {
                    Some(other) => both(other, said),
                    None => said,
                };
                all.insert(name.clone(), merged);
            }
        }
        Users { environments, under_way: self.under_way }
    }

    /// The tags that every image in use of a repository must bear.
    pub(super) fn tags(&self, repository: &str) -> BTreeSet<(Digest, KeepTag)> {
        let keys = self.pushers.of(repository).flat_map(|pusher| {
            let project = pusher.project.id;
            pusher.environments.iter().map(move |name| EnvironmentKey { project, name: name.clone() })
        });
        let mut tags = BTreeSet::new();
        for key in keys {
            let Some(Found::Keeps(keeps)) = self.found.get(&key) else { continue };
            tags.extend(keeps.images.iter().filter(|(name, ..)| name == repository).map(|(_, digest, release)| {
                (digest.clone(), KeepTag { environment: key.name.clone(), release: release.clone() })
            }));
        }
        tags
    }

    /// Environments that use a repository and are not known of, with the reason.
    pub(super) fn silent(&self, repository: &str) -> Vec<(EnvironmentName, Problem)> {
        let projects: BTreeSet<_> = self.pushers.of(repository).map(|pusher| pusher.project.id).collect();
        let found = self.found.iter().filter(|(key, _)| projects.contains(&key.project));
        found
            .filter_map(|(key, found)| match found {
                Found::Silent(problem) => Some((key.name.clone(), (**problem).clone())),
                Found::Keeps(_) => None,
            })
            .collect()
    }

    fn environment(&self, pusher: &Pusher, name: &EnvironmentName, repository: &str) -> Environment {
        let key = EnvironmentKey { project: pusher.project.id, name: name.clone() };
        let Some(Found::Keeps(keeps)) = self.found.get(&key) else { return Environment::Silent };
        let mut kept = Kept { releases: keeps.releases.clone(), known: keeps.known.clone(), ..Kept::default() };
        for (_, digest, release) in keeps.images.iter().filter(|(name, ..)| name == repository) {
            let serves = Some(release) == keeps.serving.as_ref();
            let into = if serves { &mut kept.serving } else { &mut kept.restorable };
            into.insert(digest.clone());
        }
        Environment::Answered(kept)
    }
}

/// Two projects may share a repository and the name of an environment: what either needs is needed.
fn both(one: Environment, other: Environment) -> Environment {
    let (Environment::Answered(mut one), Environment::Answered(other)) = (one, other) else { return Environment::Silent };
    one.serving.extend(other.serving);
    one.restorable.extend(other.restorable);
    one.releases.extend(other.releases);
    one.known.extend(other.known);
    Environment::Answered(one)
}

async fn keeps(session: &Session, project: &Project, key: &EnvironmentKey, host: &str) -> Result<Keeps, Problem> {
    let world = site(session, project.name.as_str(), &key.name).await?;
    let located = locate(&world).await.map_err(Halt::into_problem)?;
    let records = kept_records(&world, &located).await.map_err(Halt::into_problem)?;
    let images = records.iter().flat_map(|record| {
        let release = &record.release;
        built(release, host).map(move |(repository, digest)| (repository, digest, release.id.clone()))
    });
    let known = session.store.releases().list(key, KNOWN).await?;
    Ok(Keeps {
        images: images.collect(),
        serving: located.state.current.clone(),
        releases: records.iter().map(|record| record.release.id.clone()).collect(),
        known: known.into_iter().map(|release| release.id).collect(),
    })
}
