//! `plimsoll diagnostics`
//!
//! Owns: that act's call. Must never know: what helps to understand a problem.

use plimsoll_core::api::diagnostics;
use serde::Serialize;

use super::{App, Stop};
use crate::{exit::Exit, render::neutral::neutral};

const PROGRAM: &str = concat!("Plimsoll command line ", env!("CARGO_PKG_VERSION"));

/// What can be copied into a report.
#[derive(Debug, Serialize)]
struct Diagnostics {
    text: String,
}

/// Prints it.
pub(crate) async fn run(app: &App) -> Result<Exit, Stop> {
    let session = app.session().await?;
    let text = diagnostics::text(&session, PROGRAM).await?;
    app.answer(&Diagnostics { text }, |it| it.text.lines().map(|line| neutral(line).into_owned()).collect())
}
