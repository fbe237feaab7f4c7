//! Plain aligned tables.
//!
//! Owns: widths and padding. Must never know: what the cells mean.

use unicode_width::UnicodeWidthStr;

use super::neutral::neutral;

/// Rows under a heading, aligned by spaces. Every cell is neutralised here.
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    pub(crate) fn new(headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(|h| (*h).to_owned()).collect()] }
    }

    /// Adds a row; it has as many cells as there are headings.
    pub(crate) fn row<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(|c| neutral(c.as_ref()).into_owned()).collect());
    }

    /// The lines, without spaces at their ends.
    pub(crate) fn lines(&self) -> Vec<String> {
        let columns = self.rows[0].len();
        let widths: Vec<usize> = (0..columns).map(|i| self.rows.iter().map(|r| r[i].width()).max().unwrap_or(0)).collect();
        self.rows.iter().map(|row| line(row, &widths)).collect()
    }
}

fn line(row: &[String], widths: &[usize]) -> String {
    let mut text = String::new();
    for (cell, width) in row.iter().zip(widths) {
        text.push_str(&padded(cell, *width));
        text.push_str("  ");
    }
    text.trim_end().to_owned()
}

/// The text with spaces up to a width in terminal columns.
pub(crate) fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// The text cut to a width in terminal columns, with `…` where something is missing.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        if format!("{kept}{c}").width() >= width {
            break;
        }
        kept.push(c);
    }
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::{Table, cut};

    #[test]
    fn columns_line_up_also_under_wide_characters() {
        let mut table = Table::new(&["NAME", "STATE"]);
        table.row(["修复", "up"]);
        table.row(["a\u{1b}[2J", ""]);
        assert_eq!(table.lines(), ["NAME   STATE", "修复   up", "a␛[2J"]);
    }

    #[test]
    fn a_cut_is_shown() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde…");
        assert_eq!(cut("修复购物车", 6), "修复…");
    }
}
