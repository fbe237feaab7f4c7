mod answers;
mod recorded;

/// The lines without colour, as one text.
fn plain(lines: &[String]) -> String {
    anstream::adapter::strip_str(&lines.join("\n")).to_string()
}
