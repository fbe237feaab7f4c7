//! Reading a `.env` file.
//!
//! Owns: the grammar as Compose 2.26 has it, seen by experiment. Must never know: how files are written.

use std::collections::BTreeMap;

use super::DotenvError;
use crate::compose::template::Template;

/// Reads a `.env` file as Compose would, given no other variables. A name without `=` (one that Compose takes from its own
/// environment) is left out; of two equal names the later one counts.
///
/// # Errors
/// When a line is no assignment.
pub fn read(text: &str) -> Result<BTreeMap<String, String>, DotenvError> {
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let mut scan = Scan { rest: &text, line: 1, values: BTreeMap::new() };
    while scan.skip_to_assignment() {
        scan.assignment()?;
    }
    Ok(scan.values)
}

struct Scan<'a> {
    rest: &'a str,
    line: usize,
    values: BTreeMap<String, String>,
}

impl<'a> Scan<'a> {
    /// Passes blanks, empty lines and comments; `false` at the end.
    fn skip_to_assignment(&mut self) -> bool {
        loop {
            let trimmed = self.rest.trim_start();
            self.advance(self.rest.len() - trimmed.len());
            if !self.rest.starts_with('#') {
                return !self.rest.is_empty();
            }
            self.skip_line();
        }
    }

    fn assignment(&mut self) -> Result<(), DotenvError> {
        if let Some(after) = self.rest.strip_prefix("export")
            && after.starts_with([' ', '\t'])
        {
            self.advance("export".len());
            self.skip_blanks();
        }
        let end = self.rest.find(['=', ':', '\n']).unwrap_or(self.rest.len());
        let name = self.rest[..end].trim_end().to_owned();
        self.check_name(&name)?;
        let inherited = !self.rest[end..].starts_with(['=', ':']);
        self.advance(end);
        if inherited {
            return Ok(());
        }
        self.advance(1);
        self.skip_blanks();
        let value = match self.rest.chars().next() {
            Some(quote @ ('\'' | '"')) => self.quoted(quote)?,
            _ => self.unquoted()?,
        };
        self.values.insert(name, value);
        Ok(())
    }

    fn check_name(&self, name: &str) -> Result<(), DotenvError> {
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '[' | ']');
        match name.chars().find(|c| !allowed(*c)) {
            _ if name.is_empty() => Err(self.error("the name is missing")),
            Some(c) if c.is_whitespace() => Err(self.error("a name contains a blank")),
            Some(_) => Err(self.error("a name contains a character that is not allowed")),
            None => Ok(()),
        }
    }

    fn quoted(&mut self, quote: char) -> Result<String, DotenvError> {
        let body = &self.rest[1..];
        let mut escaped = false;
        let closes = |c: char| {
            let end = c == quote && !escaped;
            escaped = c == '\\' && !escaped;
            end
        };
        let end = body.find(closes).ok_or_else(|| self.error("a quote is not closed"))?;
        let inner = &body[..end];
        let value = match quote {
            '\'' => inner.replace("\\'", "'"),
            _ => self.filled(&unescape(inner))?,
        };
        self.advance(end + 2);
        self.skip_line();
        Ok(value)
    }

    fn unquoted(&mut self) -> Result<String, DotenvError> {
        let line = self.rest.split('\n').next().unwrap_or_default();
        let comment = line.char_indices().find(|(at, c)| *c == '#' && (*at == 0 || line[..*at].ends_with([' ', '\t'])));
        let value = self.filled(line[..comment.map_or(line.len(), |(at, _)| at)].trim())?;
        self.skip_line();
        Ok(value)
    }

    /// Earlier variables of the file filled in.
    fn filled(&self, text: &str) -> Result<String, DotenvError> {
        let template = Template::parse(text).map_err(|_| self.error("a `${` begins no variable"))?;
        template.evaluate(&self.values).map_err(|_| self.error("a required variable is not set"))
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t']);
    }

    fn skip_line(&mut self) {
        self.rest = &self.rest[self.rest.find('\n').unwrap_or(self.rest.len())..];
    }

    fn advance(&mut self, bytes: usize) {
        let (passed, rest) = self.rest.split_at(bytes);
        self.line += passed.matches('\n').count();
        self.rest = rest;
    }

    fn error(&self, reason: &'static str) -> DotenvError {
        DotenvError::Syntax { line: self.line, reason }
    }
}

/// The escapes of double quotes; an escaped `$` becomes `$$`, which interpolation turns back.
fn unescape(inner: &str) -> String {
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('a') => out.push('\x07'),
            Some('b') => out.push('\x08'),
            Some('f') => out.push('\x0c'),
            Some('v') => out.push('\x0b'),
            Some('$') => out.push_str("$$"),
            Some(c @ ('\\' | '"')) => out.push(c),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{DotenvError, read};

    /// Every pair was printed by `docker compose config` 2.26 for an `env_file` of that text.
    #[test]
    fn as_compose_reads_it() {
        for (text, expected) in [
            ("A = 1", "1"),
            ("export A=1", "1"),
            ("A: yaml", "yaml"),
            ("A=a b #c", "a b"),
            ("A=a#c", "a#c"),
            ("A='a' # c", "a"),
            ("A=\"x\\ty\\nz\"", "x\ty\nz"),
            ("A='x\\ny'", "x\\ny"),
            ("A=$B", ""),
            ("B=1\nA=\"${B}x\"", "1x"),
            ("B=1\nA='$B'", "$B"),
            ("A='multi\nline'", "multi\nline"),
            ("A=\"a\\$b\"", "a$b"),
            ("A=a\\nb", "a\\nb"),
            ("A='it\\'s'", "it's"),
            ("A='x\\\\'", "x\\\\"),
            ("# c\n\nA=1\nA=2", "2"),
            ("A=a$$b", "a$b"),
            ("A=\"$(id)\"", "$(id)"),
            ("A=x\r\nB=2", "x"),
            ("\u{feff}  A=1", "1"),
            ("A=x=y", "x=y"),
        ] {
            let found = read(text).map(|v| v["A"].clone());
            assert_eq!(found.as_deref(), Ok(expected), "{text:?}");
        }
    }

    #[test]
    fn errors_name_the_line_and_no_value() {
        for (text, line) in [("A=1\nS3CRET S3CRET=1", 2), ("A=\"S3CRET", 1), ("A=1\n\n=S3CRET", 3), ("A+=S3CRET", 1)] {
            let error = read(text).expect_err(text);
            assert!(matches!(error, DotenvError::Syntax { line: l, .. } if l == line), "{error:?}");
            assert!(!error.to_string().contains("S3CRET"));
        }
    }

    #[test]
    fn a_name_alone_is_left_out() {
        assert_eq!(read("PATH\nA=1").map(|v| v.len()), Ok(1));
    }
}
