//! What changed, passed on to everybody in the shell: the page, the tray, the notifications.
//!
//! Owns: that one task. Must never know: how any of them shows it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;
use plimsoll_core::{
    api::{Session, changes, deployments},
    domain::id::DeploymentId,
    problem::Problem,
};
use serde::{Deserialize, Serialize};
use specta::Type;
use tauri::{AppHandle, Manager as _};
use tauri_specta::Event;
use tokio::time::sleep;

use crate::{notice, repos::Repos, state::Desktop, tray, words, words::Notice};

/// Changes that follow each other this closely are told together.
const TOGETHER: Duration = Duration::from_millis(200);
/// An end that is older than this was learnt from a server, not seen.
const FRESH_S: i64 = 60;
/// The pause before a server that could not be asked is asked again, and the longest one.
const AGAIN: (Duration, Duration) = (Duration::from_secs(15), Duration::from_secs(300));

/// Which answers are out of date: `projects`, `project:NAME`, `deployment:ID`, `activity`, `servers`, `registries`,
/// `app-settings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type, Event)]
pub(crate) struct Changed(pub(crate) Vec<String>);

/// Begins to pass changes on, until the app ends.
pub(crate) fn begin(app: &AppHandle) {
    let Ok(session) = app.state::<Desktop>().session().cloned() else { return };
    let app = app.clone();
    settle_later(&app);
    tauri::async_runtime::spawn(async move {
        // A store that cannot be read any more has told so in every answer.
        let _ = pass_on(&app, &session).await;
    });
}

/// Tells the page of something that is on a server, where nobody notices it.
pub(crate) fn tell_of(app: &AppHandle, project: &str) {
    let _ = Changed(vec![format!("project:{project}")]).emit(app);
}

/// Settles what was left open, in the background, until every server that is concerned has answered.
pub(crate) fn settle_later(app: &AppHandle) {
    let Ok(session) = app.state::<Desktop>().session().cloned() else { return };
    tauri::async_runtime::spawn(async move {
        let mut pause = AGAIN.0;
        while deployments::resume(&session, None).await.is_err() {
            sleep(pause).await;
            pause = (pause * 2).min(AGAIN.1);
        }
    });
}

async fn pass_on(app: &AppHandle, session: &Session) -> Result<(), Problem> {
    let (mut repos, mut folders) = Repos::begin();
    repos.refresh(session).await;
    let mut changes = changes::watch(session).await?;
    let mut watched = Ends::begin(session).await?;
    tray::refresh(app, session).await;
    loop {
        let mut tags = tokio::select! {
            tags = changes.next() => tags?,
            Some(tag) = folders.recv() => BTreeSet::from([tag]),
            tags = repos.moved() => tags,
        };
        sleep(TOGETHER).await;
        while let Ok(tag) = folders.try_recv() {
            tags.insert(tag);
        }
        if tags.contains("projects") {
            repos.refresh(session).await;
        }
        for (id, notice) in watched.look(session, &tags).await {
            notice::show(app, session, notice, Some(id)).await;
        }
        if tags.iter().all(|tag| tag.starts_with("deployment:")) {
            tray::step(app, session).await;
        } else {
            tray::refresh(app, session).await;
        }
        let _ = Changed(tags.into_iter().collect()).emit(app);
    }
}

/// Notices which deployments end.
struct Ends(BTreeMap<DeploymentId, bool>);

impl Ends {
    async fn begin(session: &Session) -> Result<Self, Problem> {
        let open = changes::in_flight(session).await?;
        Ok(Self(open.into_iter().map(|(_, deployment)| (deployment.id, true)).collect()))
    }

    /// The ends among the changes that deserve a word, each once.
    async fn look(&mut self, session: &Session, tags: &BTreeSet<String>) -> Vec<(DeploymentId, Notice)> {
        let mut notices = Vec::new();
        for id in tags.iter().filter_map(|tag| tag.strip_prefix("deployment:")?.parse::<DeploymentId>().ok()) {
            let Ok(Some((project, deployment))) = changes::deployment(session, id).await else { continue };
            let open = !deployment.status.is_final();
            let fresh = deployment.finished.is_some_and(|at| Timestamp::now().as_second() - at.as_second() < FRESH_S);
            let was_open = self.0.insert(id, open).unwrap_or(fresh);
            if was_open && !open {
                notices.extend(words::ended(&project, &deployment).map(|notice| (id, notice)));
            }
        }
        notices
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::{SignedDuration, Timestamp};
    use plimsoll_core::domain::{deployment::Status, id::DeploymentId};

    use super::Ends;
    use crate::testing::{Bench, bench};

    async fn told(ends: &mut Ends, bench: &Bench, id: DeploymentId) -> Vec<String> {
        let tags = BTreeSet::from(["projects".to_owned(), format!("deployment:{id}")]);
        ends.look(&bench.session, &tags).await.into_iter().map(|(_, notice)| notice.title).collect()
    }

    #[tokio::test]
    async fn an_end_is_told_once_whoever_deployed() {
        let bench = bench().await;
        let mut ends = Ends::begin(&bench.session).await.unwrap();
        let mut one = bench.deployment(Status::Running).await;
        assert!(told(&mut ends, &bench, one.id).await.is_empty());
        (one.status, one.finished) = (Status::Live, Some(Timestamp::now()));
        bench.store.deployments().update(&one).await.unwrap();
        assert_eq!(told(&mut ends, &bench, one.id).await, ["shop is live"]);
        assert!(told(&mut ends, &bench, one.id).await.is_empty());
    }

    #[tokio::test]
    async fn one_that_was_open_at_the_start_is_told_and_old_ones_are_not() {
        let bench = bench().await;
        let mut open = bench.deployment(Status::Running).await;
        let mut ends = Ends::begin(&bench.session).await.unwrap();
        let hour_ago = Timestamp::now() - SignedDuration::from_hours(1);
        (open.status, open.finished) = (Status::RolledBack, Some(hour_ago));
        bench.store.deployments().update(&open).await.unwrap();
        assert_eq!(told(&mut ends, &bench, open.id).await.len(), 1);
        // Learnt from the server: another laptop's, long over.
        let learnt = bench.deployment(Status::Live).await;
        assert!(told(&mut ends, &bench, learnt.id).await.is_empty());
    }
}
