//! Adding lines at the end of a log.
//!
//! Owns: that numbers have no gaps, whoever writes. Must never know: where lines come from.

use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::{Logs, block, off_the_runtime};
use crate::{
    domain::{event::LogLine, id::DeploymentId},
    store::{
        StoreError,
        row::{count, int, ms},
    },
};

impl Logs {
    /// Adds lines, all or none, and returns how many the log has now.
    ///
    /// # Errors
    /// When the database cannot be written; [`StoreError::Full`] without touching the state's reserve.
    pub async fn append(&self, deployment: DeploymentId, lines: Vec<LogLine>) -> Result<u64, StoreError> {
        let blocks =
            &off_the_runtime(move || lines.chunks(block::LINES).map(block::encode).collect::<Result<Vec<_>, _>>()).await?;
        self.db
            .write(|| async move {
                let mut tx = self.db.begin().await?;
                let (log, mut total) = open(&mut tx, deployment).await?;
                for block in blocks {
                    insert(&mut tx, log, total + 1, block).await?;
                    total += block.lines as u64;
                }
                let bytes: usize = blocks.iter().map(|b| b.data.len()).sum();
                let update = "UPDATE logs SET lines = ?, bytes = bytes + ?, written = ?, packed = 0 WHERE id = ?";
                let update = sqlx::query(update).bind(int(total)).bind(int(bytes as u64));
                update.bind(ms(Timestamp::now())).bind(log).execute(&mut *tx).await?;
                tx.commit().await?;
                Ok(total)
            })
            .await
    }
}

/// Writes one block whose first line has this number.
pub(super) async fn insert(tx: &mut SqliteConnection, log: i64, first: u64, block: &block::Block) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO blocks (log, first, lines, stages, data) VALUES (?, ?, ?, ?, ?)")
        .bind(log)
        .bind(int(first))
        .bind(int(block.lines as u64))
        .bind(block.stages)
        .bind(&block.data)
        .execute(tx)
        .await?;
    Ok(())
}

/// The log's row and how many lines it has; made when it is the first write.
async fn open(tx: &mut SqliteConnection, deployment: DeploymentId) -> Result<(i64, u64), StoreError> {
    let query = "INSERT INTO logs (deployment, written) VALUES (?, ?)
                 ON CONFLICT (deployment) DO UPDATE SET written = excluded.written RETURNING id, lines";
    let query = sqlx::query_as(query).bind(deployment.to_string()).bind(ms(Timestamp::now()));
    let (log, lines): (i64, i64) = query.fetch_one(tx).await?;
    Ok((log, count(lines)))
}
