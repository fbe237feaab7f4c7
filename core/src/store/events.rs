//! The numbered events of each deployment.
//!
//! Owns: that they have no gaps and end with `Finished`; replaying and following them.
//! Must never know: who listens.

use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt};
use sqlx::SqliteConnection;

use super::{
    StoreError,
    database::Database,
    row::{count, decode, encode, int},
};
use crate::domain::{
    event::{StepEvent, StepEventKind},
    id::DeploymentId,
};

/// How often another process's events are looked for: at most ten times a second.
pub(crate) const POLL: Duration = Duration::from_millis(100);
const PAGE: u32 = 500;

/// The events.
#[derive(Debug, Clone)]
pub struct Events {
    pub(super) db: Database,
}

impl Events {
    /// Stores the next event; it is durable when this returns. The same event again is no error, so that a
    /// journal can be replayed.
    ///
    /// # Errors
    /// [`StoreError::Gap`] when it is not the next one, or another event has its number, or `Finished` was there.
    pub async fn append(&self, deployment: DeploymentId, event: &StepEvent) -> Result<(), StoreError> {
        self.db
            .write(|| async {
                let mut tx = self.db.begin().await?;
                insert(&mut tx, deployment, event).await?;
                Ok(tx.commit().await?)
            })
            .await
    }

    /// The number of the next event.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn next(&self, deployment: DeploymentId) -> Result<u64, StoreError> {
        let read = async {
            let query = "SELECT coalesce(max(number) + 1, 0) FROM events WHERE deployment = ?";
            let next: i64 = sqlx::query_scalar(query).bind(deployment.to_string()).fetch_one(self.db.reader()).await?;
            Ok(count(next))
        };
        self.db.read(read).await
    }

    /// The events from a number on, at most `limit` (0 means all).
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn read(&self, deployment: DeploymentId, from: u64, limit: u32) -> Result<Vec<StepEvent>, StoreError> {
        let limit = if limit == 0 { -1 } else { i64::from(limit) };
        let read = async {
            let query = "SELECT body FROM events WHERE deployment = ? AND number >= ? ORDER BY number LIMIT ?";
            let query = sqlx::query_scalar(query).bind(deployment.to_string()).bind(int(from)).bind(limit);
            let bodies: Vec<String> = query.fetch_all(self.db.reader()).await?;
            bodies.iter().map(|body| decode(body)).collect()
        };
        self.db.read(read).await
    }

    /// Stored events from a number on, then live ones, without gaps, until `Finished`. Works across processes.
    #[must_use]
    pub fn follow(&self, deployment: DeploymentId, from: u64) -> BoxStream<'static, Result<StepEvent, StoreError>> {
        let events = self.clone();
        let start = Some((from, events.db.changes()));
        stream::unfold(start, move |state| {
            let events = events.clone();
            async move {
                let (from, mut changes) = state?;
                loop {
                    changes.mark_unchanged();
                    match events.read(deployment, from, PAGE).await {
                        Ok(page) if page.is_empty() => {
                            let _ = tokio::time::timeout(POLL, changes.changed()).await;
                        }
                        Ok(page) => {
                            let ended = page.iter().any(is_last);
                            let next = (!ended).then_some((from + page.len() as u64, changes));
                            return Some((page.into_iter().map(Ok).collect(), next));
                        }
                        Err(error) => return Some((vec![Err(error)], None)),
                    }
                }
            }
        })
        .flat_map(|page: Vec<_>| stream::iter(page))
        .boxed()
    }
}

/// Adds an event inside somebody's transaction.
pub(super) async fn insert(tx: &mut SqliteConnection, deployment: DeploymentId, event: &StepEvent) -> Result<(), StoreError> {
    let body = encode(event)?;
    let query = "SELECT number, body FROM events WHERE deployment = ? ORDER BY number DESC LIMIT 1";
    let last: Option<(i64, String)> = sqlx::query_as(query).bind(deployment.to_string()).fetch_optional(&mut *tx).await?;
    let expected = last.as_ref().map_or(0, |(number, _)| count(*number) + 1);
    if event.index < expected {
        return same_again(tx, deployment, event, &body, expected).await;
    }
    let ended = last.map(|(_, body)| decode::<StepEvent>(&body)).transpose()?.is_some_and(|last| is_last(&last));
    if event.index > expected || ended {
        return Err(StoreError::Gap { expected, got: event.index });
    }
    sqlx::query("INSERT INTO events (deployment, number, body) VALUES (?, ?, ?)")
        .bind(deployment.to_string())
        .bind(int(event.index))
        .bind(body)
        .execute(tx)
        .await
        .map_err(|e| unknown(e, deployment))?;
    Ok(())
}

async fn same_again(
    tx: &mut SqliteConnection,
    deployment: DeploymentId,
    event: &StepEvent,
    body: &str,
    expected: u64,
) -> Result<(), StoreError> {
    let query = "SELECT body FROM events WHERE deployment = ? AND number = ?";
    let stored: Option<String> =
        sqlx::query_scalar(query).bind(deployment.to_string()).bind(int(event.index)).fetch_optional(tx).await?;
    if stored.as_deref() == Some(body) { Ok(()) } else { Err(StoreError::Gap { expected, got: event.index }) }
}

fn is_last(event: &StepEvent) -> bool {
    matches!(event.kind, StepEventKind::Finished { .. })
}

fn unknown(error: sqlx::Error, deployment: DeploymentId) -> StoreError {
    match error.as_database_error() {
        Some(e) if e.is_foreign_key_violation() => StoreError::NotFound { what: "deployment", name: deployment.to_string() },
        _ => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;

    use crate::{
        domain::{deployment::Deployment, id::DeploymentId},
        store::{
            Store, StoreError,
            testing::{deployment, finished, note, project, store},
        },
    };

    async fn deploying() -> (tempfile::TempDir, Store, Deployment) {
        let (dir, store) = store().await;
        let shop = project(&store, "shop").await;
        let one = deployment(&shop, 0);
        store.deployments().create(&one).await.unwrap();
        (dir, store, one)
    }

    #[tokio::test]
    async fn events_have_no_gaps_and_nothing_follows_the_end() {
        let (_dir, store, one) = deploying().await;
        let events = store.events();
        assert!(matches!(events.append(one.id, &note(1)).await, Err(StoreError::Gap { expected: 0, got: 1 })));
        events.append(one.id, &note(0)).await.unwrap();
        events.append(one.id, &note(1)).await.unwrap();
        assert!(matches!(events.append(one.id, &finished(0)).await, Err(StoreError::Gap { expected: 2, got: 0 })));
        events.append(one.id, &finished(2)).await.unwrap();
        assert!(matches!(events.append(one.id, &note(3)).await, Err(StoreError::Gap { expected: 3, got: 3 })));
        assert_eq!(events.next(one.id).await.unwrap(), 3);
        assert_eq!(events.read(one.id, 1, 1).await.unwrap(), [note(1)]);
    }

    #[tokio::test]
    async fn a_journal_can_be_replayed() {
        let (_dir, store, one) = deploying().await;
        for event in [note(0), note(1), note(0), note(1), finished(2), finished(2)] {
            store.events().append(one.id, &event).await.unwrap();
        }
        assert_eq!(store.events().read(one.id, 0, 0).await.unwrap(), [note(0), note(1), finished(2)]);
    }

    #[tokio::test]
    async fn an_unknown_deployment_has_no_events() {
        let (_dir, store, _) = deploying().await;
        let stray = store.events().append(DeploymentId::new(), &note(0)).await;
        assert!(matches!(stray, Err(StoreError::NotFound { what: "deployment", .. })));
    }

    #[tokio::test]
    async fn a_follower_in_another_store_misses_nothing() {
        let (dir, store, one) = deploying().await;
        let other = Store::open(dir.path()).await.unwrap();
        for index in 0..3 {
            store.events().append(one.id, &note(index)).await.unwrap();
        }
        let followers = [store.events().follow(one.id, 1), other.events().follow(one.id, 1)];
        let followers = followers.map(|stream| tokio::spawn(stream.map(|event| event.unwrap().index).collect::<Vec<_>>()));
        let writer = tokio::spawn(async move {
            for index in 3..700 {
                store.events().append(one.id, &note(index)).await.unwrap();
            }
            store.events().append(one.id, &finished(700)).await.unwrap();
        });
        writer.await.unwrap();
        for follower in followers {
            assert_eq!(follower.await.unwrap(), (1..=700).collect::<Vec<_>>());
        }
    }
}
