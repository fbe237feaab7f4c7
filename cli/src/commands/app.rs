//! What every command has at hand.
//!
//! Owns: opening the session, answering in the wanted format, the two ways in which a command stops early.
//! Must never know: any single command.

use std::sync::Arc;

use plimsoll_core::{
    api::{Session, SessionOptions},
    problem::Problem,
};
use serde::Serialize;

use crate::{
    exit::Exit,
    output::{self, Closed, Format},
    terminal::Terminal,
};

/// The wanted format and the person at the terminal.
pub(crate) struct App {
    /// How results are printed.
    pub(crate) format: Format,
    /// Who is told and asked.
    pub(crate) terminal: Terminal,
}

/// Why a command stopped early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It was not done.
    Problem(Problem),
    /// Nobody reads its output any more.
    Closed,
}

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Closed> for Stop {
    fn from(Closed: Closed) -> Self {
        Self::Closed
    }
}

impl App {
    /// For this output and this terminal.
    pub(crate) fn new(format: Format, terminal: Terminal) -> Self {
        Self { format, terminal }
    }

    /// Opens this laptop's data; says so if it had to be restored.
    pub(crate) async fn session(&self) -> Result<Session, Problem> {
        let session = Session::open(SessionOptions { home: None, ask: Arc::new(self.terminal.clone()) }).await?;
        session.notice.iter().for_each(|notice| self.terminal.tell(notice));
        Ok(session)
    }

    /// Prints an answer: the value as JSON, or the lines made from it.
    pub(crate) fn answer<T: Serialize>(&self, value: &T, lines: impl FnOnce(&T) -> Vec<String>) -> Result<Exit, Stop> {
        match self.format {
            Format::Json => output::json(value)?,
            Format::Text => output::lines(lines(value))?,
        }
        Ok(Exit::Done)
    }
}
