//! How long each stage took when it went well, and how long it will probably take.
//!
//! Owns: the estimate. Must never know: how it is shown.

use serde::Serialize;

use super::{
    StoreError,
    database::Database,
    row::{count, int, word},
};
use crate::domain::{
    deployment::Stage,
    id::{DeploymentId, ProjectId},
};

/// How many of the last successes an estimate looks at.
const LAST: u32 = 5;

/// How long a stage will probably take, and what that is based on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Estimate {
    /// The median, in milliseconds.
    pub ms: u64,
    /// The successes it is taken from, newest first, in milliseconds; one to five.
    pub based_on: Vec<u64>,
}

/// The durations.
#[derive(Debug, Clone)]
pub struct Durations {
    pub(super) db: Database,
}

impl Durations {
    /// Records a stage that went well.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn add(&self, deployment: DeploymentId, project: ProjectId, stage: Stage, ms: u64) -> Result<(), StoreError> {
        self.db
            .write(|| async {
                let insert = "INSERT INTO durations (deployment, project, stage, ms) VALUES (?, ?, ?, ?)
                              ON CONFLICT (deployment, stage) DO UPDATE SET ms = excluded.ms";
                let insert = sqlx::query(insert).bind(deployment.to_string()).bind(project.to_string());
                insert.bind(word(&stage)?).bind(int(ms)).execute(self.db.writer()).await?;
                Ok(())
            })
            .await
    }

    /// The stages of one deployment that went well, in order, in milliseconds.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn of(&self, deployment: DeploymentId) -> Result<Vec<(Stage, u64)>, StoreError> {
        let read = async {
            let query = sqlx::query_as("SELECT stage, ms FROM durations WHERE deployment = ?").bind(deployment.to_string());
            let rows: Vec<(String, i64)> = query.fetch_all(self.db.reader()).await?;
            let of = |stage: Stage| rows.iter().find(|row| row.0 == stage.to_string()).map(|row| (stage, count(row.1)));
            Ok(Stage::ALL.into_iter().filter_map(of).collect())
        };
        self.db.read(read).await
    }

    /// What a stage of a project will probably take; `None` before its first success.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn estimate(&self, project: ProjectId, stage: Stage) -> Result<Option<Estimate>, StoreError> {
        let read = async {
            let query = "SELECT ms FROM durations WHERE project = ? AND stage = ? ORDER BY deployment DESC LIMIT ?";
            let query = sqlx::query_scalar(query).bind(project.to_string()).bind(word(&stage)?).bind(LAST);
            let last: Vec<i64> = query.fetch_all(self.db.reader()).await?;
            Ok(estimate(last.into_iter().map(count).collect()))
        };
        self.db.read(read).await
    }
}

fn estimate(based_on: Vec<u64>) -> Option<Estimate> {
    let mut sorted = based_on.clone();
    sorted.sort_unstable();
    // Of an even number the longer one: an estimate that is a little late annoys less than one that passes.
    let ms = *sorted.get(sorted.len() / 2)?;
    Some(Estimate { ms, based_on })
}

#[cfg(test)]
mod tests {
    use super::estimate;

    #[test]
    fn an_estimate_is_the_median_and_says_of_what() {
        let of = |list: &[u64]| estimate(list.to_vec()).map(|e| e.ms);
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[7]), Some(7));
        assert_eq!(of(&[9, 1]), Some(9));
        assert_eq!(of(&[50, 1000, 40, 60, 55]), Some(55));
    }
}
