//! What this session has shown to a person, under tokens: a window goes on with exactly that, and with nothing else.
//!
//! Owns: the tokens. Must never know: what was shown, or to whom.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};

/// So many are good at a time; the oldest goes first.
const KEPT: usize = 32;

/// Stands for something that was shown. It is good in the session that made it, and in no other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Token(String);

/// What was shown of one kind.
pub(super) struct Tokens<T>(Mutex<VecDeque<(Token, T)>>);

impl<T> Default for Tokens<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Tokens<T> {
    /// Remembers what is shown now.
    pub(super) fn mint(&self, shown: T) -> Token {
        let token = Token(uuid::Uuid::now_v7().simple().to_string());
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back((token.clone(), shown));
        while kept.len() > KEPT {
            kept.pop_front();
        }
        token
    }

    /// What was shown under a token; `None` when this session has shown no such thing, or too long ago.
    pub(super) fn shown(&self, token: &Token) -> Option<T> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(known, _)| known == token).map(|(_, shown)| shown.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, Tokens};

    #[test]
    fn a_token_is_good_where_it_was_made_until_it_is_old() {
        let (ours, others) = (Tokens::default(), Tokens::<usize>::default());
        let first = ours.mint(0);
        assert_eq!((ours.shown(&first), others.shown(&first)), (Some(0), None));
        let newest = (1..=KEPT).map(|n| ours.mint(n)).last().expect("some");
        assert_eq!((ours.shown(&first), ours.shown(&newest)), (None, Some(KEPT)));
    }
}
