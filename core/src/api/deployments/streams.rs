//! Events and logs of a deployment, from history or while it runs.
//!
//! Owns: those two streams. Must never know: who looks.

use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};

use super::known;
use crate::{
    api::{Session, running::Follow},
    domain::{deployment::Stage, event::StepEvent, id::DeploymentId},
    problem::Problem,
    store::logs::{LogFilter, NumberedLine},
};

/// The events of a deployment from an index on, then live ones until `Finished`.
///
/// # Errors
/// When there is no such deployment.
pub async fn events(
    session: &Session,
    id: DeploymentId,
    from: u64,
) -> Result<BoxStream<'static, Result<StepEvent, Problem>>, Problem> {
    known(session, id).await?;
    Ok(session.store.events().follow(id, from).map(|event| event.map_err(Problem::from)).boxed())
}

/// The events of a deployment from an index on that are there now.
///
/// # Errors
/// When there is no such deployment.
pub async fn so_far(session: &Session, id: DeploymentId, from: u64) -> Result<Vec<StepEvent>, Problem> {
    known(session, id).await?;
    Ok(session.store.events().read(id, from, 0).await?)
}

/// The log of a deployment, of one stage if given, from a line number on; with `Follow::Yes` until it ends.
///
/// # Errors
/// When there is no such deployment.
pub async fn logs(
    session: &Session,
    id: DeploymentId,
    stage: Option<Stage>,
    from: u64,
    follow: Follow,
) -> Result<BoxStream<'static, Result<Vec<NumberedLine>, Problem>>, Problem> {
    known(session, id).await?;
    let filter = LogFilter { stage, ..LogFilter::default() };
    let logs = session.store.logs();
    if follow == Follow::Yes {
        return Ok(logs.follow(id, from, filter).map(|lines| lines.map_err(Problem::from)).boxed());
    }
    let pages = stream::unfold(Some(from.max(1)), move |from| {
        let (logs, filter) = (logs.clone(), filter.clone());
        async move {
            let from = from?;
            match logs.page(id, from, &filter).await {
                Ok(page) if page.next == from => None,
                Ok(page) => Some((Ok(page.lines), Some(page.next))),
                Err(error) => Some((Err(Problem::from(error)), None)),
            }
        }
    });
    Ok(pages.boxed())
}
