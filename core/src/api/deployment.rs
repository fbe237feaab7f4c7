//! One deployment as its page shows it, from history or while it runs.
//!
//! Owns: putting the page's facts together. Must never know: pages.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Session, deployments};
use crate::{
    domain::{
        commit::Commit,
        deployment::{Deployment, Stage},
        event::{StepEvent, StepEventKind},
        id::DeploymentId,
        name::{Name, ServiceName},
        release::ReleaseId,
    },
    problem::Problem,
    store::{durations::Estimate, logs::LogFilter},
};

/// Lines at the end of a log in which the first error is looked for.
const LOOKED_AT: u64 = 20_000;

/// A deployment with everything its page begins with.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Shown {
    /// The deployment.
    pub deployment: Deployment,
    /// The project's name.
    pub project: Name,
    /// All events so far; history replays them.
    pub events: Vec<StepEvent>,
    /// How many lines its log has so far.
    pub lines: u64,
    /// It had a log, which was thrown away: only the newest ones are kept.
    pub thrown_away: bool,
    /// What each stage usually takes in this project, and what that is based on.
    pub estimates: Vec<(Stage, Estimate)>,
    /// The release that served before it began, with its commit where this laptop knows it.
    pub previous: Option<ReleaseSummary>,
    /// The release that serves its environment now, by this laptop's own history.
    pub serving: Option<ReleaseSummary>,
    /// For one that did not go live: the first line of the failed stage, among the log's last 20,000, that speaks of an error.
    pub first_error: Option<u64>,
}

/// A release in a few words.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct ReleaseSummary {
    /// Its id.
    pub id: ReleaseId,
    /// Its commit, where this laptop knows it.
    pub commit: Option<Commit>,
    /// Its images as `repository@digest`, where this laptop knows them.
    pub images: BTreeMap<ServiceName, String>,
}

/// A deployment with all its events.
///
/// # Errors
/// When there is no such deployment.
pub async fn show(session: &Session, id: DeploymentId) -> Result<Shown, Problem> {
    let deployment = deployments::known(session, id).await?;
    let project = session.store.projects().get(deployment.environment.project).await?;
    let mut estimates = Vec::new();
    for stage in Stage::ALL {
        let estimate = session.store.durations().estimate(project.id, stage).await?;
        estimates.extend(estimate.map(|estimate| (stage, estimate)));
    }
    let serving = deployments::serving(session, &deployment.environment).await?;
    let events = session.store.events().read(id, 0, 0).await?;
    let lines = session.store.logs().count(id).await?;
    Ok(Shown {
        first_error: first_error(session, id, &events, lines).await?,
        events,
        lines,
        thrown_away: session.store.logs().is_thrown_away(id).await?,
        estimates,
        previous: summary(session, &deployment, deployment.previous.clone()).await?,
        serving: summary(session, &deployment, serving.and_then(|serving| serving.release)).await?,
        project: project.name,
        deployment,
    })
}

/// A failed build may have printed a million lines: what it failed of stands near its end.
async fn first_error(session: &Session, id: DeploymentId, events: &[StepEvent], lines: u64) -> Result<Option<u64>, Problem> {
    let failed = events.iter().rev().find_map(|event| match event.kind {
        StepEventKind::StageFailed { stage, .. } => Some(stage),
        _ => None,
    });
    let Some(stage) = failed else { return Ok(None) };
    let filter = LogFilter { stage: Some(stage), ..LogFilter::default() };
    let last = session.store.logs().read(id, lines.saturating_sub(LOOKED_AT), LOOKED_AT as usize, &filter).await?;
    Ok(last.iter().find(|line| line.is_complaint()).map(|line| line.number))
}

async fn summary(session: &Session, of: &Deployment, id: Option<ReleaseId>) -> Result<Option<ReleaseSummary>, Problem> {
    let Some(id) = id else { return Ok(None) };
    let release = session.store.releases().find(&of.environment, &id).await?;
    let images = release.iter().flat_map(|release| &release.services);
    let images = images.map(|(service, image)| (service.clone(), image.image.to_string())).collect();
    Ok(Some(ReleaseSummary { id, commit: release.map(|release| release.commit), images }))
}
