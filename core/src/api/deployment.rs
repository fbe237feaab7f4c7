//! One deployment as its page shows it, from history or while it runs.
//!
//! Owns: putting the page's facts together. Must never know: pages.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Session, deployments, log};
use crate::{
    domain::{
        commit::Commit,
        deployment::{Deployment, Stage, Status},
        event::StepEvent,
        id::DeploymentId,
        name::{Name, ServiceName},
        release::ReleaseId,
    },
    problem::Problem,
    store::durations::Estimate,
};

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
    /// What each stage usually takes in this project, and what that is based on.
    pub estimates: Vec<(Stage, Estimate)>,
    /// The release that served before it began, with its commit where this laptop knows it.
    pub previous: Option<ReleaseSummary>,
    /// The release that serves its environment now, by this laptop's own history.
    pub serving: Option<ReleaseSummary>,
    /// The log's first line that speaks of an error, for one that did not go live.
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
    let failed = matches!(deployment.status, Status::Failed | Status::RolledBack);
    Ok(Shown {
        events: session.store.events().read(id, 0, 0).await?,
        lines: session.store.logs().count(id).await?,
        estimates,
        previous: summary(session, &deployment, deployment.previous.clone()).await?,
        serving: summary(session, &deployment, serving.and_then(|serving| serving.release)).await?,
        first_error: if failed { log::errors(session, id).await?.hits.first().map(|hit| hit.line) } else { None },
        project: project.name,
        deployment,
    })
}

async fn summary(session: &Session, of: &Deployment, id: Option<ReleaseId>) -> Result<Option<ReleaseSummary>, Problem> {
    let Some(id) = id else { return Ok(None) };
    let release = session.store.releases().find(&of.environment, &id).await?;
    let images = release.iter().flat_map(|release| &release.services);
    let images = images.map(|(service, image)| (service.clone(), image.image.to_string())).collect();
    Ok(Some(ReleaseSummary { id, commit: release.map(|release| release.commit), images }))
}
