//! Noticing which deployments end, whoever carries them out.
//!
//! Owns: that each end is told once, and none is missed. Must never know: how it is told.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use plimsoll_core::{
    api::{Session, changes, deployments, projects},
    domain::{
        deployment::{Deployment, Stage},
        id::DeploymentId,
        name::Name,
    },
    problem::Problem,
};

use crate::{flights::Flights, words, words::Notice};

/// An end that is older than this was learnt from a server, not seen.
const FRESH_S: i64 = 60;
/// How often a record that cannot be read is tried again, alone among those that can: it is broken for good.
const TRIES: u32 = 8;

/// Notices which deployments end.
#[derive(Default)]
pub(crate) struct Ends {
    /// Whether each was open when it was read last.
    known: BTreeMap<DeploymentId, bool>,
    /// Those that changed and could not be read yet: since when, and how often it was tried.
    unread: BTreeMap<DeploymentId, (Timestamp, u32)>,
}

impl Ends {
    /// Notes what is open now; the tags of everything that may have changed, among them the deployments that were open when
    /// it was noted last, those that could not be read then, and those that somebody waits for.
    pub(crate) async fn catch_up(&mut self, session: &Session, flights: &Flights) -> Result<BTreeSet<String>, Problem> {
        let open = changes::in_flight(session).await?;
        let lists = ["projects", "servers", "registries", "activity", "app-settings"].map(str::to_owned);
        let projects = projects::folders(session).await?.into_iter().map(|(name, _)| changes::of_project(&name));
        for id in flights.untold_ones() {
            self.known.entry(id).or_insert(true);
        }
        let were_open = self.known.iter().filter(|(_, open)| **open).map(|(id, _)| id);
        let missed = were_open.chain(self.unread.keys()).map(|id| format!("deployment:{id}"));
        let tags = lists.into_iter().chain(projects).chain(missed).collect();
        for (_, deployment) in open {
            self.known.insert(deployment.id, true);
        }
        Ok(tags)
    }

    /// The ends among the changes that deserve a word, each once; and why some could not be read: they are looked at again.
    pub(crate) async fn look(
        &mut self,
        session: &Session,
        tags: &BTreeSet<String>,
    ) -> (Vec<(DeploymentId, Notice)>, Option<Problem>) {
        for id in deployments_in(tags) {
            self.unread.entry(id).or_insert((Timestamp::now(), 0));
        }
        let (mut notices, mut trouble) = (Vec::new(), None);
        for (id, (since, tries)) in std::mem::take(&mut self.unread) {
            match read(session, id).await {
                Ok(Some((project, one, at))) => notices.extend(self.note(&project, &one, at, since)),
                Ok(None) => {}
                Err(problem) => {
                    if tries < TRIES {
                        self.unread.insert(id, (since, tries + 1));
                    } else {
                        self.known.insert(id, false);
                    }
                    trouble = Some(problem);
                }
            }
        }
        (notices, trouble)
    }

    /// Notes how one stands; the word that its end deserves.
    fn note(&mut self, of: &Name, one: &Deployment, at: Option<Stage>, since: Timestamp) -> Option<(DeploymentId, Notice)> {
        let open = !one.status.is_final();
        let fresh = one.finished.is_some_and(|at| since.as_second() - at.as_second() < FRESH_S);
        let was_open = self.known.insert(one.id, open).unwrap_or(fresh);
        if !was_open || open {
            return None;
        }
        words::ended(of, one, at).map(|notice| (one.id, notice))
    }

    /// Keeps account of the ends that somebody waits for, once they were looked at and told.
    pub(crate) fn settle(&self, tags: &BTreeSet<String>, flights: &Flights) {
        for id in deployments_in(tags) {
            match self.known.get(&id) {
                _ if self.unread.contains_key(&id) => flights.expect(id),
                Some(true) => flights.expect(id),
                Some(false) => flights.told(id),
                None => {}
            }
        }
    }
}

/// A deployment with its project, and the stage that it failed at.
async fn read(session: &Session, id: DeploymentId) -> Result<Option<(Name, Deployment, Option<Stage>)>, Problem> {
    let Some((project, one)) = changes::deployment(session, id).await? else { return Ok(None) };
    let at = words::failed_at(&deployments::so_far(session, id, 0).await?);
    Ok(Some((project, one, at)))
}

fn deployments_in(tags: &BTreeSet<String>) -> impl Iterator<Item = DeploymentId> {
    tags.iter().filter_map(|tag| tag.strip_prefix("deployment:")?.parse().ok())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::{SignedDuration, Timestamp};
    use plimsoll_core::domain::{deployment::Status, id::DeploymentId};

    use super::Ends;
    use crate::flights::Flights;
    use crate::testing::{Bench, bench};

    async fn told(ends: &mut Ends, bench: &Bench, id: DeploymentId) -> Vec<String> {
        let tags = BTreeSet::from(["projects".to_owned(), format!("deployment:{id}")]);
        ends.look(&bench.session, &tags).await.0.into_iter().map(|(_, notice)| notice.title).collect()
    }

    #[tokio::test]
    async fn an_end_is_told_once_whoever_deployed() {
        let bench = bench().await;
        let mut ends = Ends::default();
        ends.catch_up(&bench.session, &Flights::default()).await.unwrap();
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

    #[tokio::test]
    async fn an_end_that_cannot_be_read_at_once_is_told_later() {
        let bench = bench().await;
        let (mut ends, flights) = (Ends::default(), Flights::default());
        ends.catch_up(&bench.session, &flights).await.unwrap();
        // Both have begun and ended since anybody looked; one of them cannot be read.
        let mut both = [bench.deployment(Status::Live).await, bench.deployment(Status::Live).await];
        for one in &mut both {
            one.finished = Some(Timestamp::now());
            bench.store.deployments().update(one).await.unwrap();
        }
        let tags = both.iter().map(|one| format!("deployment:{}", one.id)).collect();
        bench.spoil(both[1].id).await;
        let (notices, unread) = ends.look(&bench.session, &tags).await;
        assert!(notices.len() == 1 && unread.is_some(), "it is tried again");
        ends.settle(&tags, &flights);
        assert!(!flights.are_told(), "it is waited for");
        bench.store.deployments().update(&both[1]).await.unwrap();
        let tags = ends.catch_up(&bench.session, &flights).await.unwrap();
        let (notices, unread) = ends.look(&bench.session, &tags).await;
        assert!(notices.iter().map(|(id, _)| *id).eq([both[1].id]) && unread.is_none());
        let tags = ends.catch_up(&bench.session, &flights).await.unwrap();
        assert!(ends.look(&bench.session, &tags).await.0.is_empty(), "each once");
    }

    #[tokio::test]
    async fn a_record_that_is_broken_for_good_does_not_hold_up_the_others() {
        let bench = bench().await;
        let (mut ends, flights) = (Ends::default(), Flights::default());
        let one = bench.deployment(Status::Live).await;
        bench.spoil(one.id).await;
        let mut tags = BTreeSet::from([format!("deployment:{}", one.id)]);
        let mut failed = 0;
        while ends.look(&bench.session, &tags).await.1.is_some() {
            (failed, tags) = (failed + 1, ends.catch_up(&bench.session, &flights).await.unwrap());
            assert!(failed < 100, "for ever");
        }
        assert!(failed > 1, "more than one try");
    }

    #[tokio::test]
    async fn an_end_that_somebody_waits_for_is_not_missed() {
        let bench = bench().await;
        let (mut ends, flights) = (Ends::default(), Flights::default());
        // It has begun and ended while nothing could be read.
        let one = bench.deployment(Status::Live).await;
        flights.expect(one.id);
        let tags = ends.catch_up(&bench.session, &flights).await.unwrap();
        assert_eq!(ends.look(&bench.session, &tags).await.0.len(), 1);
        ends.settle(&tags, &flights);
        assert!(flights.are_told());
    }

    #[tokio::test]
    async fn what_ended_while_the_store_was_out_of_reach_is_told() {
        let bench = bench().await;
        let mut ends = Ends::default();
        let mut one = bench.deployment(Status::Running).await;
        ends.catch_up(&bench.session, &Flights::default()).await.unwrap();
        (one.status, one.finished) = (Status::Live, Some(Timestamp::now()));
        bench.store.deployments().update(&one).await.unwrap();
        let tags = ends.catch_up(&bench.session, &Flights::default()).await.unwrap();
        assert!(tags.contains("project:shop") && tags.contains("servers"), "{tags:?}");
        let titles: Vec<_> = ends.look(&bench.session, &tags).await.0.into_iter().map(|(_, notice)| notice.title).collect();
        assert_eq!(titles, ["shop is live"]);
    }

    #[tokio::test]
    async fn one_that_was_open_at_the_start_is_told_and_old_ones_are_not() {
        let bench = bench().await;
        let mut open = bench.deployment(Status::Running).await;
        let mut ends = Ends::default();
        ends.catch_up(&bench.session, &Flights::default()).await.unwrap();
        let hour_ago = Timestamp::now() - SignedDuration::from_hours(1);
        (open.status, open.finished) = (Status::RolledBack, Some(hour_ago));
        bench.store.deployments().update(&open).await.unwrap();
        assert_eq!(told(&mut ends, &bench, open.id).await.len(), 1);
        // Learnt from the server: another laptop's, long over.
        let learnt = bench.deployment(Status::Live).await;
        assert!(told(&mut ends, &bench, learnt.id).await.is_empty());
    }
}
