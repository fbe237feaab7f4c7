//! `plimsoll sample …`
//!
//! Owns: those acts' calls. Must never know: what the sample is made of.

use plimsoll_core::api::{projects::Understood, sample};

use super::{App, Stop};
use crate::{args::SampleCommand, exit::Exit, render::neutral::neutral};

/// Does what is asked for.
pub(crate) async fn run(command: SampleCommand, app: &App) -> Result<Exit, Stop> {
    let session = app.session().await?;
    match command {
        SampleCommand::Up { .. } => app.answer(&sample::up(&session).await?, ready),
        SampleCommand::Down { .. } => {
            let removed = sample::down(&session).await?;
            app.answer(&removed, |name| vec![format!("The sample is gone, and the project {} with it.", neutral(name.as_str()))])
        }
    }
}

fn ready(it: &Understood) -> Vec<String> {
    let name = neutral(it.project.name.as_str());
    let url = it.settings.environments.values().find_map(|place| place.url.as_deref());
    let url = url.map(|url| format!(" It will answer at {}.", neutral(url))).unwrap_or_default();
    vec![format!("The sample is ready: `plimsoll deploy {name}` makes it live.{url}")]
}
