//! What was deployed, and what of it can come back.
//!
//! Owns: reading the history. Must never know: how a deployment goes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    api::{
        Session,
        world::{load_settings, site},
    },
    deploy::{Halt, locate},
    domain::{
        deployment::{Deployment, Stage, Status},
        environment::EnvironmentKey,
        id::DeploymentId,
        name::EnvironmentName,
        release::{Release, ReleaseId},
    },
    problem::Problem,
    store::deployments::Filter,
};

/// Deployments of an environment that are looked at for what can be restored.
pub(in crate::api) const HISTORY: u32 = 200;
/// More of them never overlap, so the last one to end is among them.
const OVERLAPPING: u32 = 5;

/// Which deployments are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct HistoryFilter {
    /// Only this environment.
    pub environment: Option<EnvironmentName>,
    /// Only these outcomes.
    pub status: Vec<Status>,
    /// At most so many, newest first; 0 means 50.
    pub limit: u32,
    /// Only those started before.
    pub before: Option<Timestamp>,
}

/// A deployment with its release and stage times.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct HistoryRow {
    /// The deployment.
    #[serde(flatten)]
    pub deployment: Deployment,
    /// The release can be made live again.
    pub restorable: bool,
    /// It is the one that serves.
    pub serving: bool,
    /// Stages with their times in milliseconds.
    pub stages: Vec<(Stage, u64)>,
}

/// The deployments of a project, newest first.
///
/// # Errors
/// When there is no such project.
pub async fn history(session: &Session, project: &str, filter: &HistoryFilter) -> Result<Vec<HistoryRow>, Problem> {
    let project = session.store.projects().named(project).await?;
    let filter = Filter {
        project: Some(project.id),
        environment: filter.environment.clone(),
        status: filter.status.clone(),
        before: filter.before,
        limit: filter.limit,
    };
    let settings = load_settings(&project).await.unwrap_or_default();
    let mut kept = BTreeMap::new();
    let mut rows = Vec::new();
    for deployment in session.store.deployments().list(&filter).await? {
        let key = deployment.environment.clone();
        if !kept.contains_key(&key) {
            let keep = settings.environments.get(&key.name).map_or(crate::domain::settings::DEFAULT_KEEP, |place| place.keep);
            kept.insert(key.clone(), Kept::of(session, &key, keep).await?);
        }
        let kept = &kept[&key];
        let release = deployment.release.as_ref().filter(|_| deployment.status == Status::Live);
        rows.push(HistoryRow {
            serving: release.is_some() && release == kept.serving.as_ref() && kept.by == Some(deployment.id),
            restorable: release.is_some_and(|id| kept.restorable.contains(id) && Some(id) != kept.serving.as_ref()),
            stages: session.store.durations().of(deployment.id).await?,
            deployment,
        });
    }
    Ok(rows)
}

/// The releases of an environment that can be made live again, newest first.
///
/// # Errors
/// When there is no such project or environment, or its server cannot be reached.
pub async fn restorable(session: &Session, project: &str, environment: &EnvironmentName) -> Result<Vec<Release>, Problem> {
    let world = site(session, project, environment).await?;
    let located = locate(&world).await.map_err(Halt::into_problem)?;
    let known = session.store.releases().list(&world.environment, 1000).await?;
    let there =
        |release: &Release| located.state.restorable.contains(&release.id) && Some(&release.id) != located.state.current.as_ref();
    Ok(known.into_iter().filter(there).collect())
}

/// When a release went live last.
pub(in crate::api) async fn live_since(
    session: &Session,
    environment: &EnvironmentKey,
    release: &ReleaseId,
) -> Result<Option<Timestamp>, Problem> {
    let history = live(session, environment, HISTORY).await?;
    Ok(history.into_iter().find(|d| d.release.as_ref() == Some(release)).and_then(|d| d.finished))
}

/// The deployment that made live what serves an environment, by this laptop's own history.
pub(in crate::api) async fn serving(session: &Session, environment: &EnvironmentKey) -> Result<Option<Deployment>, Problem> {
    Ok(live(session, environment, OVERLAPPING).await?.into_iter().next())
}

/// What can be restored in an environment, by this laptop's own history.
struct Kept {
    serving: Option<ReleaseId>,
    /// The deployment that made it live.
    by: Option<DeploymentId>,
    restorable: BTreeSet<ReleaseId>,
}

impl Kept {
    async fn of(session: &Session, environment: &EnvironmentKey, keep: u32) -> Result<Self, Problem> {
        let history = live(session, environment, HISTORY).await?;
        let by = history.first().map(|deployment| deployment.id);
        let serving = history.first().and_then(|deployment| deployment.release.clone());
        let mut seen = BTreeSet::new();
        let releases = history.into_iter().filter_map(|deployment| deployment.release);
        let distinct = releases.filter(|id| seen.insert(id.clone())).take(keep as usize + 1);
        Ok(Self { serving, by, restorable: distinct.collect() })
    }
}

/// What was live in an environment, the last one first.
pub(in crate::api) async fn live(
    session: &Session,
    environment: &EnvironmentKey,
    limit: u32,
) -> Result<Vec<Deployment>, Problem> {
    Ok(session.store.deployments().live(environment, limit).await?)
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;

    use jiff::{SignedDuration, Timestamp};

    use super::{HistoryFilter, HistoryRow, history, serving};
    use crate::{
        api::{projects, testing::bench},
        domain::{
            deployment::{Deployment, Status},
            id::DeploymentId,
        },
    };

    /// Of each two one has no end, and the other one ends before it began.
    #[tokio::test]
    async fn a_clock_that_jumps_leaves_the_history_in_order_and_makes_no_negative_time() {
        let bench = bench().await;
        let deployments = bench.session.store.deployments();
        let now = Timestamp::now();
        let hours = SignedDuration::from_hours;
        for (began, ended) in [(hours(48), hours(47)), (hours(24), hours(-1)), (hours(-1), hours(-2))] {
            let past = bench.deployment(Status::Live).await;
            let (id, started, finished) = (DeploymentId::new(), now + began, Some(now + ended));
            deployments.create(&Deployment { id, started, finished, ..past }).await.unwrap();
        }
        let rows = history(&bench.session, "shop", &HistoryFilter::default()).await.unwrap();
        let began: Vec<_> = rows.iter().map(|row| row.deployment.started).collect();
        assert_eq!(began.len(), 6, "nothing is lost");
        assert!(began.is_sorted_by_key(Reverse), "the newest first: {began:?}");
        let project = &projects::list(&bench.session).await.unwrap()[0];
        assert_eq!(project.recent_ms, Vec::<u64>::new());
        assert!(project.latest.is_some());
        assert!(serving(&bench.session, &rows[0].deployment.environment).await.unwrap().is_some());
    }

    /// More than are looked at for what serves have ended in a time that is still to come.
    #[tokio::test]
    async fn what_was_deployed_after_the_clock_was_set_back_serves_and_is_kept() {
        let bench = bench().await;
        let past = bench.deployment(Status::Failed).await;
        let deployments = bench.session.store.deployments();
        for hours in [70, 71, 72, 73, 74, 75, 76, 0] {
            let at = Timestamp::now() + SignedDuration::from_hours(hours);
            let release = Some(format!("{hours:012}").parse().unwrap());
            let open = Deployment { id: DeploymentId::new(), status: Status::Running, started: at, release, ..past.clone() };
            deployments.create(&open).await.unwrap();
            deployments.update(&Deployment { status: Status::Live, finished: Some(at), ..open }).await.unwrap();
        }
        let rows = history(&bench.session, "shop", &HistoryFilter::default()).await.unwrap();
        let releases = |wanted: fn(&HistoryRow) -> bool| -> Vec<_> {
            let rows = rows.iter().filter(|row| wanted(row));
            rows.filter_map(|row| row.deployment.release.as_ref().map(|id| id.as_str().trim_start_matches('0'))).collect()
        };
        assert_eq!(releases(|row| row.serving), [""], "the newest");
        let serving = serving(&bench.session, &rows[0].deployment.environment).await.unwrap().and_then(|it| it.release);
        assert_eq!(serving.as_ref().map(|id| id.as_str()), Some("000000000000"));
        let mut kept = releases(|row| row.restorable);
        kept.sort_unstable();
        assert_eq!(kept, ["72", "73", "74", "75", "76"]);
    }
}
