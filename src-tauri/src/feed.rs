//! What changed, passed on to everybody in the shell: the page, the tray, the notifications.
//!
//! Owns: that one task. Must never know: how any of them shows it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;
use plimsoll_core::{
    api::{Session, changes, deployments, projects},
    domain::id::DeploymentId,
    problem::Problem,
};
use serde::{Deserialize, Serialize};
use specta::Type;
use tauri::{AppHandle, Manager as _};
use tauri_specta::Event;
use tokio::time::sleep;

use crate::{again::Pauses, flights::Flights, notice, repos::Repos, state::Desktop, tray, words, words::Notice};

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
        let mut watched = Ends::default();
        let mut trouble = Quiet::default();
        loop {
            let Err(problem) = pass_on(&app, &session, &mut watched, &mut trouble).await;
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

async fn pass_on(app: &AppHandle, session: &Session, watched: &mut Ends, trouble: &mut Quiet) -> Result<Never, Problem> {
    let (mut repos, mut folders) = Repos::begin();
    let mut changes = changes::watch(session).await?;
    // Whatever happened while nobody watched.
    let mut tags = watched.catch_up(session).await?;
    if trouble.is_over() {
        let _ = Trouble { problem: None }.emit(app);
    }
    loop {
        if tags.contains("projects") {
            repos.refresh(session).await;
        }
        if tags.contains("app-settings") {
            app.state::<Desktop>().read_preferences().await;
        }
        for (id, notice) in watched.look(session, &tags).await {
            notice::show(app, session, notice, Some(id)).await;
        }
        watched.settle(&tags, &app.state::<Desktop>().flights);
        if tags.iter().all(|tag| tag.starts_with("deployment:")) {
            tray::step(app, session).await;
        } else {
            tray::refresh(app, session).await;
        }
        tell(app, tags.into_iter().collect());
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

/// Notices which deployments end.
#[derive(Default)]
struct Ends(BTreeMap<DeploymentId, bool>);

impl Ends {
    /// Notes what is open now; the tags of everything that may have changed, among them the deployments that were open when
    /// it was noted last.
    async fn catch_up(&mut self, session: &Session) -> Result<BTreeSet<String>, Problem> {
        let open = changes::in_flight(session).await?;
        let lists = ["projects", "servers", "registries", "activity", "app-settings"].map(str::to_owned);
        let projects = projects::folders(session).await?.into_iter().map(|(name, _)| changes::of_project(&name));
        let were_open = self.0.iter().filter(|(_, open)| **open).map(|(id, _)| format!("deployment:{id}"));
        let tags = lists.into_iter().chain(projects).chain(were_open).collect();
        for (_, deployment) in open {
            self.0.insert(deployment.id, true);
        }
        Ok(tags)
    }

    /// The ends among the changes that deserve a word, each once.
    async fn look(&mut self, session: &Session, tags: &BTreeSet<String>) -> Vec<(DeploymentId, Notice)> {
        let mut notices = Vec::new();
        for id in deployments_in(tags) {
            let Ok(Some((project, deployment))) = changes::deployment(session, id).await else { continue };
            let open = !deployment.status.is_final();
            let fresh = deployment.finished.is_some_and(|at| Timestamp::now().as_second() - at.as_second() < FRESH_S);
            let was_open = self.0.insert(id, open).unwrap_or(fresh);
            if was_open && !open {
                let at = words::failed_at(&deployments::so_far(session, id, 0).await.unwrap_or_default());
                notices.extend(words::ended(&project, &deployment, at).map(|notice| (id, notice)));
            }
        }
        notices
    }

    /// Keeps account of the ends that somebody waits for, once they were looked at and told.
    fn settle(&self, tags: &BTreeSet<String>, flights: &Flights) {
        for id in deployments_in(tags) {
            match self.0.get(&id) {
                Some(true) => flights.expect(id),
                Some(false) => flights.told(id),
                None => {}
            }
        }
    }
}

fn deployments_in(tags: &BTreeSet<String>) -> impl Iterator<Item = DeploymentId> {
    tags.iter().filter_map(|tag| tag.strip_prefix("deployment:")?.parse().ok())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::{SignedDuration, Timestamp};
    use plimsoll_core::domain::{deployment::Status, id::DeploymentId};

    use super::{Ends, Quiet};
    use crate::flights::Flights;
    use crate::testing::{Bench, bench};

    async fn told(ends: &mut Ends, bench: &Bench, id: DeploymentId) -> Vec<String> {
        let tags = BTreeSet::from(["projects".to_owned(), format!("deployment:{id}")]);
        ends.look(&bench.session, &tags).await.into_iter().map(|(_, notice)| notice.title).collect()
    }

    #[tokio::test]
    async fn an_end_is_told_once_whoever_deployed() {
        let bench = bench().await;
        let mut ends = Ends::default();
        ends.catch_up(&bench.session).await.unwrap();
        let mut one = bench.deployment(Status::Running).await;
        assert!(told(&mut ends, &bench, one.id).await.is_empty());
        (one.status, one.finished) = (Status::Live, Some(Timestamp::now()));
        bench.store.deployments().update(&one).await.unwrap();
        assert_eq!(told(&mut ends, &bench, one.id).await, ["shop is live"]);
        assert!(told(&mut ends, &bench, one.id).await.is_empty());
    }

    #[tokio::test]
    async fn an_end_is_waited_for_until_it_was_told() {
        let bench = bench().await;
        let (mut ends, flights) = (Ends::default(), Flights::default());
        let mut one = bench.deployment(Status::Running).await;
        let tags = BTreeSet::from([format!("deployment:{}", one.id)]);
        told(&mut ends, &bench, one.id).await;
        ends.settle(&tags, &flights);
        assert!(!flights.are_told(), "it goes on");
        (one.status, one.finished) = (Status::Live, Some(Timestamp::now()));
        bench.store.deployments().update(&one).await.unwrap();
        ends.settle(&tags, &flights);
        assert!(!flights.are_told(), "nobody has looked yet");
        assert_eq!(told(&mut ends, &bench, one.id).await.len(), 1);
        ends.settle(&tags, &flights);
        assert!(flights.are_told());
    }

    #[test]
    fn trouble_is_told_once_and_so_is_its_end() {
        let mut trouble = Quiet::default();
        assert!(!trouble.is_over(), "there was none");
        assert_eq!([trouble.begins(), trouble.begins(), trouble.begins()], [true, false, false]);
        assert_eq!([trouble.is_over(), trouble.is_over(), trouble.begins()], [true, false, true]);
    }

    #[tokio::test]
    async fn what_ended_while_the_store_was_out_of_reach_is_told() {
        let bench = bench().await;
        let mut ends = Ends::default();
        let mut one = bench.deployment(Status::Running).await;
        ends.catch_up(&bench.session).await.unwrap();
        (one.status, one.finished) = (Status::Live, Some(Timestamp::now()));
        bench.store.deployments().update(&one).await.unwrap();
        let tags = ends.catch_up(&bench.session).await.unwrap();
        assert!(tags.contains("project:shop") && tags.contains("servers"), "{tags:?}");
        let titles: Vec<_> = ends.look(&bench.session, &tags).await.into_iter().map(|(_, notice)| notice.title).collect();
        assert_eq!(titles, ["shop is live"]);
    }

    #[tokio::test]
    async fn one_that_was_open_at_the_start_is_told_and_old_ones_are_not() {
        let bench = bench().await;
        let mut open = bench.deployment(Status::Running).await;
        let mut ends = Ends::default();
        ends.catch_up(&bench.session).await.unwrap();
        let hour_ago = Timestamp::now() - SignedDuration::from_hours(1);
        (open.status, open.finished) = (Status::RolledBack, Some(hour_ago));
        bench.store.deployments().update(&open).await.unwrap();
        assert_eq!(told(&mut ends, &bench, open.id).await.len(), 1);
        // Learnt from the server: another laptop's, long over.
        let learnt = bench.deployment(Status::Live).await;
        assert!(told(&mut ends, &bench, learnt.id).await.is_empty());
    }
}
