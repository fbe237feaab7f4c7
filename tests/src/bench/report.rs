//! What was measured, as a table and as JSON.
//!
//! Owns: medians and their presentation. Must never know: where numbers come from.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// What a quantity may be.
#[derive(Debug, Clone, Copy)]
pub enum Limit {
    /// At most so many times the peer's.
    Times(f64),
    /// At most so much.
    Value(f64),
}

/// The runs of one quantity.
#[derive(Debug, Clone)]
pub struct Measured {
    what: String,
    unit: &'static str,
    peer_name: &'static str,
    plimsoll: Vec<f64>,
    peer: Vec<f64>,
    limit: Option<Limit>,
}

impl Measured {
    /// A quantity without a run yet.
    #[must_use]
    pub fn new(what: impl Into<String>, unit: &'static str, peer_name: &'static str) -> Self {
        Self { what: what.into(), unit, peer_name, plimsoll: Vec::new(), peer: Vec::new(), limit: None }
    }

    /// With what it may be.
    #[must_use]
    pub fn at_most(self, limit: Limit) -> Self {
        Self { limit: Some(limit), ..self }
    }

    /// One run of Plimsoll.
    pub fn plimsoll(&mut self, value: f64) {
        self.plimsoll.push(value);
    }

    /// One run of the peer.
    pub fn peer(&mut self, value: f64) {
        self.peer.push(value);
    }

    fn row(&self) -> Value {
        json!({
            "what": self.what,
            "unit": self.unit,
            "plimsoll": median(&self.plimsoll).map(rounded),
            "peer": median(&self.peer).map(rounded),
            "peer_name": self.peer_name,
            "runs": self.plimsoll.len(),
            "plimsoll_runs": self.plimsoll,
            "peer_runs": self.peer,
            "holds": self.holds(),
        })
    }

    /// Whether it is within its limit, if it has one.
    fn holds(&self) -> Option<bool> {
        let ours = median(&self.plimsoll)?;
        match self.limit? {
            Limit::Times(times) => Some(ours <= times * median(&self.peer)?),
            Limit::Value(most) => Some(ours <= most),
        }
    }
}

/// The last line of a benchmark. A peer that has no such quantity is `null`. `load` is how busy the machine was before:
/// the mean number of processes that ran or waited for a processor in the last minute.
#[must_use]
pub fn json(name: &str, load: f64, measured: &[Measured]) -> Value {
    json!({ "bench": name, "load_before": load, "rows": measured.iter().map(Measured::row).collect::<Vec<_>>() })
}

/// The same for people.
#[must_use]
pub fn table(measured: &[Measured]) -> String {
    let mut text = String::new();
    for row in measured {
        let (ours, theirs) = (shown(median(&row.plimsoll)), shown(median(&row.peer)));
        let _ = writeln!(text, "{}, {} (median of {})", row.what, row.unit, row.plimsoll.len());
        let _ = writeln!(text, "  {ours:>14}  Plimsoll");
        let _ = writeln!(text, "  {theirs:>14}  {}{}", row.peer_name, ratio(row));
        if let (Some(limit), Some(holds)) = (row.limit, row.holds()) {
            let what = match limit {
                Limit::Times(times) => format!("{times} times the peer's"),
                Limit::Value(most) => format!("{most} {}", row.unit),
            };
            let _ = writeln!(text, "  at most {what}: {}", if holds { "holds" } else { "DOES NOT HOLD" });
        }
    }
    text
}

fn ratio(row: &Measured) -> String {
    match (median(&row.plimsoll), median(&row.peer)) {
        (Some(ours), Some(theirs)) if ours > 0.0 && theirs > 0.0 => format!("  ({:.1} times Plimsoll's)", theirs / ours),
        _ => String::new(),
    }
}

fn shown(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| rounded(value).to_string())
}

/// To three decimals, for the eye: a limit looks at the value itself.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// The middle value; of an even number of runs the mean of the middle two.
fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        n if n % 2 == 1 => Some(sorted[middle]),
        _ => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
    }
}

#[cfg(test)]
mod tests {
    use super::{Limit, Measured, json, median};

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }

    #[test]
    fn a_row_says_who_it_compares() {
        let mut measured = Measured::new("time", "ms", "ssh");
        measured.plimsoll(1.26);
        measured.peer(9.0);
        measured.peer(11.0);
        let row = &json("remote", 0.0, &[measured])["rows"][0];
        assert_eq!(row["plimsoll"], 1.26);
        assert_eq!(row["peer"], 10.0);
        assert_eq!(row["peer_name"], "ssh");
        assert_eq!(row["runs"], 1);
    }

    #[test]
    fn a_limit_holds_or_does_not() {
        let holds = |limit| {
            let mut measured = Measured::new("time", "ms", "a peer").at_most(limit);
            measured.plimsoll(12.0);
            measured.peer(10.0);
            measured.holds()
        };
        assert_eq!(holds(Limit::Times(1.25)), Some(true));
        assert_eq!(holds(Limit::Times(1.1)), Some(false));
        assert_eq!(holds(Limit::Value(12.0)), Some(true));
        assert_eq!(holds(Limit::Value(11.9)), Some(false));
        assert_eq!(holds(Limit::Value(11.9999)), Some(false));
    }
}
