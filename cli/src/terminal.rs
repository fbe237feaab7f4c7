//! The person at the terminal.
//!
//! Owns: whether somebody is there, telling them things on standard error, asking them things.
//! Must never know: why something is asked.

use std::io::{self, IsTerminal, Write};

use async_trait::async_trait;
use indicatif::{MultiProgress, ProgressDrawTarget};
use plimsoll_core::{
    api::{Answer, Ask, Question},
    domain::secret::Secret,
};

use crate::render::{neutral::neutral, question};

/// Standard input and standard error, as far as a person is behind them.
#[derive(Debug, Clone)]
pub(crate) struct Terminal {
    bars: MultiProgress,
    person: Person,
    consent: Consent,
}

/// Whether somebody can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Person {
    /// Standard input and standard error are a terminal.
    Present,
    /// A script, a pipe, a service.
    Absent,
}

/// Whether destructive acts were agreed to on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consent {
    /// `--yes`.
    Given,
    /// They are asked about.
    Asked,
}

impl Terminal {
    /// The terminal that this process has.
    pub(crate) fn detect(consent: Consent) -> Self {
        let there = io::stdin().is_terminal() && io::stderr().is_terminal();
        let person = if there { Person::Present } else { Person::Absent };
        Self { bars: MultiProgress::new(), person, consent }
    }

    /// A process without a terminal.
    #[cfg(test)]
    pub(crate) fn nobody() -> Self {
        Self { bars: MultiProgress::new(), person: Person::Absent, consent: Consent::Asked }
    }

    /// Whether somebody can answer.
    pub(crate) fn person(&self) -> Person {
        self.person
    }

    /// Whether lines on standard error can be drawn over.
    pub(crate) fn draws(&self) -> bool {
        io::stderr().is_terminal()
    }

    /// The lines that are drawn over while something runs.
    pub(crate) fn bars(&self) -> &MultiProgress {
        &self.bars
    }

    /// Prints a line on standard error, above what is drawn over. A closed standard error stops nothing.
    pub(crate) fn tell(&self, line: &str) {
        self.bars.suspend(|| {
            let _ = writeln!(anstream::stderr(), "{line}");
        });
    }

    /// The text as standard error shows it: without colour where there is none.
    pub(crate) fn styled(&self, text: String) -> String {
        match anstream::AutoStream::choice(&io::stderr()) {
            anstream::ColorChoice::Never => anstream::adapter::strip_str(&text).to_string(),
            _ => text,
        }
    }

    /// Asks for a line; `None` when nobody is there or the input ends.
    pub(crate) async fn line(&self, prompt: String) -> Option<String> {
        if self.person == Person::Absent {
            return None;
        }
        self.undrawn(move || read_line(&prompt)).await.flatten()
    }

    /// Does something that takes its time while nothing is drawn.
    async fn undrawn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let _ = self.bars.clear();
        self.bars.set_draw_target(ProgressDrawTarget::hidden());
        let done = tokio::task::spawn_blocking(work).await.ok();
        self.bars.set_draw_target(ProgressDrawTarget::stderr());
        done
    }
}

fn read_line(prompt: &str) -> Option<String> {
    let mut err = anstream::stderr().lock();
    write!(err, "{prompt}").and_then(|()| err.flush()).ok()?;
    drop(err);
    let mut line = String::new();
    (io::stdin().read_line(&mut line).ok()? > 0).then(|| line.trim().to_owned())
}

#[async_trait]
impl Ask for Terminal {
    async fn confirm(&self, question: Question) -> Answer {
        if self.consent == Consent::Given && question::destructive(&question) {
            return Answer::Yes;
        }
        if self.person == Person::Absent {
            return Answer::Nobody;
        }
        question::lines(&question).iter().for_each(|line| self.tell(line));
        let prompt = format!("{} [yes/no] ", question::prompt(&question));
        loop {
            let Some(line) = self.line(prompt.clone()).await else { return Answer::No };
            if let Some(answer) = understood(&line) {
                return answer;
            }
            self.tell("Type yes or no.");
        }
    }

    async fn secret(&self, prompt: &str) -> Option<Secret> {
        if self.person == Person::Absent {
            return None;
        }
        let prompt = format!("{}: ", neutral(prompt).trim_end_matches([':', ' ']));
        let answer = self.undrawn(move || rpassword::prompt_password(prompt)).await?;
        answer.ok().filter(|text| !text.is_empty()).map(Secret::new)
    }
}

fn understood(line: &str) -> Option<Answer> {
    match line.to_ascii_lowercase().as_str() {
        "yes" | "y" => Some(Answer::Yes),
        "no" | "n" | "" => Some(Answer::No),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use plimsoll_core::api::{Act, Answer, Ask, Question};

    use super::{Consent, Terminal, understood};

    fn absent(consent: Consent) -> Terminal {
        Terminal { consent, ..Terminal::nobody() }
    }

    #[test]
    fn only_a_clear_answer_counts() {
        assert_eq!(understood("Yes"), Some(Answer::Yes));
        assert_eq!(understood(""), Some(Answer::No));
        assert_eq!(understood("yep"), None);
    }

    #[tokio::test]
    async fn yes_on_the_command_line_never_trusts_a_key() {
        let delete = Question::Delete { what: "shop".to_owned(), consequences: Vec::new(), typed: None };
        let command = Question::SshCommand { command: "nc".to_owned() };
        let changed = Question::ChangedHostKey {
            server: "hull-1".to_owned(),
            pinned: "SHA256:a".to_owned(),
            offered: "SHA256:b".to_owned(),
        };
        assert_eq!(absent(Consent::Given).confirm(delete.clone()).await, Answer::Yes);
        assert_eq!(absent(Consent::Asked).confirm(delete).await, Answer::Nobody);
        let stop = Question::Act { act: Act::Stop, what: "shop".to_owned(), consequences: Vec::new() };
        assert_eq!(absent(Consent::Given).confirm(stop.clone()).await, Answer::Yes);
        assert_eq!(absent(Consent::Asked).confirm(stop).await, Answer::Nobody);
        assert_eq!(absent(Consent::Given).confirm(command).await, Answer::Nobody);
        assert_eq!(absent(Consent::Given).confirm(changed).await, Answer::Nobody);
    }
}
