//! The history of deployments.
//!
//! Owns: their rows, and that an end and its event are recorded together. Must never know: how one is carried out.

use std::cmp::Reverse;

use jiff::Timestamp;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

use super::{
    StoreError,
    database::Database,
    events,
    row::{decode, encode, ms, word},
};
use crate::domain::{
    deployment::{Deployment, Status},
    environment::EnvironmentKey,
    event::StepEvent,
    id::{DeploymentId, ProjectId},
    name::EnvironmentName,
};

/// What this laptop saw to its end.
const OURS: &str = "SELECT body FROM deployments WHERE project = ? AND environment = ? AND status = 'live' AND ended IS NOT NULL
    ORDER BY ended DESC LIMIT ?";
/// What it learned of afterwards, from the server.
const OTHERS: &str = "SELECT body FROM deployments WHERE project = ? AND environment = ? AND status = 'live' AND ended IS NULL
    ORDER BY started DESC, id DESC LIMIT ?";
/// An end gets its number once.
const SET: &str = "UPDATE deployments SET status = ?1, body = ?2, ended = CASE WHEN ?1 = 'running' THEN NULL ELSE
    coalesce(ended, (SELECT coalesce(max(other.ended), 0) + 1 FROM deployments AS other
        WHERE other.project = deployments.project AND other.environment = deployments.environment)) END WHERE id = ?3";

/// Which deployments are listed, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this project.
    pub project: Option<ProjectId>,
    /// Only this environment.
    pub environment: Option<EnvironmentName>,
    /// Only these; empty means all.
    pub status: Vec<Status>,
    /// Only those started before; the next page begins at the last one's `started`.
    pub before: Option<Timestamp>,
    /// At most so many; 0 means 50.
    pub limit: u32,
}

/// The history.
#[derive(Debug, Clone)]
pub struct Deployments {
    pub(super) db: Database,
}

impl Deployments {
    /// Records a deployment before anyone is told of it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when its id is known.
    pub async fn create(&self, deployment: &Deployment) -> Result<(), StoreError> {
        self.db
            .write(|| async {
                let insert =
                    "INSERT INTO deployments (id, project, environment, status, started, body) VALUES (?, ?, ?, ?, ?, ?)";
                sqlx::query(insert)
                    .bind(deployment.id.to_string())
                    .bind(deployment.environment.project.to_string())
                    .bind(deployment.environment.name.as_str())
                    .bind(word(&deployment.status)?)
                    .bind(ms(deployment.started))
                    .bind(encode(deployment)?)
                    .execute(self.db.writer())
                    .await
                    .map_err(|e| refused(e, deployment))?;
                Ok(())
            })
            .await
    }

    /// Records how it stands now.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when it was never created.
    pub async fn update(&self, deployment: &Deployment) -> Result<(), StoreError> {
        self.db
            .write(|| async {
                let mut tx = self.db.begin().await?;
                set(&mut tx, deployment).await?;
                Ok(tx.commit().await?)
            })
            .await
    }

    /// Records how it stands and the event that says so, both or neither. Close its log first: followers of
    /// the log leave when the deployment has ended.
    ///
    /// # Errors
    /// As for [`Deployments::update`] and [`events::Events::append`].
    pub async fn record(&self, deployment: &Deployment, event: &StepEvent) -> Result<(), StoreError> {
        self.db
            .write(|| async {
                let mut tx = self.db.begin().await?;
                set(&mut tx, deployment).await?;
                events::insert(&mut tx, deployment.id, event).await?;
                Ok(tx.commit().await?)
            })
            .await
    }

    /// The one with this id, if any.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn get(&self, id: DeploymentId) -> Result<Option<Deployment>, StoreError> {
        let read = async {
            let query = sqlx::query_scalar("SELECT body FROM deployments WHERE id = ?").bind(id.to_string());
            let body: Option<String> = query.fetch_optional(self.db.reader()).await?;
            body.map(|body| decode(&body)).transpose()
        };
        self.db.read(read).await
    }

    /// The one whose id begins or ends like this.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] and [`StoreError::Ambiguous`].
    pub async fn find(&self, part: &str) -> Result<Deployment, StoreError> {
        let name = part.to_owned();
        let part = part.to_ascii_lowercase();
        if part.is_empty() || !part.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') {
            return Err(StoreError::NotFound { what: "deployment", name });
        }
        let read = async {
            let query = "SELECT body FROM deployments WHERE (id >= ?1 AND id < ?1 || 'g') OR id LIKE '%' || ?1 LIMIT 2";
            let bodies: Vec<String> = sqlx::query_scalar(query).bind(&part).fetch_all(self.db.reader()).await?;
            match &bodies[..] {
                [] => Err(StoreError::NotFound { what: "deployment", name }),
                [body] => decode(body),
                _ => Err(StoreError::Ambiguous { what: "deployment", name }),
            }
        };
        self.db.read(read).await
    }

    /// Newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn list(&self, filter: &Filter) -> Result<Vec<Deployment>, StoreError> {
        let read = async {
            let mut query = select("SELECT body", filter)?;
            let bodies: Vec<String> = query.build_query_scalar().fetch_all(self.db.reader()).await?;
            bodies.iter().map(|body| decode(body)).collect()
        };
        self.db.read(read).await
    }

    /// Those that made something live in an environment, the last one first: in the order in which their ends were recorded,
    /// whatever the clock said then; between them, by time, what others deployed.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn live(&self, environment: &EnvironmentKey, limit: u32) -> Result<Vec<Deployment>, StoreError> {
        let ours = self.ended(OURS, environment, limit).await?;
        let mut others = self.ended(OTHERS, environment, limit).await?;
        others.sort_by_key(|deployment| Reverse(deployment.finished));
        let mut all = merged(ours, others);
        all.truncate(limit as usize);
        Ok(all)
    }

    /// Those in flight or interrupted, oldest first; of one environment, or of all.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn unfinished(&self, environment: Option<&EnvironmentKey>) -> Result<Vec<Deployment>, StoreError> {
        let read = async {
            let query = "SELECT body FROM deployments WHERE status = 'running' ORDER BY started, id";
            let bodies: Vec<String> = sqlx::query_scalar(query).fetch_all(self.db.reader()).await?;
            bodies.iter().map(|body| decode::<Deployment>(body)).collect::<Result<Vec<_>, _>>()
        };
        let all = self.db.read(read).await?;
        Ok(all.into_iter().filter(|d| environment.is_none_or(|key| d.environment == *key)).collect())
    }

    async fn ended(&self, query: &'static str, environment: &EnvironmentKey, limit: u32) -> Result<Vec<Deployment>, StoreError> {
        let read = async {
            let query = sqlx::query_scalar(query).bind(environment.project.to_string()).bind(environment.name.as_str());
            let bodies: Vec<String> = query.bind(limit).fetch_all(self.db.reader()).await?;
            bodies.iter().map(|body| decode(body)).collect()
        };
        self.db.read(read).await
    }
}

/// Both are newest first; a clock that jumped has no say in the order of ours.
fn merged(ours: Vec<Deployment>, others: Vec<Deployment>) -> Vec<Deployment> {
    let mut others = others.into_iter().peekable();
    let mut all = Vec::new();
    for own in ours {
        while let Some(later) = others.next_if(|other| other.finished > own.finished) {
            all.push(later);
        }
        all.push(own);
    }
    all.extend(others);
    all
}

/// The statement of a page; `what` comes before `FROM`, so that a test can ask for its plan.
fn select(what: &'static str, filter: &Filter) -> Result<QueryBuilder<Sqlite>, StoreError> {
    let mut query = QueryBuilder::new(what);
    query.push(" FROM deployments WHERE started < ").push_bind(filter.before.map_or(i64::MAX, ms));
    if let Some(project) = filter.project {
        query.push(" AND project = ").push_bind(project.to_string());
    }
    if let Some(environment) = &filter.environment {
        query.push(" AND environment = ").push_bind(environment.as_str().to_owned());
    }
    if !filter.status.is_empty() {
        query.push(" AND status IN (");
        let mut list = query.separated(", ");
        for status in &filter.status {
            list.push_bind(word(status)?);
        }
        query.push(")");
    }
    let limit = if filter.limit == 0 { 50 } else { filter.limit };
    query.push(" ORDER BY started DESC, id DESC LIMIT ").push_bind(limit);
    Ok(query)
}

async fn set(connection: &mut SqliteConnection, deployment: &Deployment) -> Result<(), StoreError> {
    let changed = sqlx::query(SET)
        .bind(word(&deployment.status)?)
        .bind(encode(deployment)?)
        .bind(deployment.id.to_string())
        .execute(connection)
        .await?
        .rows_affected();
    let name = || deployment.id.to_string();
    if changed == 0 { Err(StoreError::NotFound { what: "deployment", name: name() }) } else { Ok(()) }
}

fn refused(error: sqlx::Error, deployment: &Deployment) -> StoreError {
    match error.as_database_error() {
        Some(e) if e.is_unique_violation() => StoreError::Conflict { what: "deployment", name: deployment.id.to_string() },
        Some(e) if e.is_foreign_key_violation() => {
            StoreError::NotFound { what: "project", name: deployment.environment.project.to_string() }
        }
        _ => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use sqlx::Row;

    use super::{Filter, OTHERS, OURS, select};
    use crate::{
        domain::{deployment::Status, environment::EnvironmentKey, name::EnvironmentName},
        store::{
            Store, StoreError,
            testing::{deployment, finished, project, store},
        },
    };

    #[tokio::test]
    async fn a_deployment_comes_back_as_it_was() {
        let (_dir, store) = store().await;
        let shop = project(&store, "shop").await;
        let mut one = deployment(&shop, 0);
        store.deployments().create(&one).await.unwrap();
        one.status = Status::RolledBack;
        one.problem = Some(StoreError::Full.into());
        one.gap_ms = Some(12);
        store.deployments().update(&one).await.unwrap();
        assert_eq!(store.deployments().get(one.id).await.unwrap(), Some(one.clone()));
        assert!(matches!(store.deployments().create(&one).await, Err(StoreError::Conflict { .. })));
    }

    #[tokio::test]
    async fn an_end_without_its_event_is_not_recorded() {
        let (_dir, store) = store().await;
        let shop = project(&store, "shop").await;
        let mut one = deployment(&shop, 0);
        store.deployments().create(&one).await.unwrap();
        one.status = Status::Live;
        let gap = store.deployments().record(&one, &finished(1)).await;
        assert!(matches!(gap, Err(StoreError::Gap { expected: 0, got: 1 })));
        assert_eq!(store.deployments().unfinished(None).await.unwrap().len(), 1);
        store.deployments().record(&one, &finished(0)).await.unwrap();
        assert_eq!(store.deployments().unfinished(None).await.unwrap(), []);
    }

    #[tokio::test]
    async fn unfinished_ones_are_found_per_environment() {
        let (_dir, store) = store().await;
        let shop = project(&store, "shop").await;
        let one = deployment(&shop, 0);
        store.deployments().create(&one).await.unwrap();
        let staging = EnvironmentKey { name: "staging".parse::<EnvironmentName>().unwrap(), ..one.environment.clone() };
        assert_eq!(store.deployments().unfinished(Some(&staging)).await.unwrap(), []);
        assert_eq!(store.deployments().unfinished(Some(&one.environment)).await.unwrap(), [one]);
    }

    #[tokio::test]
    async fn part_of_an_id_is_enough_if_it_is_clear() {
        let (_dir, store) = store().await;
        let shop = project(&store, "shop").await;
        let (one, two) = (deployment(&shop, 0), deployment(&shop, 1));
        store.deployments().create(&one).await.unwrap();
        store.deployments().create(&two).await.unwrap();
        let id = one.id.to_string();
        assert_eq!(store.deployments().find(&id[24..]).await.unwrap(), one);
        assert_eq!(store.deployments().find(&id.to_uppercase()).await.unwrap(), one);
        assert!(matches!(store.deployments().find(&id[..6]).await, Err(StoreError::Ambiguous { .. })));
        for unknown in ["ffffff", "", "%", "shop"] {
            assert!(matches!(store.deployments().find(unknown).await, Err(StoreError::NotFound { .. })), "{unknown}");
        }
    }

    #[tokio::test]
    async fn what_ended_last_is_the_first_whatever_the_clock_said() {
        let (_dir, store) = store().await;
        let shop = project(&store, "shop").await;
        let ends = async |minute, kept: bool| {
            let mut one = deployment(&shop, minute);
            one.finished = Some(one.started);
            one.status = if kept { Status::Live } else { Status::Running };
            store.deployments().create(&one).await.unwrap();
            one.status = Status::Live;
            if !kept {
                store.deployments().update(&one).await.unwrap();
                // Told again, it is still the same end.
                store.deployments().update(&one).await.unwrap();
            }
            one.environment
        };
        // The clock was ahead until it was set back; what others deployed is learned of late.
        ends(60, false).await;
        ends(10, false).await;
        ends(20, false).await;
        ends(15, true).await;
        let shop = ends(5, true).await;
        let live = store.deployments().live(&shop, 9).await.unwrap();
        let minutes: Vec<_> = live.iter().map(|deployment| deployment.started.as_second() / 60).collect();
        assert_eq!(minutes, [20, 15, 10, 60, 5]);
        assert_eq!(store.deployments().live(&shop, 2).await.unwrap(), live[..2]);
    }

    async fn pages(store: &Store, filter: &Filter) -> Vec<i64> {
        let mut filter = filter.clone();
        let mut minutes = Vec::new();
        loop {
            let page = store.deployments().list(&filter).await.unwrap();
            let Some(last) = page.last() else { return minutes };
            filter.before = Some(last.started);
            minutes.extend(page.iter().map(|d| d.started.as_second() / 60));
        }
    }

    #[tokio::test]
    async fn pages_are_newest_first_and_miss_nothing() {
        let (_dir, store) = store().await;
        let (shop, blog) = (project(&store, "shop").await, project(&store, "blog").await);
        for minute in 0..7 {
            let mut one = deployment(if minute == 3 { &blog } else { &shop }, minute);
            one.status = if minute % 2 == 0 { Status::Live } else { Status::Failed };
            store.deployments().create(&one).await.unwrap();
        }
        let all = Filter { limit: 2, ..Filter::default() };
        assert_eq!(pages(&store, &all).await, [6, 5, 4, 3, 2, 1, 0]);
        let of_shop = Filter { project: Some(shop.id), ..all.clone() };
        assert_eq!(pages(&store, &of_shop).await, [6, 5, 4, 2, 1, 0]);
        let failed = Filter { status: vec![Status::Failed, Status::Cancelled], ..of_shop };
        assert_eq!(pages(&store, &failed).await, [5, 1]);
    }

    #[tokio::test]
    async fn a_page_of_a_hundred_thousand_is_read_by_an_index() {
        let (_dir, store) = store().await;
        let shop = project(&store, "shop").await;
        let many = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)
                    INSERT INTO deployments (id, project, environment, status, started, body)
                    SELECT 'd' || i, ?, 'production', iif(i % 9 = 0, 'failed', 'live'), i, '{}' FROM n";
        sqlx::query(many).bind(shop.id.to_string()).execute(store.deployments().db.writer()).await.unwrap();
        let project = Filter { project: Some(shop.id), ..Filter::default() };
        let environment = Filter { environment: Some(EnvironmentName::production()), ..project.clone() };
        let status = Filter { status: vec![Status::Failed], ..project.clone() };
        for filter in [Filter::default(), project, environment, status] {
            let mut explain = select("EXPLAIN QUERY PLAN SELECT body", &filter).unwrap();
            let rows = explain.build().fetch_all(store.deployments().db.reader()).await.unwrap();
            let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
            assert!(plan.iter().any(|step| step.contains("USING INDEX deployments_by")), "{plan:?}");
            assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE")), "{plan:?}");
        }
        for query in [OURS, OTHERS] {
            let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {query}"));
            let explain = sqlx::query(explain).bind("p").bind("production").bind(9);
            let rows = explain.fetch_all(store.deployments().db.reader()).await.unwrap();
            let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
            assert!(plan.len() == 1 && plan[0].contains("USING INDEX deployments_by_end"), "{plan:?}");
        }
    }
}
