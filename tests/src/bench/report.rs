//! What was measured, as a table and as JSON.
//!
//! Owns: medians and their presentation. Must never know: where numbers come from.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// The runs of one quantity.
#[derive(Debug, Clone)]
pub struct Measured {
    what: String,
    unit: &'static str,
    peer_name: &'static str,
    plimsoll: Vec<f64>,
    peer: Vec<f64>,
}

impl Measured {
    /// A quantity without a run yet.
    #[must_use]
    pub fn new(what: impl Into<String>, unit: &'static str, peer_name: &'static str) -> Self {
        Self { what: what.into(), unit, peer_name, plimsoll: Vec::new(), peer: Vec::new() }
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
            "plimsoll": median(&self.plimsoll),
            "peer": median(&self.peer),
            "peer_name": self.peer_name,
            "runs": self.plimsoll.len(),
        })
    }
}

/// The last line of a benchmark. A peer that has no such quantity is `null`.
#[must_use]
pub fn json(name: &str, measured: &[Measured]) -> Value {
    json!({ "bench": name, "rows": measured.iter().map(Measured::row).collect::<Vec<_>>() })
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
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// The middle value, to one decimal; of an even number of runs the mean of the middle two.
fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let median = match sorted.len() {
        0 => return None,
        n if n % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    };
    Some((median * 10.0).round() / 10.0)
}

#[cfg(test)]
mod tests {
    use super::{Measured, json, median};

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
        let row = &json("remote", &[measured])["rows"][0];
        assert_eq!(row["plimsoll"], 1.3);
        assert_eq!(row["peer"], 10.0);
        assert_eq!(row["peer_name"], "ssh");
        assert_eq!(row["runs"], 1);
    }
}
