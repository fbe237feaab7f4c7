//! Keeping secrets out of text that is stored or shown.
//!
//! Owns: the forms a secret may take and replacing them. Must never know: where secrets come from or text goes.
//!
//! Secrets shorter than four bytes are left alone: replacing `1` or `on` everywhere would make every log unreadable and
//! would tell more than it hides.

mod forms;
mod stream;

use std::{borrow::Cow, collections::BTreeSet, fmt, sync::Arc};

use aho_corasick::{AhoCorasick, MatchKind};

pub use stream::RedactedStream;

use crate::domain::secret::Secret;

/// What is shown in place of a secret.
pub const MARK: &str = "[redacted]";
/// The shortest secret that is looked for, in bytes.
pub const SHORTEST: usize = 4;

/// Finds secrets in all their forms. Cheap to clone.
#[derive(Clone)]
pub struct Redactor(Option<Arc<Patterns>>);

struct Patterns {
    automaton: AhoCorasick,
    longest: usize,
}

impl Redactor {
    /// Looks for these secrets. More than the automaton can hold (millions of forms) are looked for in vain, so
    /// this fails instead.
    ///
    /// # Errors
    /// When there are too many secrets.
    pub fn new(secrets: impl IntoIterator<Item = Secret>) -> Result<Self, TooManySecrets> {
        let forms: BTreeSet<Vec<u8>> = secrets.into_iter().flat_map(|secret| forms::of(secret.reveal())).collect();
        let Some(longest) = forms.iter().map(Vec::len).max() else { return Ok(Self::none()) };
        let automaton = AhoCorasick::builder().match_kind(MatchKind::Standard).build(forms).map_err(|_| TooManySecrets)?;
        Ok(Self(Some(Arc::new(Patterns { automaton, longest }))))
    }

    /// Looks for nothing.
    #[must_use]
    pub fn none() -> Self {
        Self(None)
    }

    /// A whole text, such as a line, without its secrets.
    #[must_use]
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let Some(patterns) = self.0.as_ref().filter(|p| p.automaton.is_match(text)) else { return Cow::Borrowed(text) };
        let clean = cut_out(text.as_bytes(), &patterns.covered(text.as_bytes()));
        Cow::Owned(String::from_utf8_lossy(&clean).into_owned())
    }

    /// For bytes that arrive in chunks; a secret may lie across them.
    #[must_use]
    pub fn stream(&self) -> RedactedStream {
        RedactedStream::new(self.clone())
    }
}

/// There are more secrets than can be looked for at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there are too many secrets to look for")]
pub struct TooManySecrets;

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor(…)")
    }
}

impl Patterns {
    /// The stretches of a text that some form of some secret covers, joined where they touch.
    fn covered(&self, text: &[u8]) -> Vec<(usize, usize)> {
        // Overlapping on purpose: where two secrets share bytes, both go.
        let mut found: Vec<_> = self.automaton.find_overlapping_iter(text).map(|m| (m.start(), m.end())).collect();
        found.sort_unstable();
        let mut joined: Vec<(usize, usize)> = Vec::with_capacity(found.len());
        for (start, end) in found {
            match joined.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => joined.push((start, end)),
            }
        }
        joined
    }
}

fn cut_out(text: &[u8], covered: &[(usize, usize)]) -> Vec<u8> {
    let mut clean = Vec::with_capacity(text.len());
    let mut at = 0;
    for &(start, end) in covered {
        clean.extend_from_slice(&text[at..start]);
        clean.extend_from_slice(MARK.as_bytes());
        at = end;
    }
    clean.extend_from_slice(&text[at..]);
    clean
}

#[cfg(test)]
mod tests;
