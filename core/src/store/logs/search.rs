//! Searching a whole log.
//!
//! Owns: that the count is exact, however the log is packed. Must never know: how matches are shown.

use aho_corasick::AhoCorasick;

use super::{Logs, NumberedLine, block, off_the_runtime};
use crate::{
    domain::{ansi::visible, complaint::is_complaint, id::DeploymentId},
    store::{StoreError, row::count},
};

/// A line that matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Hit {
    /// Its number.
    pub line: u64,
    /// How often the text occurs in it.
    pub times: u32,
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// This text as it is seen, without colours.
    Text {
        /// What to find; not empty.
        text: String,
        /// Whether ASCII letters in the other case match too.
        any_case: bool,
    },
    /// Lines that speak of an error.
    Complaint,
}

impl Logs {
    /// Every line of a log that matches, in order.
    ///
    /// # Errors
    /// When the database cannot be read, or the text cannot be searched for.
    pub async fn search(&self, deployment: DeploymentId, pattern: Pattern) -> Result<Vec<Hit>, StoreError> {
        let finder = Finder::new(pattern)?;
        let (mut found, mut from) = (Vec::new(), 1);
        loop {
            let rows = self.db.read(self.blocks(deployment, from)).await?;
            let Some((first, lines, _)) = rows.last() else { return Ok(found) };
            let next = count(first + lines).max(from);
            if next == from {
                return Ok(found);
            }
            from = next;
            let finder = finder.clone();
            let work = move || {
                let mut hits = Vec::new();
                for (first, _, data) in &rows {
                    finder.block(count(*first), data, &mut hits)?;
                }
                Ok(hits)
            };
            found.extend(self.db.read(off_the_runtime(work)).await?);
        }
    }
}

#[derive(Clone)]
enum Finder {
    Text { text: AhoCorasick, plain: bool },
    Complaint,
}

impl Finder {
    fn new(pattern: Pattern) -> Result<Self, StoreError> {
        let Pattern::Text { text, any_case } = pattern else { return Ok(Self::Complaint) };
        if text.is_empty() {
            return Err(StoreError::Unsearchable);
        }
        let plain = !text.contains(|c: char| c.is_control() || matches!(c, '"' | '\\'));
        let finder = AhoCorasick::builder().ascii_case_insensitive(any_case).build([&text]);
        Ok(Self::Text { text: finder.map_err(|_| StoreError::Unsearchable)?, plain })
    }

    fn block(&self, first: u64, data: &[u8], hits: &mut Vec<Hit>) -> Result<(), StoreError> {
        let json = block::unpack(data)?;
        if !self.may_match(&json) {
            return Ok(());
        }
        for (line, number) in block::lines(&json)?.into_iter().zip(first..) {
            let times = self.times(&line.text);
            if times > 0 {
                hits.push(Hit { line: number, times });
            }
        }
        Ok(())
    }

    /// Most blocks need no reading line by line: where JSON escapes nothing of the text and no colour can cut it in two,
    /// what is not in the frame is in none of its lines.
    fn may_match(&self, json: &[u8]) -> bool {
        match self {
            Self::Text { text, plain: true } => text.is_match(json) || find(json, b"\\u001b"),
            _ => true,
        }
    }

    fn times(&self, text: &str) -> u32 {
        match self {
            Self::Complaint => u32::from(is_complaint(text)),
            Self::Text { text: finder, .. } => u32::try_from(finder.find_iter(&*visible(text)).count()).unwrap_or(u32::MAX),
        }
    }
}

fn find(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

impl NumberedLine {
    /// Whether it speaks of an error.
    #[must_use]
    pub fn is_complaint(&self) -> bool {
        is_complaint(&self.line.text)
    }
}

#[cfg(test)]
mod tests {
    use super::{Hit, Pattern};
    use crate::{
        domain::{deployment::Stage, id::DeploymentId},
        store::{
            Store, StoreError,
            testing::{line, store},
        },
    };

    fn text(text: &str, any_case: bool) -> Pattern {
        Pattern::Text { text: text.into(), any_case }
    }

    async fn printed(store: &Store, lines: impl IntoIterator<Item = String>) -> DeploymentId {
        let id = DeploymentId::new();
        let lines = lines.into_iter().map(|text| line(Stage::Build, text)).collect();
        store.logs().append(id, lines).await.unwrap();
        id
    }

    #[tokio::test]
    async fn every_occurrence_in_every_block_is_counted() {
        let (_dir, store) = store().await;
        let lines = (1..=12_345).map(|n| if n % 1000 == 7 { format!("needle {n} Needle") } else { format!("hay {n}") });
        let id = printed(&store, lines).await;
        let hits = store.logs().search(id, text("needle", true)).await.unwrap();
        assert_eq!(hits.len(), 13);
        assert_eq!((hits[0], hits[12].line), (Hit { line: 7, times: 2 }, 12_007));
        let exact = store.logs().search(id, text("Needle", false)).await.unwrap();
        assert_eq!(exact.iter().map(|hit| hit.times).sum::<u32>(), 13);
        assert_eq!(store.logs().search(id, text("straw", true)).await.unwrap(), []);
        assert_eq!(store.logs().search(DeploymentId::new(), text("needle", true)).await.unwrap(), []);
    }

    #[tokio::test]
    async fn colours_and_quotes_hide_nothing() {
        let (_dir, store) = store().await;
        let lines = ["say \"hi\" \\ there", "ne\u{1b}[1med\u{1b}[0mle", "plain"];
        let id = printed(&store, lines.map(str::to_owned)).await;
        for (wanted, number) in [("\"HI\" \\", 1), ("needle", 2), ("plain", 3)] {
            let hits = store.logs().search(id, text(wanted, true)).await.unwrap();
            assert_eq!(hits, [Hit { line: number, times: 1 }], "{wanted}");
        }
        assert_eq!(store.logs().search(id, text("u001b", true)).await.unwrap(), []);
        assert!(matches!(store.logs().search(id, text("", true)).await, Err(StoreError::Unsearchable)));
    }

    #[tokio::test]
    async fn complaints_are_found() {
        let (_dir, store) = store().await;
        let id = printed(&store, ["fine", "error: no", "0 errors"].map(str::to_owned)).await;
        assert_eq!(store.logs().search(id, Pattern::Complaint).await.unwrap(), [Hit { line: 2, times: 1 }]);
    }
}
