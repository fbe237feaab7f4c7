//! Names and consents as users give them.
//!
//! Owns: turning a bad name or a no into a problem. Must never know: what is named.

use super::{Answer, Question, Session};
use crate::{
    domain::name::Name,
    problem::{Code, Problem},
};

/// A name for something, checked.
pub(super) fn name(what: &str, text: &str) -> Result<Name, Problem> {
    text.parse().map_err(|error: crate::domain::name::NameError| {
        Problem::new(
            Code::InvalidInput,
            format!("`{}` cannot be the name of a {what}", text.escape_debug()),
            format!("it {error}"),
            "Use up to 63 characters on one line, not beginning with `-`.",
        )
    })
}

/// Goes on only after a yes.
pub(super) async fn consent(session: &Session, question: Question) -> Result<(), Problem> {
    let said = match session.ask.confirm(question).await {
        Answer::Yes => return Ok(()),
        Answer::No => "the answer was no",
        Answer::Nobody => "nobody is there to say yes",
    };
    Err(Problem::new(Code::ConsentMissing, "Nothing was changed", said, "Run it on a terminal, or with --yes."))
}
