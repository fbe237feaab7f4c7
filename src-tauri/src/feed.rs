//! What changed, passed on to everybody in the shell: the page, the tray, the notifications.
//!
//! Owns: that one task. Must never know: how any of them shows it.

use std::{collections::BTreeSet, time::Duration};

use plimsoll_core::{
    api::{Session, changes, deployments},
    problem::Problem,
};
use serde::{Deserialize, Serialize};
use specta::Type;
use tauri::{AppHandle, Manager as _};
use tauri_specta::Event;
use tokio::time::sleep;

use crate::{again::Pauses, ends::Ends, notice, repos::Repos, state::Desktop, tray};

/// Changes that follow each other this closely are told together.
const TOGETHER: Duration = Duration::from_millis(200);
/// The pause before a server that could not be asked is asked again, and the longest one.
const AGAIN: (Duration, Duration) = (Duration::from_secs(15), Duration::from_secs(300));

/// Which answers are out of date: `projects`, `project:NAME`, `deployment:ID`, `activity`, `servers`, `registries`,
/// `app-settings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type, Event)]
pub(crate) struct Changed(pub(crate) Vec<String>);

/// The store of this laptop cannot be read, or can be again: what is shown may be out of date meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type, Event)]
pub(crate) struct Trouble {
    /// Why; nothing when it is over.
    pub(crate) problem: Option<Problem>,
}

/// Begins to pass changes on, until the app ends.
pub(crate) fn begin(app: &AppHandle) {
    let Ok(session) = app.state::<Desktop>().session().cloned() else { return };
    let app = app.clone();
    settle_later(&app);
    tauri::async_runtime::spawn(async move {
        let mut ends = Ends::default();
        let mut trouble = Quiet::default();
        loop {
            let Err(problem) = pass_on(&app, &session, &mut ends, &mut trouble).await;
            if trouble.begins() {
                let _ = Trouble { problem: Some(problem) }.emit(&app);
            }
            trouble.pauses.next().await;
        }
    });
}

/// Tells the page of something that is on a server, where nobody notices it.
pub(crate) fn tell_of(app: &AppHandle, project: &str) {
    tell(app, vec![format!("project:{project}")]);
}

/// Tells the page which answers are out of date.
pub(crate) fn tell(app: &AppHandle, tags: Vec<String>) {
    let _ = Changed(tags).emit(app);
}

/// Trouble that is told once when it begins and once when it is over, with the pauses in it.
#[derive(Default)]
struct Quiet {
    pauses: Pauses,
    told: bool,
}

impl Quiet {
    /// Something failed; says whether that is news.
    fn begins(&mut self) -> bool {
        !std::mem::replace(&mut self.told, true)
    }

    /// Something works; says whether that is news.
    fn is_over(&mut self) -> bool {
        self.pauses.reset();
        std::mem::take(&mut self.told)
    }
}

/// What has no end.
type Never = std::convert::Infallible;

/// Settles what was left open, in the background, until every server that is concerned has answered.
pub(crate) fn settle_later(app: &AppHandle) {
    let Ok(session) = app.state::<Desktop>().session().cloned() else { return };
    tauri::async_runtime::spawn(async move {
        let mut pauses = Pauses::between(AGAIN.0, AGAIN.1);
        while deployments::resume(&session, None).await.is_err() {
            pauses.next().await;
        }
    });
}

async fn pass_on(app: &AppHandle, session: &Session, ends: &mut Ends, trouble: &mut Quiet) -> Result<Never, Problem> {
    let (mut repos, mut folders) = Repos::begin();
    let mut changes = changes::watch(session).await?;
    // Whatever happened while nobody watched.
    let mut tags = ends.catch_up(session, &app.state::<Desktop>().flights).await?;
    loop {
        if tags.contains("projects") {
            repos.refresh(session).await;
        }
        if tags.contains("app-settings") {
            app.state::<Desktop>().read_preferences().await;
        }
        let (notices, unread) = ends.look(session, &tags).await;
        for (id, notice) in notices {
            notice::show(app, session, notice, Some(id)).await;
        }
        ends.settle(&tags, &app.state::<Desktop>().flights);
        if tags.iter().all(|tag| tag.starts_with("deployment:")) {
            tray::step(app, session).await;
        } else {
            tray::refresh(app, session).await;
        }
        tell(app, tags.into_iter().collect());
        if let Some(problem) = unread {
            return Err(problem);
        }
        if trouble.is_over() {
            let _ = Trouble { problem: None }.emit(app);
        }
        tags = tokio::select! {
            tags = changes.next() => tags?,
            Some(tag) = folders.recv() => BTreeSet::from([tag]),
            tags = repos.moved() => tags,
        };
        sleep(TOGETHER).await;
        while let Ok(tag) = folders.try_recv() {
            tags.insert(tag);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Quiet;

    #[test]
    fn trouble_is_told_once_and_so_is_its_end() {
        let mut trouble = Quiet::default();
        assert!(!trouble.is_over(), "there was none");
        assert_eq!([trouble.begins(), trouble.begins(), trouble.begins()], [true, false, false]);
        assert_eq!([trouble.is_over(), trouble.is_over(), trouble.begins()], [true, false, true]);
    }
}
