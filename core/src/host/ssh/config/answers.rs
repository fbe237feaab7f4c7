//! The lines of `ssh -G`, and the placeholders in them.

use std::path::PathBuf;

use crate::host::{HostError, ssh::route::Hop};

/// Keyword and value, in order, and where `~` leads.
#[derive(Default)]
pub(super) struct Answers {
    pairs: Vec<(String, String)>,
    home: Option<PathBuf>,
}

impl Answers {
    pub(super) fn of(home: Option<PathBuf>) -> Self {
        Self { pairs: Vec::new(), home }
    }

    pub(super) fn parse(text: &str, home: Option<PathBuf>) -> Self {
        let pairs = text.lines().filter_map(|line| line.split_once(' '));
        Self { pairs: pairs.map(|(k, v)| (k.to_lowercase(), v.trim().to_owned())).collect(), home }
    }

    pub(super) fn add(&mut self, keyword: &str, value: &str) {
        self.pairs.push((keyword.to_owned(), value.to_owned()));
    }

    /// The first value, unless it is `none`.
    pub(super) fn one<'a>(&'a self, keyword: &'a str) -> Option<&'a str> {
        self.all(keyword).next().filter(|v| !v.eq_ignore_ascii_case("none"))
    }

    pub(super) fn all<'a>(&'a self, keyword: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(k, _)| k == keyword).map(|(_, v)| v.as_str())
    }

    /// A ProxyCommand, ready for the shell.
    pub(super) fn expand(&self, template: &str, hop: &Hop) -> Result<String, HostError> {
        self.fill(template, hop)
            .map_err(|token| HostError::Config(format!("%{token} in `ProxyCommand {template}` is not supported")))
    }

    /// A path with `~` and placeholders; `None` for `none` and for placeholders that are not known here.
    pub(super) fn path(&self, text: &str, hop: &Hop) -> Option<PathBuf> {
        if text.eq_ignore_ascii_case("none") {
            return None;
        }
        let text = self.fill(text, hop).ok()?;
        match text.strip_prefix("~/") {
            Some(rest) => Some(self.home.as_ref()?.join(rest)),
            None => Some(PathBuf::from(text)),
        }
    }

    fn fill(&self, template: &str, hop: &Hop) -> Result<String, char> {
        let (mut out, mut chars) = (String::new(), template.chars());
        while let Some(c) = chars.next() {
            match (c, c == '%') {
                (c, false) => out.push(c),
                (_, true) => match chars.next().unwrap_or(' ') {
                    '%' => out.push('%'),
                    'h' => out.push_str(&hop.host),
                    'p' => out.push_str(&hop.port.to_string()),
                    'r' => out.push_str(&hop.user),
                    'd' => out.push_str(&self.home.as_ref().ok_or('d')?.to_string_lossy()),
                    other => return Err(other),
                },
            }
        }
        Ok(out)
    }
}

/// A host or user name without characters that mean something to a shell; it may end up in a ProxyCommand.
pub(super) fn safe(text: &str) -> Result<String, HostError> {
    let bad = |c: char| c.is_control() || c.is_whitespace() || "'`\"$\\;&<>|(){}".contains(c);
    if text.is_empty() || text.starts_with('-') || text.contains(bad) {
        return Err(HostError::Config(format!("{text:?} is not a valid host or user name")));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Answers, safe};
    use crate::host::ssh::route::Hop;

    #[test]
    fn the_first_value_counts_and_none_is_none() {
        let answers = Answers::parse("hostname 10.0.0.1\nproxycommand none\nIdentityFile ~/a b\nidentityfile c\n", None);
        assert_eq!(answers.one("hostname"), Some("10.0.0.1"));
        assert_eq!(answers.one("proxycommand"), None);
        assert_eq!(answers.all("identityfile").collect::<Vec<_>>(), ["~/a b", "c"]);
    }

    #[test]
    fn placeholders() {
        let hop = Hop::plain("web", 2222, "me");
        let answers = Answers::of(Some("/home/me".into()));
        assert_eq!(answers.expand("nc %h %p # %r 100%%", &hop).unwrap(), "nc web 2222 # me 100%");
        assert!(answers.expand("x %C", &hop).is_err() && answers.expand("x %", &hop).is_err());
        assert_eq!(answers.path("/keys/%r", &hop), Some("/keys/me".into()));
        assert_eq!(answers.path("~/%h", &hop), Some("/home/me/web".into()));
        assert_eq!(answers.path("%d/key", &hop), Some("/home/me/key".into()));
        assert_eq!(answers.path("none", &hop), None);
    }

    #[test]
    fn names_that_a_shell_would_read_are_refused() {
        for name in ["$(id)", "-oX", "a b", "a;b", "`id`", ""] {
            assert!(safe(name).is_err(), "{name}");
        }
        assert!(safe("fe80::1%eth0").is_ok());
    }
}
