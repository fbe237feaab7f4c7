//! What would change in a file.
//!
//! Owns: the unified form. Must never know: what the texts are.

use similar::TextDiff;

/// The change from one text to another, with three lines around each place; empty where nothing changes.
#[must_use]
pub fn unified(path: &str, old: Option<&str>, new: &str) -> String {
    let from = old.map_or_else(|| "/dev/null".to_owned(), |_| format!("a/{path}"));
    TextDiff::from_lines(old.unwrap_or_default(), new)
        .unified_diff()
        .context_radius(3)
        .header(&from, &format!("b/{path}"))
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::unified;

    #[test]
    fn what_changes_is_shown_and_nothing_else() {
        assert_eq!(unified("f", Some("a\nb\n"), "a\nb\n"), "");
        assert_eq!(unified("f", Some("a\nb\n"), "a\nc\n"), "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n");
        assert_eq!(unified("f", None, "a\n"), "--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+a\n");
    }
}
