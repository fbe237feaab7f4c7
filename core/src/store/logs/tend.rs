//! Keeping logs small: by age, by size, and many small blocks made one.
//!
//! Owns: what is thrown away and when. Must never know: the state's history, which is never thrown away.

use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::{Logs, append, block};
use crate::{
    domain::event::LogLine,
    store::{
        StoreError,
        row::{count, int, ms},
    },
};

/// Logs that were last written longer ago are thrown away.
const OLDEST: SignedDuration = SignedDuration::from_hours(90 * 24);
/// The oldest logs are thrown away until all take no more than this.
const LARGEST: i64 = 500_000_000;
/// A log that was written to within this time may still be written to.
const AT_REST: SignedDuration = SignedDuration::from_mins(10);
/// Blocks per transaction, so that nobody waits long.
const STEP: u32 = 64;

impl Logs {
    /// Throws away what is too old or too much, and packs finished logs. May be cancelled between two steps.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn tend(&self, now: Timestamp, cancel: &CancellationToken) -> Result<(), StoreError> {
        self.retain(ms(now - OLDEST), LARGEST, cancel).await?;
        let query = "SELECT id FROM logs WHERE packed = 0 AND written < ? ORDER BY written";
        let query = sqlx::query_scalar(query).bind(ms(now - AT_REST));
        let loose: Vec<i64> = self.db.read(async { Ok(query.fetch_all(self.db.reader()).await?) }).await?;
        for log in loose {
            self.pack(log, cancel).await?;
        }
        Ok(())
    }

    /// Throws away logs last written before `oldest`, then the oldest until all take at most `largest` bytes.
    pub(super) async fn retain(&self, oldest: i64, largest: i64, cancel: &CancellationToken) -> Result<(), StoreError> {
        let query = "SELECT id FROM (SELECT id, written, sum(bytes) OVER (ORDER BY written DESC, id DESC) AS total FROM logs)
                     WHERE written > 0 AND (written < ? OR total > ?) ORDER BY written";
        let query = sqlx::query_scalar(query).bind(oldest).bind(largest);
        let gone: Vec<i64> = self.db.read(async { Ok(query.fetch_all(self.db.reader()).await?) }).await?;
        for log in &gone {
            while !cancel.is_cancelled() && self.shorten(*log).await? {}
        }
        if !gone.is_empty() && !cancel.is_cancelled() {
            sqlx::query("PRAGMA incremental_vacuum").execute(self.db.writer()).await?;
        }
        Ok(())
    }

    /// Removes some blocks of a log that goes; whether there is more. That there was a log is remembered.
    async fn shorten(&self, log: i64) -> Result<bool, StoreError> {
        self.db
            .write(|| async {
                let mut tx = self.db.begin().await?;
                let delete = "DELETE FROM blocks WHERE rowid IN (SELECT rowid FROM blocks WHERE log = ? LIMIT ?)";
                let gone = sqlx::query(delete).bind(log).bind(STEP).execute(&mut *tx).await?.rows_affected();
                if gone == 0 {
                    let mark = "UPDATE logs SET lines = 0, bytes = 0, written = 0, packed = 1 WHERE id = ?";
                    sqlx::query(mark).bind(log).execute(&mut *tx).await?;
                }
                tx.commit().await?;
                Ok(gone > 0)
            })
            .await
    }

    /// Joins small blocks until none of two neighbours would fit into one.
    async fn pack(&self, log: i64, cancel: &CancellationToken) -> Result<(), StoreError> {
        let mut from = 1;
        while let Some(next) = self.pack_some(log, from).await? {
            if cancel.is_cancelled() {
                return Ok(());
            }
            from = next;
        }
        let mark = "UPDATE logs SET packed = 1, bytes = (SELECT coalesce(sum(length(data)), 0) FROM blocks WHERE log = ?1) WHERE id = ?1";
        self.db
            .write(|| async {
                sqlx::query(mark).bind(log).execute(self.db.writer()).await?;
                Ok(())
            })
            .await
    }

    /// Joins the blocks from a line on into one; where to go on, `None` at the end.
    async fn pack_some(&self, log: i64, from: u64) -> Result<Option<u64>, StoreError> {
        self.db
            .write(|| async {
                let mut tx = self.db.begin().await?;
                let query = "SELECT first, lines, data FROM blocks WHERE log = ? AND first >= ? ORDER BY first LIMIT ?";
                let query = sqlx::query_as(query).bind(log).bind(int(from)).bind(STEP);
                let rows: Vec<(i64, i64, Vec<u8>)> = query.fetch_all(&mut *tx).await?;
                let Some((first, taken, lines)) = join(&rows)? else { return Ok(None) };
                if taken > 1 {
                    let (start, end) = (int(first), int(first + lines.len() as u64));
                    let delete = sqlx::query("DELETE FROM blocks WHERE log = ? AND first >= ? AND first < ?");
                    delete.bind(log).bind(start).bind(end).execute(&mut *tx).await?;
                    append::insert(&mut tx, log, first, &block::encode(&lines)?).await?;
                }
                tx.commit().await?;
                Ok(Some(next(first, &lines, taken, rows.len())))
            })
            .await
    }
}

/// As many blocks as fit into one: the first line's number, how many blocks, their lines.
fn join(rows: &[(i64, i64, Vec<u8>)]) -> Result<Option<(u64, usize, Vec<LogLine>)>, StoreError> {
    let Some((first, ..)) = rows.first() else { return Ok(None) };
    let (mut taken, mut total) = (0, 0);
    for (_, lines, _) in rows {
        if taken > 0 && total + lines > int(block::LINES as u64) {
            break;
        }
        taken += 1;
        total += lines;
    }
    let mut lines = Vec::new();
    for (_, _, data) in &rows[..taken] {
        lines.extend(block::decode(data)?);
    }
    Ok(Some((count(*first), taken, lines)))
}

/// A joined block that may take more is looked at again, unless it was alone.
fn next(first: u64, lines: &[LogLine], taken: usize, seen: usize) -> u64 {
    if taken == seen && taken > 1 { first } else { first + lines.len() as u64 }
}
