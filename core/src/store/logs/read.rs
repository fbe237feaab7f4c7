//! Reading a range of a log.
//!
//! Owns: which lines match. Must never know: how they are shown.

use aho_corasick::AhoCorasick;

use super::{Logs, NumberedLine, block, off_the_runtime};
use crate::{
    domain::{deployment::Stage, event::LogLine, id::DeploymentId},
    store::{
        StoreError,
        row::{count, int},
    },
};

/// Blocks read at once: about this many thousand lines are in memory.
const BLOCKS: u32 = 4;

/// Which lines are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// Only of this stage.
    pub stage: Option<Stage>,
    /// Only of this service or step.
    pub source: Option<String>,
    /// Only those that contain this text, ASCII letters in either case.
    pub contains: Option<String>,
}

/// Some lines and where to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Those that match.
    pub lines: Vec<NumberedLine>,
    /// The number of the first line that was not looked at.
    pub next: u64,
}

/// First number, number of lines, frame.
pub(super) type Row = (i64, i64, Vec<u8>);

impl Logs {
    /// How many lines a deployment has printed so far.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn count(&self, deployment: DeploymentId) -> Result<u64, StoreError> {
        let query = sqlx::query_scalar("SELECT lines FROM logs WHERE deployment = ?").bind(deployment.to_string());
        let read = async {
            let lines: Option<i64> = query.fetch_optional(self.db.reader()).await?;
            Ok(count(lines.unwrap_or_default()))
        };
        self.db.read(read).await
    }

    /// Whether there was a log that was thrown away; one that nothing was ever written to is only empty.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn is_thrown_away(&self, deployment: DeploymentId) -> Result<bool, StoreError> {
        let query = sqlx::query_scalar("SELECT written FROM logs WHERE deployment = ?").bind(deployment.to_string());
        let read = async {
            let written: Option<i64> = query.fetch_optional(self.db.reader()).await?;
            Ok(written == Some(0))
        };
        self.db.read(read).await
    }

    /// Up to a few thousand lines from a number on. At the end of the log `next` is the number given and
    /// nothing is in it.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn page(&self, deployment: DeploymentId, from: u64, filter: &LogFilter) -> Result<Page, StoreError> {
        let from = from.max(1);
        let rows = self.db.read(self.blocks(deployment, from)).await?;
        let Some((first, lines, _)) = rows.last() else { return Ok(Page { lines: Vec::new(), next: from }) };
        let next = count(first + lines).max(from);
        let filter = Matcher::new(filter.clone())?;
        let lines = self.db.read(off_the_runtime(move || unpack(&rows, from, &filter))).await?;
        Ok(Page { lines, next })
    }

    /// All lines that match, from a number on, at most `limit`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn read(
        &self,
        deployment: DeploymentId,
        from: u64,
        limit: usize,
        filter: &LogFilter,
    ) -> Result<Vec<NumberedLine>, StoreError> {
        let mut found = Vec::new();
        let mut from = from.max(1);
        while found.len() < limit {
            let page = self.page(deployment, from, filter).await?;
            if page.next == from {
                break;
            }
            from = page.next;
            found.extend(page.lines);
        }
        found.truncate(limit);
        Ok(found)
    }

    /// The last lines that match, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn last(&self, deployment: DeploymentId, n: usize, filter: &LogFilter) -> Result<Vec<NumberedLine>, StoreError> {
        let mut end = self.count(deployment).await? + 1;
        let mut found: Vec<NumberedLine> = Vec::new();
        while end > 1 && found.len() < n {
            let start = end.saturating_sub(block::LINES as u64).max(1);
            let mut part = self.between(deployment, start, end, filter).await?;
            part.append(&mut found);
            found = part;
            end = start;
        }
        Ok(found.split_off(found.len().saturating_sub(n)))
    }

    async fn between(
        &self,
        deployment: DeploymentId,
        mut from: u64,
        end: u64,
        filter: &LogFilter,
    ) -> Result<Vec<NumberedLine>, StoreError> {
        let mut found = Vec::new();
        while from < end {
            let page = self.page(deployment, from, filter).await?;
            if page.next == from {
                break;
            }
            from = page.next;
            found.extend(page.lines.into_iter().filter(|line| line.number < end));
        }
        Ok(found)
    }

    pub(super) async fn blocks(&self, deployment: DeploymentId, from: u64) -> Result<Vec<Row>, StoreError> {
        let query = "SELECT b.first, b.lines, b.data FROM logs l JOIN blocks b ON b.log = l.id
                     WHERE l.deployment = ?1 AND b.first + b.lines > ?2 AND b.first >= coalesce(
                         (SELECT max(first) FROM blocks WHERE log = l.id AND first <= ?2), 0)
                     ORDER BY b.first LIMIT ?3";
        let query = sqlx::query_as(query).bind(deployment.to_string()).bind(int(from)).bind(BLOCKS);
        Ok(query.fetch_all(self.db.reader()).await?)
    }
}

/// A filter made ready for many lines.
struct Matcher {
    filter: LogFilter,
    contains: Option<AhoCorasick>,
}

impl Matcher {
    fn new(filter: LogFilter) -> Result<Self, StoreError> {
        let search = |part: &String| AhoCorasick::builder().ascii_case_insensitive(true).build([part]);
        let contains = filter.contains.as_ref().map(search).transpose();
        let contains = contains.map_err(|_| StoreError::Unsearchable)?;
        Ok(Self { filter, contains })
    }

    fn matches(&self, line: &LogLine) -> bool {
        self.filter.stage.is_none_or(|stage| line.stage == stage)
            && self.filter.source.as_ref().is_none_or(|source| line.source.as_ref() == Some(source))
            && self.contains.as_ref().is_none_or(|part| part.is_match(&line.text))
    }
}

fn unpack(rows: &[Row], from: u64, filter: &Matcher) -> Result<Vec<NumberedLine>, StoreError> {
    let mut found = Vec::new();
    for (first, _, data) in rows {
        let lines = block::decode(data)?;
        let numbered = lines.into_iter().zip(count(*first)..).map(|(line, number)| NumberedLine { number, line });
        found.extend(numbered.filter(|l| l.number >= from && filter.matches(&l.line)));
    }
    Ok(found)
}
