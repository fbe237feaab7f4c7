//! Deleting what nothing needs: a plan that is shown first, and carrying out exactly that, less whatever is needed by then.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde::Serialize;

use super::{Opened, images::AT_ONCE, users::Usage};
use crate::{
    api::{Question, Session, Token, names::consent},
    domain::{
        bytes::Bytes,
        image::Digest,
        name::Name,
        stored::{StoredRepository, unique_bytes},
    },
    plan::ecr_cleanup::{CleanUp, Users, clean_up, still},
    problem::{Code, Problem},
    registry::Ecr,
};

/// What could go.
#[derive(Debug, Clone, Serialize)]
pub struct CleaningPlan {
    /// What the user calls the registry.
    pub registry: Name,
    /// What goes and what stays, by repository.
    pub repositories: Vec<CleanUp>,
    /// What is freed.
    pub frees: Bytes,
    /// How many images go.
    pub removes: usize,
    /// With it [`clean`] carries out exactly this.
    pub token: Token,
}

/// What went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Cleaned {
    /// How many images were deleted.
    pub deleted: usize,
    /// What that freed.
    pub freed: Bytes,
    /// What was shown and stayed all the same.
    pub skipped: Vec<Skipped>,
}

/// An image that stayed although the plan had it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// Where.
    pub repository: String,
    /// Which.
    pub digest: Digest,
    /// What ECR said; `None`: it is needed by now.
    pub reason: Option<String>,
}

/// A plan that was shown.
#[derive(Debug, Clone)]
pub(in crate::api) struct Shown {
    registry: Name,
    repositories: Vec<CleanUp>,
}

/// What could go. The servers of all environments are asked; nothing is changed.
///
/// # Errors
/// When there is no such registry, it is no ECR, AWS does not answer or does not allow it.
pub async fn clean_plan(session: &Session, registry: &str) -> Result<CleaningPlan, Problem> {
    let opened = Opened::named(session, registry).await?;
    let usage = Usage::ask(session, &opened).await?;
    let ecr = opened.ecr()?;
    let reading = stream::iter(opened.repositories().await?).map(|name| async move { ecr.stored(&name).await });
    let stored: Vec<StoredRepository> = reading.buffered(AT_ONCE).try_collect().await?;
    let now = Timestamp::now();
    let repositories: Vec<CleanUp> =
        stored.iter().map(|repository| clean_up(repository, &usage.of(&repository.name), now)).collect();
    let token = session.cleanings.mint(Shown { registry: opened.registry.name.clone(), repositories: repositories.clone() });
    Ok(CleaningPlan {
        registry: opened.registry.name,
        frees: Bytes(repositories.iter().map(|one| one.frees.0).sum()),
        removes: repositories.iter().map(|one| one.remove.len()).sum(),
        repositories,
        token,
    })
}

/// Deletes what was shown under this token, less what is needed by now. Asks first.
///
/// # Errors
/// When this session has shown no such thing, the answer was no, AWS does not answer or does not allow it. What was deleted
/// until then is gone.
pub async fn clean(session: &Session, token: &Token) -> Result<Cleaned, Problem> {
    let shown = session.cleanings.shown(token).ok_or_else(outdated)?;
    let opened = Opened::named(session, shown.registry.as_str()).await?;
    let count: usize = shown.repositories.iter().map(|one| one.remove.len()).sum();
    if count == 0 {
        return Ok(Cleaned::default());
    }
    let frees = Bytes(shown.repositories.iter().map(|one| one.frees.0).sum());
    let what = format!("{count} images from {}", shown.registry);
    let consequences =
        vec![format!("They do not come back; {frees} are freed."), "What is deployed or can be restored stays.".to_owned()];
    consent(session, Question::Delete { what, consequences, typed: None }).await?;
    // Whatever was deployed while the plan was read counts as well.
    let usage = Usage::ask(session, &opened).await?;
    let mut cleaned = Cleaned::default();
    for plan in &shown.repositories {
        let users = async || {
            let under_way = !session.store.deployments().unfinished(None).await?.is_empty();
            Ok::<_, Problem>(Users { under_way, ..usage.of(&plan.repository) })
        };
        carry_out(opened.ecr()?, plan, users, &mut cleaned).await?;
    }
    Ok(cleaned)
}

/// Batch by batch; before each one everything is looked at again.
async fn carry_out(
    ecr: &Ecr,
    plan: &CleanUp,
    users: impl AsyncFn() -> Result<Users, Problem>,
    cleaned: &mut Cleaned,
) -> Result<(), Problem> {
    let mut open = plan.remove.clone();
    let mut before = None;
    while !open.is_empty() {
        let stored = ecr.stored(&plan.repository).await?;
        let size = unique_bytes(stored.images.iter());
        before.get_or_insert(size);
        let batch = batch(&stored, still(&open, &clean_up(&stored, &users().await?, Timestamp::now())));
        if batch.is_empty() {
            break;
        }
        let refused = ecr.delete(&plan.repository, &batch).await?;
        let stayed: BTreeSet<&Digest> = refused.iter().filter_map(|one| one.digest.as_ref()).collect();
        cleaned.deleted += batch.len() - stayed.len();
        open.retain(|removed| !batch.contains(&removed.digest));
        cleaned.skipped.extend(refused.iter().filter_map(|one| {
            let (repository, reason) = (plan.repository.clone(), Some(one.reason.clone()));
            Some(Skipped { repository, digest: one.digest.clone()?, reason })
        }));
    }
    let left =
        open.into_iter().map(|removed| Skipped { repository: plan.repository.clone(), digest: removed.digest, reason: None });
    cleaned.skipped.extend(left);
    if let Some(before) = before {
        let after = unique_bytes(ecr.stored(&plan.repository).await?.images.iter());
        cleaned.freed = Bytes(cleaned.freed.0 + before.0.saturating_sub(after.0));
    }
    Ok(())
}

/// As many as ECR takes at once, none of which is named by an index that is still there.
fn batch(stored: &StoredRepository, wanted: Vec<Digest>) -> Vec<Digest> {
    let named: BTreeSet<&Digest> = stored.images.iter().flat_map(|image| image.children()).collect();
    wanted.into_iter().filter(|digest| !named.contains(digest)).take(Ecr::BATCH).collect()
}

fn outdated() -> Problem {
    Problem::new(
        Code::InvalidInput,
        "This clean-up is not the one that was shown",
        "nothing of the kind was shown in this session",
        "Look at the plan again, then confirm that one.",
    )
}

#[cfg(test)]
mod tests;
