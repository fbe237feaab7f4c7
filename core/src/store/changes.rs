//! Noticing what changed in the state, whoever changed it.
//!
//! Owns: a small picture of the state and telling two apart. Must never know: who is told.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use tokio::sync::watch;

use super::{StoreError, database::Database, stamp::Stamp};
use crate::domain::id::DeploymentId;

/// How often other processes' changes are looked for. It costs one look at a file's times; if those changed, a counter is read.
const CALM: Duration = Duration::from_secs(2);
/// Deployments that may still change: the open ones, and as many of the newest.
const NEWEST: u32 = 50;

/// The state, as far as a change of it can be seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Picture {
    servers: String,
    registries: String,
    preferences: String,
    /// Name and content of each project, by id.
    projects: BTreeMap<String, (String, String)>,
    /// Project, status and number of events, by id.
    deployments: BTreeMap<String, (String, String, i64)>,
}

/// Something that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Changed {
    /// The list of servers, or one of them.
    Servers,
    /// The list of registries, or one of them.
    Registries,
    /// The settings of the app.
    Preferences,
    /// The list of projects.
    Projects,
    /// A project or its history, by its name.
    Project(String),
    /// A deployment.
    Deployment(DeploymentId),
}

/// Taking pictures.
#[derive(Debug, Clone)]
pub struct Changes {
    pub(super) db: Database,
}

impl Changes {
    /// Begins to notice: what is already so is no news.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn watch(&self) -> Result<Watch, StoreError> {
        let ours = self.db.changes();
        let (version, picture) = (self.version().await?, self.picture().await?);
        Ok(Watch { changes: self.clone(), ours, stamp: Stamp::of(self.db.path()), version, picture })
    }

    /// A number that changes with every change by another connection than the one that writes here.
    async fn version(&self) -> Result<i64, StoreError> {
        let version = sqlx::query_scalar("PRAGMA data_version");
        self.db.read(async { Ok(version.fetch_one(self.db.writer()).await?) }).await
    }

    async fn picture(&self) -> Result<Picture, StoreError> {
        self.db.read(self.take()).await
    }

    async fn take(&self) -> Result<Picture, StoreError> {
        let all =
            "SELECT coalesce(group_concat(body || coalesce(facts, ''), char(10)), '') FROM (SELECT * FROM servers ORDER BY id)";
        let servers = sqlx::query_scalar(all).fetch_one(self.db.reader()).await?;
        let all = "SELECT coalesce(group_concat(body, char(10)), '') FROM (SELECT * FROM registries ORDER BY id)";
        let registries = sqlx::query_scalar(all).fetch_one(self.db.reader()).await?;
        let one = "SELECT coalesce(max(body), '') FROM preferences";
        let preferences = sqlx::query_scalar(one).fetch_one(self.db.reader()).await?;
        let projects: Vec<(String, String, String)> =
            sqlx::query_as("SELECT id, name, body FROM projects").fetch_all(self.db.reader()).await?;
        let recent = "SELECT d.id, d.project, d.status,
                             (SELECT coalesce(max(number) + 1, 0) FROM events WHERE deployment = d.id)
                      FROM deployments d
                      WHERE d.status = 'running' OR d.id IN (SELECT id FROM deployments ORDER BY started DESC, id DESC LIMIT ?)";
        let deployments: Vec<(String, String, String, i64)> =
            sqlx::query_as(recent).bind(NEWEST).fetch_all(self.db.reader()).await?;
        Ok(Picture {
            servers,
            registries,
            preferences,
            projects: projects.into_iter().map(|(id, name, body)| (id, (name, body))).collect(),
            deployments: deployments.into_iter().map(|(id, project, status, n)| (id, (project, status, n))).collect(),
        })
    }
}

/// Noticing changes, one after another.
#[derive(Debug)]
pub struct Watch {
    changes: Changes,
    ours: watch::Receiver<()>,
    stamp: Stamp,
    version: i64,
    picture: Picture,
}

impl Watch {
    /// Waits for the next change: one made through this store's handles is noticed at once, one of another process within
    /// two.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn next(&mut self) -> Result<BTreeSet<Changed>, StoreError> {
        loop {
            let ours = tokio::time::timeout(CALM, self.ours.changed()).await.is_ok();
            if !self.stamp.may_differ() && !ours {
                continue;
            }
            let version = self.changes.version().await?;
            if ours || version != self.version {
                self.version = version;
                let picture = self.changes.picture().await?;
                let changed = picture.since(&self.picture);
                self.picture = picture;
                if !changed.is_empty() {
                    return Ok(changed);
                }
            }
        }
    }
}

impl Picture {
    /// What is not as it was in an older picture.
    fn since(&self, before: &Self) -> BTreeSet<Changed> {
        let mut changed = BTreeSet::new();
        let mut note = |differs: bool, what: Changed| {
            if differs {
                changed.insert(what);
            }
        };
        note(self.servers != before.servers, Changed::Servers);
        note(self.registries != before.registries, Changed::Registries);
        note(self.preferences != before.preferences, Changed::Preferences);
        note(self.projects != before.projects, Changed::Projects);
        for (id, (name, body)) in &self.projects {
            note(before.projects.get(id).is_some_and(|old| old.1 != *body), Changed::Project(name.clone()));
        }
        for (id, now) in &self.deployments {
            let old = before.deployments.get(id);
            // One that has only left the newest is no news when it comes back.
            let news = old.map_or(now.1 == "running" || !before.is_full(), |old| old != now);
            let ended_or_began = old.is_none_or(|old| old.1 != now.1);
            if let (true, Ok(id)) = (news, id.parse()) {
                note(true, Changed::Deployment(id));
                if let Some((name, _)) = self.projects.get(&now.0) {
                    note(ended_or_began, Changed::Project(name.clone()));
                }
            }
        }
        changed
    }

    fn is_full(&self) -> bool {
        self.deployments.len() >= NEWEST as usize
    }
}

#[cfg(test)]
mod tests {
    use super::{Changed, Watch};
    use crate::{
        domain::deployment::Status,
        store::{
            Store,
            testing::{deployment, finished, note, project, store},
        },
    };

    async fn next(watch: &mut Watch) -> Vec<Changed> {
        watch.next().await.unwrap().into_iter().collect()
    }

    #[tokio::test]
    async fn what_another_process_did_is_noticed() {
        let (dir, store) = store().await;
        let other = Store::open(dir.path()).await.unwrap();
        let mut watch = store.changes().watch().await.unwrap();
        let shop = project(&other, "shop").await;
        assert_eq!(next(&mut watch).await, [Changed::Projects]);
        let mut one = deployment(&shop, 0);
        let whole = [Changed::Project("shop".into()), Changed::Deployment(one.id)];
        other.deployments().create(&one).await.unwrap();
        assert_eq!(next(&mut watch).await, whole);
        other.events().append(one.id, &note(0)).await.unwrap();
        assert_eq!(next(&mut watch).await, [Changed::Deployment(one.id)]);
        one.status = Status::Live;
        other.deployments().record(&one, &finished(1)).await.unwrap();
        assert_eq!(next(&mut watch).await, whole);
    }

    #[tokio::test]
    async fn what_was_done_here_is_noticed_and_nothing_twice() {
        let (_dir, store) = store().await;
        let mut watch = store.changes().watch().await.unwrap();
        store.preferences().write(&Default::default()).await.unwrap();
        assert_eq!(next(&mut watch).await, [Changed::Preferences]);
        let shop = project(&store, "shop").await;
        assert_eq!(next(&mut watch).await, [Changed::Projects]);
        store.projects().rename(shop.id, &"store".parse().unwrap()).await.unwrap();
        assert_eq!(next(&mut watch).await, [Changed::Projects, Changed::Project("store".into())]);
    }
}
