//! How long ECR keeps what is deployed and what is not: tags first, then the rules, and only after AWS's own preview.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;

use super::{Opened, users::Usage};
use crate::{
    api::{Question, Session, names::consent},
    domain::{
        image::Digest,
        stored::{StoredImage, StoredRepository},
    },
    problem::Problem,
    registry::{Ecr, Policy, RegistryError, policy::difference},
};

/// What became of the rules of one repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rules {
    /// The repository.
    pub repository: String,
    /// What became of them.
    pub change: Change,
}

/// What becomes of a repository's rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum Change {
    /// They are as they should be.
    None,
    /// They are put in force.
    Put {
        /// What another policy loses and gets, rule by rule; empty where there was none.
        difference: Vec<String>,
        /// How many images they expire as things are, by AWS's own preview.
        expires: usize,
    },
    /// They are not touched.
    Refused {
        /// Why, in words.
        why: String,
    },
}

/// Puts Plimsoll's rules in force for every repository that projects of this laptop push to. First every image that is
/// deployed or can be restored gets its tag, by the servers' own word; then AWS is asked what the rules would expire. Asks
/// before anything expires or another policy goes.
///
/// # Errors
/// When there is no such registry, it is no ECR, the answer was no, AWS does not answer or does not allow it.
pub async fn rules(session: &Session, registry: &str) -> Result<Vec<Rules>, Problem> {
    let opened = Opened::named(session, registry).await?;
    let usage = Usage::ask(session, &opened).await?;
    let ecr = opened.ecr()?;
    let mut all = Vec::new();
    for repository in opened.repositories().await? {
        let change = wanted(ecr, &usage, &repository).await?;
        all.push(Rules { repository, change });
    }
    let consequences = consequences(&all);
    if !consequences.is_empty() {
        let what = format!("what the rules of {} expire", opened.registry.name);
        consent(session, Question::Delete { what, consequences, typed: None }).await?;
    }
    for rules in all.iter().filter(|rules| matches!(rules.change, Change::Put { .. })) {
        ecr.put_policy(&rules.repository, &Policy::ours()).await?;
    }
    Ok(all)
}

async fn wanted(ecr: &Ecr, usage: &Usage, repository: &str) -> Result<Change, Problem> {
    if usage.of(repository).environments.is_none() {
        return Ok(Change::Refused { why: "no project of this laptop pushes there".to_owned() });
    }
    if let Some((environment, problem)) = usage.silent(repository).first() {
        return Ok(Change::Refused { why: format!("what {environment} needs is not known: {problem}") });
    }
    let needed = usage.tags(repository);
    for (digest, tag) in &needed {
        match ecr.keep(repository, digest, tag).await {
            // It is on its server only; there is nothing left to expire.
            Ok(()) | Err(RegistryError::Missing { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let needed: BTreeSet<Digest> = needed.into_iter().map(|(digest, _)| digest).collect();
    change(ecr, repository, &needed).await
}

/// What putting our rules means for a repository in which these images are needed.
async fn change(ecr: &Ecr, repository: &str, needed: &BTreeSet<Digest>) -> Result<Change, Problem> {
    let ours = Policy::ours();
    let there = ecr.policy(repository).await?;
    let difference = match &there {
        Some(text) => difference(text, &ours.text()),
        None => Vec::new(),
    };
    if there.is_some() && difference.is_empty() {
        return Ok(Change::None);
    }
    let stored = ecr.stored(repository).await?;
    let needed = with_children(&stored, needed);
    let ours_expires = ours.expires(&stored.images, Timestamp::now());
    let theirs_expires = ecr.preview(repository, &ours).await?;
    if let Some(digest) = ours_expires.union(&theirs_expires).find(|digest| needed.contains(digest)) {
        let why = format!("they would expire {}, which is deployed or can be restored", digest.short());
        return Ok(Change::Refused { why });
    }
    Ok(Change::Put { difference, expires: theirs_expires.len() })
}

/// The images with everything that they need to be pulled, and whatever bears a tag that keeps it.
fn with_children(stored: &StoredRepository, needed: &BTreeSet<Digest>) -> BTreeSet<Digest> {
    let needs = |image: &&StoredImage| needed.contains(&image.digest) || image.kept().next().is_some();
    let mut open: Vec<&StoredImage> = stored.images.iter().filter(needs).collect();
    let mut all = needed.clone();
    while let Some(image) = open.pop() {
        all.insert(image.digest.clone());
        let children = stored.images.iter().filter(|child| image.children().any(|named| *named == child.digest));
        open.extend(children.filter(|child| !all.contains(&child.digest)));
    }
    all
}

/// What a person should know; empty when nothing goes.
fn consequences(all: &[Rules]) -> Vec<String> {
    let mut lines = Vec::new();
    for Rules { repository, change } in all {
        let Change::Put { difference, expires } = change else { continue };
        if !difference.is_empty() {
            lines.push(format!("{repository} has another policy, which is replaced:"));
            lines.extend(difference.iter().map(|rule| format!("  {rule}")));
        }
        if *expires > 0 {
            lines.push(format!("{repository}: ECR deletes {expires} images within a day."));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Change, Rules, change, consequences};
    use crate::registry::{
        Policy,
        aws::{Aws, image, index},
    };

    #[tokio::test]
    async fn rules_that_would_take_what_is_needed_are_not_put() {
        let aws = Aws::start().await;
        let ecr = aws.ecr().await;
        aws.put_repository("shop-api", true);
        let child = aws.put("shop-api", image(1), &[], 40);
        let both = aws.put("shop-api", index(&[&child]), &["0123456789ab-3f9a1c2e"], 40);
        let needed: BTreeSet<_> = [both.clone()].into();
        // Without its tag our own judgement sees it go; AWS's preview, which knows better here, sees its child go.
        let refused = change(&ecr, "shop-api", &needed).await.expect("an answer");
        assert!(matches!(&refused, Change::Refused { why } if why.contains(both.short())), "{refused:?}");
        let tag = "keep-production-0123456789ab".parse().expect("a tag");
        ecr.keep("shop-api", &both, &tag).await.expect("kept");
        assert_eq!(change(&ecr, "shop-api", &needed).await.expect("an answer"), Change::Put { difference: vec![], expires: 0 });
        aws.preview_tells("shop-api", &[&child]);
        let refused = change(&ecr, "shop-api", &needed).await.expect("an answer");
        assert!(matches!(&refused, Change::Refused { why } if why.contains(child.short())), "{refused:?}");
        assert_eq!(aws.policy("shop-api"), None);
    }

    #[tokio::test]
    async fn a_policy_of_somebody_else_is_shown_and_ours_is_left_alone() {
        let aws = Aws::start().await;
        let ecr = aws.ecr().await;
        aws.put_repository("shop-api", true);
        let theirs = Policy::ours().text().replace("30", "3");
        aws.put_policy("shop-api", &theirs);
        let none = BTreeSet::new();
        let Change::Put { difference, .. } = change(&ecr, "shop-api", &none).await.expect("an answer") else {
            panic!("nothing to do")
        };
        assert_eq!(difference.len(), 2);
        let shown = consequences(&[Rules { repository: "shop-api".to_owned(), change: Change::Put { difference, expires: 2 } }]);
        assert_eq!(shown.len(), 4, "{shown:#?}");
        aws.put_policy("shop-api", &Policy::ours().text());
        assert_eq!(change(&ecr, "shop-api", &none).await.expect("an answer"), Change::None);
    }
}
