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

use crate::{notice, repos::Repos, state::Desktop, tray, words};

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
        };
        sleep(TOGETHER).await;
        while let Ok(tag) = folders.try_recv() {
            tags.insert(tag);
        }
        if tags.contains("projects") {
            repos.refresh(session).await;
        }
        watched.look(app, session, &tags).await;
        tray::refresh(app, session).await;
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

    async fn look(&mut self, app: &AppHandle, session: &Session, tags: &BTreeSet<String>) {
        let ids = tags.iter().filter_map(|tag| tag.strip_prefix("deployment:")?.parse::<DeploymentId>().ok());
        for id in ids {
            let Ok(Some((project, deployment))) = changes::deployment(session, id).await else { continue };
            let open = !deployment.status.is_final();
            let fresh = deployment.finished.is_some_and(|at| Timestamp::now().as_second() - at.as_second() < FRESH_S);
            let was_open = self.0.insert(id, open).unwrap_or(fresh);
            if was_open
                && !open
                && let Some(notice) = words::ended(&project, &deployment)
            {
                notice::show(app, session, notice, Some(id)).await;
            }
        }
    }
}
