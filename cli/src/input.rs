//! Standard input and files as secrets.
//!
//! Owns: reading them whole. Must never know: what they hold.

use std::{
    fs,
    io::{self, Read},
    path::Path,
};

use plimsoll_core::{
    domain::secret::Secret,
    problem::{Code, Problem},
};

/// What becomes of the line end at the end of the input, which `echo` adds and nobody means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LastLineEnd {
    /// One is dropped.
    Dropped,
    /// It stays.
    Kept,
}

/// Standard input to its end.
pub(crate) fn stdin(end: LastLineEnd) -> Result<Secret, Problem> {
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes).map_err(|e| unreadable("standard input", &e.to_string()))?;
    secret(bytes, end, "standard input")
}

/// A file; `-` is standard input.
pub(crate) fn file(path: &Path) -> Result<Secret, Problem> {
    if path.as_os_str() == "-" {
        return stdin(LastLineEnd::Kept);
    }
    let name = path.display().to_string();
    let bytes = fs::read(path).map_err(|e| unreadable(&name, &e.to_string()))?;
    secret(bytes, LastLineEnd::Kept, &name)
}

fn secret(bytes: Vec<u8>, end: LastLineEnd, name: &str) -> Result<Secret, Problem> {
    let text = String::from_utf8(bytes).map_err(|_| {
        let hint = "Encode binary values as text, for example with base64.";
        Problem::new(Code::InvalidInput, format!("{name} is not UTF-8 text"), "", hint)
    })?;
    let kept = match end {
        LastLineEnd::Dropped => text.strip_suffix("\r\n").or_else(|| text.strip_suffix('\n')).unwrap_or(&text),
        LastLineEnd::Kept => &text,
    };
    Ok(Secret::new(kept))
}

fn unreadable(name: &str, why: &str) -> Problem {
    Problem::new(Code::LocalFile, format!("{name} cannot be read"), why, "Name a file that can be read, or - for standard input.")
}

#[cfg(test)]
mod tests {
    use super::{LastLineEnd, secret};

    #[test]
    fn only_one_line_end_is_dropped() {
        let read = |text: &str, end| secret(text.into(), end, "x").unwrap().reveal().to_owned();
        assert_eq!(read("a\n\n", LastLineEnd::Dropped), "a\n");
        assert_eq!(read("a\r\n", LastLineEnd::Dropped), "a");
        assert_eq!(read(" a ", LastLineEnd::Dropped), " a ");
        assert_eq!(read("a\n", LastLineEnd::Kept), "a\n");
        assert!(secret(vec![0xff], LastLineEnd::Kept, "x").is_err());
    }
}
