//! Which images of a repository can go, and why each other one stays.
//!
//! Owns: that decision and the order. Must never know: how images are listed or deleted, how servers are asked.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::domain::{
    bytes::Bytes,
    image::Digest,
    name::EnvironmentName,
    release::ReleaseId,
    stored::{Contents, StoredImage, StoredRepository, unique_bytes},
};

/// What was pushed or pulled so lately may be part of something that is under way, on whatever machine.
const LATELY: SignedDuration = SignedDuration::from_hours(24);

/// Who uses a repository, as far as this laptop and the servers know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Users {
    /// The environments of the project that pushes there; `None` when this laptop knows no such project.
    pub environments: Option<BTreeMap<EnvironmentName, Environment>>,
    /// A deployment of the project is under way.
    pub under_way: bool,
}

/// What an environment's server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Environment {
    /// It did not answer, or not all of it could be read.
    Silent,
    /// What it keeps.
    Answered(Kept),
}

/// What an environment keeps.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// Images of the release that serves.
    pub serving: BTreeSet<Digest>,
    /// Images of releases that can be restored.
    pub restorable: BTreeSet<Digest>,
    /// Those releases, the serving one included.
    pub releases: BTreeSet<ReleaseId>,
    /// Releases that this laptop deployed there, whatever became of them.
    pub known: BTreeSet<ReleaseId>,
}

/// What can go and what stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CleanUp {
    /// The repository.
    pub repository: String,
    /// What goes, an index before its children.
    pub remove: Vec<Removed>,
    /// What stays.
    pub protect: Vec<Protected>,
    /// What is freed: layers that nothing else in the repository names.
    pub frees: Bytes,
}

/// An image that goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Removed {
    /// Which.
    pub digest: Digest,
    /// The tags that go with it.
    pub tags: BTreeSet<String>,
    /// As the registry counts it.
    pub bytes: Bytes,
    /// When it was pushed.
    pub pushed: Option<Timestamp>,
}

/// An image that stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Protected {
    /// Which.
    pub digest: Digest,
    /// Its tags.
    pub tags: BTreeSet<String>,
    /// Each of these alone is enough.
    pub reasons: Vec<Reason>,
}

/// Why an image stays.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum Reason {
    /// It serves there.
    Serves { environment: EnvironmentName },
    /// It can be restored there.
    Restorable { environment: EnvironmentName },
    /// That environment's server did not answer.
    Silent { environment: EnvironmentName },
    /// No project of this laptop pushes there.
    NoProject,
    /// A deployment of the project is under way.
    UnderWay,
    /// Somebody keeps it for an environment or a release that this laptop does not know.
    KeptElsewhere { tag: String },
    /// It bears a tag that Plimsoll did not make.
    StrangeTag { tag: String },
    /// It was pushed within the last day, or nobody knows when.
    Young,
    /// It was pulled within the last day.
    PulledLately,
    /// What it names could not be read.
    Unread,
    /// An index that stays names it.
    ChildOf { digest: Digest },
    /// It is about an image that stays: a signature or an attestation.
    About { digest: Digest },
}

/// Decides what of a repository can go.
#[must_use]
pub fn clean_up(repository: &StoredRepository, users: &Users, now: Timestamp) -> CleanUp {
    let images = &repository.images;
    let mut reasons: BTreeMap<&Digest, BTreeSet<Reason>> =
        images.iter().map(|image| (&image.digest, own_reasons(image, users, now))).collect();
    // An index that could not be read may name anything.
    if images.iter().any(|image| image.contents == Contents::Unknown) {
        for reasons in reasons.values_mut() {
            reasons.insert(Reason::Unread);
        }
    }
    inherit(images, &mut reasons);
    let (stays, goes): (Vec<&StoredImage>, Vec<&StoredImage>) =
        images.iter().partition(|image| !reasons[&image.digest].is_empty());
    let frees = unique_bytes(images.iter()).0.saturating_sub(unique_bytes(stays.iter().copied()).0);
    let protect = stays.iter().map(|image| Protected {
        digest: image.digest.clone(),
        tags: image.tags.clone(),
        reasons: reasons[&image.digest].iter().cloned().collect(),
    });
    CleanUp { repository: repository.name.clone(), remove: parents_first(goes), protect: protect.collect(), frees: Bytes(frees) }
}

/// Why an image stays whatever becomes of the others.
fn own_reasons(image: &StoredImage, users: &Users, now: Timestamp) -> BTreeSet<Reason> {
    let lately = |time: Option<Timestamp>| time.is_none_or(|time| now.duration_since(time) < LATELY);
    let mut reasons: BTreeSet<Reason> = image.strange_tags().map(|tag| Reason::StrangeTag { tag: tag.clone() }).collect();
    let simple = [
        (users.under_way, Reason::UnderWay),
        (lately(image.pushed), Reason::Young),
        (image.pulled.is_some_and(|pulled| lately(Some(pulled))), Reason::PulledLately),
        (users.environments.is_none(), Reason::NoProject),
    ];
    reasons.extend(simple.into_iter().filter_map(|(holds, reason)| holds.then_some(reason)));
    let environments = users.environments.iter().flatten();
    reasons.extend(environments.filter_map(|(name, environment)| used(image, name, environment)));
    reasons.extend(kept_elsewhere(image, users));
    reasons
}

fn used(image: &StoredImage, name: &EnvironmentName, environment: &Environment) -> Option<Reason> {
    let environment_name = name.clone();
    match environment {
        Environment::Silent => Some(Reason::Silent { environment: environment_name }),
        Environment::Answered(kept) if kept.serving.contains(&image.digest) => {
            Some(Reason::Serves { environment: environment_name })
        }
        Environment::Answered(kept) if kept.restorable.contains(&image.digest) => {
            Some(Reason::Restorable { environment: environment_name })
        }
        Environment::Answered(_) => None,
    }
}

/// A `keep-` tag ends to protect only when the environment's server no longer keeps a release that this laptop deployed.
fn kept_elsewhere(image: &StoredImage, users: &Users) -> Vec<Reason> {
    let ended = |environment: &EnvironmentName, release: &ReleaseId| match users
        .environments
        .as_ref()
        .and_then(|all| all.get(environment))
    {
        Some(Environment::Answered(kept)) => kept.known.contains(release) && !kept.releases.contains(release),
        Some(Environment::Silent) | None => false,
    };
    let kept = image.kept().filter(|tag| !ended(&tag.environment, &tag.release));
    kept.map(|tag| Reason::KeptElsewhere { tag: tag.to_string() }).collect()
}

/// What stays needs its children, and what is about it stays with it.
fn inherit<'a>(images: &'a [StoredImage], reasons: &mut BTreeMap<&'a Digest, BTreeSet<Reason>>) {
    let mut staying: Vec<&StoredImage> = images.iter().filter(|image| !reasons[&image.digest].is_empty()).collect();
    while let Some(parent) = staying.pop() {
        let digest = parent.digest.clone();
        for image in images.iter().filter(|image| image.digest != parent.digest) {
            let reason = if parent.children().any(|child| *child == image.digest) {
                Reason::ChildOf { digest: digest.clone() }
            } else if image.subject.as_ref() == Some(&parent.digest) {
                Reason::About { digest: digest.clone() }
            } else {
                continue;
            };
            let own = reasons.entry(&image.digest).or_default();
            let stayed = !own.is_empty();
            own.insert(reason);
            if !stayed {
                staying.push(image);
            }
        }
    }
}

/// ECR refuses to delete what an index names: so that one goes first.
fn parents_first(mut goes: Vec<&StoredImage>) -> Vec<Removed> {
    let mut ordered = Vec::new();
    while !goes.is_empty() {
        let named: BTreeSet<&Digest> =
            goes.iter().flat_map(|image| image.children().filter(move |child| **child != image.digest)).collect();
        let (later, mut first): (Vec<_>, Vec<_>) = goes.iter().copied().partition(|image| named.contains(&image.digest));
        // Digests cannot name each other in a ring; should anybody claim so, all of it is left to ECR.
        let ring = first.is_empty();
        if ring {
            first.clone_from(&later);
        }
        ordered.extend(first.into_iter().map(|image| Removed {
            digest: image.digest.clone(),
            tags: image.tags.clone(),
            bytes: image.bytes,
            pushed: image.pushed,
        }));
        goes = if ring { Vec::new() } else { later };
    }
    ordered
}

/// What still goes of a plan that was shown, by how things are now.
#[must_use]
pub fn still(shown: &[Removed], now: &CleanUp) -> Vec<Digest> {
    let now: BTreeSet<&Digest> = now.remove.iter().map(|removed| &removed.digest).collect();
    shown.iter().map(|removed| &removed.digest).filter(|digest| now.contains(digest)).cloned().collect()
}

#[cfg(test)]
mod tests;
