//! The known word that a mistyped one probably meant.
//!
//! Owns: that guess. Must never know: what the words are.

/// The known word nearest to `word`, if it is near enough to be a slip: at most a third of its letters, swaps counting once.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).clamp(1, 3);
    let near = |k: &'a str| Some((distance(word, k), k)).filter(|(d, _)| *d <= limit);
    known.into_iter().filter_map(near).min_by_key(|(d, _)| *d).map(|(_, k)| k)
}

/// Insertions, deletions, replacements and swaps of neighbours between two words, case aside.
fn distance(a: &str, b: &str) -> usize {
    let letters = |s: &str| s.to_lowercase().chars().map(|c| if c == '-' { '_' } else { c }).collect::<Vec<_>>();
    let (a, b) = (letters(a), letters(b));
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn slips_are_understood_and_other_words_are_not() {
        let known = ["ports", "depends_on", "environment", "build"];
        for (word, expected) in [
            ("prots", Some("ports")),
            ("port", Some("ports")),
            ("depends-on", Some("depends_on")),
            ("enviroment", Some("environment")),
            ("Build", Some("build")),
            ("kubernetes", None),
            ("x", None),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }
}
