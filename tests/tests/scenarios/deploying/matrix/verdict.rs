//! What a case came to.
//!
//! Owns: the verdicts and their table. Must never know: how they are reached.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::pair::Half;

/// How it stands in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    /// Wholly the old release.
    Old,
    /// Wholly the new one.
    New,
    /// Some of each.
    Mixed,
    /// The program alone does not get it right again.
    Shell,
    /// It serves, but something that was promised does not hold.
    Wrong,
}

/// A case and what it came to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) case: String,
    pub(super) column: String,
    pub(super) verdict: Verdict,
    /// In words: how it was recorded, or what is wrong.
    pub(super) told: String,
    pub(super) seconds: f64,
    pub(super) seed: u64,
}

/// A case that ended badly.
#[derive(Debug)]
pub(super) enum Fault {
    Mixed(String),
    Shell(String),
}

impl From<Half> for Fault {
    fn from(half: Half) -> Self {
        match half {
            Half::Mixed(why) => Self::Mixed(why),
            Half::Silent(why) => Self::Shell(why),
        }
    }
}

impl Verdict {
    const ALL: [Self; 5] = [Self::Old, Self::New, Self::Mixed, Self::Shell, Self::Wrong];

    pub(super) fn is_bad(self) -> bool {
        !matches!(self, Self::Old | Self::New)
    }
}

/// How many of each verdict in each column.
pub(super) fn table(rows: &[Row]) -> String {
    let mut counts: BTreeMap<(&str, Verdict), usize> = BTreeMap::new();
    for row in rows {
        *counts.entry((&row.column, row.verdict)).or_default() += 1;
        *counts.entry(("all", row.verdict)).or_default() += 1;
    }
    let columns: BTreeSet<&str> = rows.iter().map(|row| row.column.as_str()).chain(["all"]).collect();
    let mut lines = vec![format!("{:<10}{:>7}{:>7}{:>7}{:>7}{:>7}", "", "old", "new", "mixed", "shell", "wrong")];
    for column in columns {
        let cells = Verdict::ALL.map(|verdict| counts.get(&(column, verdict)).copied().unwrap_or_default());
        let [old, new, mixed, shell, wrong] = cells;
        lines.push(format!("{column:<10}{old:>7}{new:>7}{mixed:>7}{shell:>7}{wrong:>7}"));
    }
    lines.join("\n")
}
