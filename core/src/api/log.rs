//! The log of a deployment as a pane shows it: ranges, search, errors.
//!
//! Owns: how much is handed out at once. Must never know: panes.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde::Serialize;

use super::{Session, deployments};
use crate::{
    domain::{deployment::Stage, id::DeploymentId},
    problem::{Code, Problem},
    store::logs::{LogFilter, NumberedLine, Pattern},
};

pub use crate::store::logs::Hit;

/// Characters of a line that are handed out with its page; the rest is asked for.
const FOLD: usize = 4000;
/// Lines handed out at once.
const MOST: u32 = 5000;
/// Matches handed out at once; the count is exact all the same.
const HITS: usize = 20_000;

/// A line for showing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct LogRow {
    /// 1, 2, 3, … within the deployment.
    pub number: u64,
    /// When it was read.
    pub at: Timestamp,
    /// Which stage printed it.
    pub stage: Stage,
    /// Which service or step it belongs to, where known.
    pub source: Option<String>,
    /// The text with its colours, at most 4,000 characters of it.
    pub text: String,
    /// Bytes that follow in the whole line; 0 when the text is whole.
    pub more_bytes: u64,
    /// It speaks of an error.
    pub error: bool,
}

/// Some lines of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct LogPage {
    /// In order, without gaps.
    pub rows: Vec<LogRow>,
    /// How many lines the whole log has now.
    pub total: u64,
}

/// What a search of a whole log found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct LogMatches {
    /// How often it occurs in the whole log.
    pub total: u64,
    /// In how many lines of it.
    pub lines: u64,
    /// Those lines, in order; at most 20,000 of them, from the first on.
    pub hits: Vec<Hit>,
}

impl LogRow {
    /// Makes a line ready for showing.
    #[must_use]
    pub fn of(numbered: NumberedLine) -> Self {
        let error = numbered.is_complaint();
        let NumberedLine { number, line } = numbered;
        let mut text = line.text;
        let whole = text.len();
        if let Some((end, _)) = text.char_indices().nth(FOLD) {
            text.truncate(end);
        }
        Self { number, at: line.at, stage: line.stage, source: line.source, more_bytes: (whole - text.len()) as u64, text, error }
    }
}

/// The lines from a number on (from 1), at most `limit`, and at most 5,000.
///
/// # Errors
/// When there is no such deployment.
pub async fn page(session: &Session, id: DeploymentId, from: u64, limit: u32) -> Result<LogPage, Problem> {
    deployments::known(session, id).await?;
    let logs = session.store.logs();
    let total = logs.count(id).await?;
    let lines = logs.read(id, from, limit.min(MOST) as usize, &LogFilter::default()).await?;
    Ok(LogPage { rows: lines.into_iter().map(LogRow::of).collect(), total })
}

/// One line in full.
///
/// # Errors
/// When there is no such deployment or line.
pub async fn line(session: &Session, id: DeploymentId, number: u64) -> Result<String, Problem> {
    deployments::known(session, id).await?;
    let found = session.store.logs().read(id, number.max(1), 1, &LogFilter::default()).await?;
    found.into_iter().next().filter(|found| found.number == number).map(|found| found.line.text).ok_or_else(|| {
        Problem::new(
            Code::NotFound,
            format!("The log has no line {number}"),
            "old logs are thrown away after 90 days or 500 MB",
            "Open the log anew.",
        )
    })
}

/// Finds a text in the whole log, as it is seen without colours; `any_case` ignores the case of ASCII letters.
///
/// # Errors
/// When there is no such deployment or the text is empty.
pub async fn search(session: &Session, id: DeploymentId, text: &str, any_case: bool) -> Result<LogMatches, Problem> {
    matches(session, id, Pattern::Text { text: text.to_owned(), any_case }).await
}

/// Every line of the whole log that speaks of an error.
///
/// # Errors
/// When there is no such deployment.
pub async fn errors(session: &Session, id: DeploymentId) -> Result<LogMatches, Problem> {
    matches(session, id, Pattern::Complaint).await
}

/// The whole log as plain text, one line each with its stage and source.
///
/// # Errors
/// When there is no such deployment.
pub async fn text(session: &Session, id: DeploymentId) -> Result<String, Problem> {
    deployments::known(session, id).await?;
    let (logs, mut from, mut text) = (session.store.logs(), 1, String::new());
    loop {
        let page = logs.page(id, from, &LogFilter::default()).await?;
        if page.next == from {
            return Ok(text);
        }
        from = page.next;
        for NumberedLine { line, .. } in page.lines {
            let source = line.source.as_deref().map(|source| format!(" {source}")).unwrap_or_default();
            let _ = writeln!(text, "{} {}{source} | {}", line.at, line.stage, crate::domain::ansi::visible(&line.text));
        }
    }
}

async fn matches(session: &Session, id: DeploymentId, pattern: Pattern) -> Result<LogMatches, Problem> {
    deployments::known(session, id).await?;
    let mut hits = session.store.logs().search(id, pattern).await?;
    let (total, lines) = (hits.iter().map(|hit| u64::from(hit.times)).sum(), hits.len() as u64);
    hits.truncate(HITS);
    Ok(LogMatches { total, lines, hits })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::LogRow;
    use crate::{
        domain::{deployment::Stage, event::LogLine},
        store::logs::NumberedLine,
    };

    fn row(text: String) -> LogRow {
        let line = LogLine { at: Timestamp::UNIX_EPOCH, stage: Stage::Build, source: None, text };
        LogRow::of(NumberedLine { number: 1, line })
    }

    #[test]
    fn a_long_line_is_folded_between_characters() {
        assert_eq!(row("short".into()).more_bytes, 0);
        let long = row("é".repeat(5000));
        assert_eq!((long.text.chars().count(), long.more_bytes), (4000, 2000));
    }

    #[test]
    fn errors_are_marked() {
        assert!(row("error: x".into()).error && !row("fine".into()).error);
    }
}
