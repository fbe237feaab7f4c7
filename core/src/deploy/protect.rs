//! What is deployed or can be restored stays in ECR: the tags that say so.
//!
//! Owns: when they are put and when they go. Must never know: what would delete an image.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::{halt::Halt, locate::Located, record, stack::StackState, world::World};
use crate::{
    domain::{
        environment::Folders,
        image::Digest,
        record::ReleaseRecord,
        release::{ImageOrigin, Release, ReleaseId},
        stored::KeepTag,
    },
    registry::{Ecr, RegistryError},
};

/// How many images are tagged at once.
const AT_ONCE: usize = 8;
/// More releases than an environment ever kept.
const KNOWN: u32 = 1000;

/// Tags every image of a release that was built into the project's ECR, before anything moves: from then on no rule and no
/// clean-up takes it, whatever becomes of this deployment.
pub(super) async fn keep(world: &World, release: &Release) -> Result<(), Halt> {
    let Some(registry) = &world.registry else { return Ok(()) };
    let Some(ecr) = registry.ecr() else { return Ok(()) };
    let host = registry.host().await?;
    let tag = KeepTag { environment: world.environment.name.clone(), release: release.id.clone() };
    stream::iter(built(release, &host))
        .map(|(repository, digest)| keep_one(ecr, repository, digest, tag.clone()))
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await?;
    Ok(())
}

async fn keep_one(ecr: &Ecr, repository: String, digest: Digest, tag: KeepTag) -> Result<(), RegistryError> {
    match ecr.keep(&repository, &digest, &tag).await {
        // Only the server has it any more, which the gate has seen: there is nothing left to protect.
        Err(RegistryError::Missing { .. }) => Ok(()),
        answer => answer,
    }
}

/// Takes away the tags of releases that the server no longer keeps. It is the server's own word that counts, and only tags of
/// releases that this laptop deployed go: others may be kept on another server under the same name.
pub(super) async fn let_go(world: &World, folders: &Folders, serving: &ReleaseId) -> Result<(), Halt> {
    let Some(registry) = &world.registry else { return Ok(()) };
    let Some(ecr) = registry.ecr() else { return Ok(()) };
    let state = StackState::read(world.server.host.as_ref(), folders).await?;
    if state.current.as_ref() != Some(serving) {
        return Ok(());
    }
    let host = registry.host().await?;
    let known = world.store.releases().list(&world.environment, KNOWN).await?;
    let ended = ended(&known, &state.restorable, serving);
    let repositories: BTreeSet<String> = known.iter().flat_map(|release| built(release, &host)).map(|(name, _)| name).collect();
    for repository in repositories {
        for tag in ecr.keep_tags(&repository).await? {
            if tag.environment == world.environment.name && ended.contains(&tag.release) {
                ecr.unkeep(&repository, &tag).await?;
            }
        }
    }
    Ok(())
}

/// The records of what an environment keeps: what serves first, then what can be restored.
///
/// # Errors
/// When one of them cannot be read.
pub async fn kept_records(world: &World, located: &Located) -> Result<Vec<ReleaseRecord>, Halt> {
    let mut records = Vec::new();
    let restorable = located.state.restorable.iter().filter(|id| Some(*id) != located.state.current.as_ref());
    for id in located.state.current.iter().chain(restorable) {
        records.push(record::read(world.server.host.as_ref(), &located.folders, id).await?);
    }
    Ok(records)
}

/// The repositories and digests of what was built into a registry.
pub fn built<'a>(release: &'a Release, host: &'a str) -> impl Iterator<Item = (String, Digest)> + 'a {
    let built = release.services.values().filter(|image| matches!(image.origin, ImageOrigin::Built { .. }));
    built.filter_map(move |image| {
        let path = image.image.repository.strip_prefix(host)?.strip_prefix('/')?;
        Some((path.to_owned(), image.image.digest.clone()))
    })
}

fn ended(known: &[Release], restorable: &BTreeSet<ReleaseId>, serving: &ReleaseId) -> BTreeSet<ReleaseId> {
    let ids = known.iter().map(|release| &release.id);
    ids.filter(|id| *id != serving && !restorable.contains(*id)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::Timestamp;

    use super::{built, ended};
    use crate::domain::{
        commit::Commit,
        image::PinnedImage,
        release::{ImageOrigin, Release, ReleaseImage},
    };

    fn release(subject: &str, images: &[(&str, &str, ImageOrigin)]) -> Release {
        let digest = format!("sha256:{}", "a".repeat(64));
        let services = images.iter().map(|(service, repository, origin)| {
            let image = PinnedImage { repository: (*repository).to_owned(), digest: digest.parse().unwrap() };
            (service.parse().unwrap(), ReleaseImage { image, origin: origin.clone() })
        });
        let id = "a".repeat(40).parse().unwrap();
        let commit = Commit {
            id,
            subject: subject.to_owned(),
            author: "anna".to_owned(),
            at: Timestamp::UNIX_EPOCH,
            branch: None,
            dirty: false,
        };
        Release::new(commit, services.collect::<BTreeMap<_, _>>(), subject.to_owned(), String::new(), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn only_what_was_built_into_this_registry_is_tagged() {
        let made = || ImageOrigin::Built { commit: "a".repeat(40).parse().unwrap(), inputs: String::new() };
        let release = release(
            "x",
            &[
                ("api", "1.dkr.ecr.eu-west-1.amazonaws.com/team/shop-api", made()),
                ("web", "1.dkr.ecr.eu-west-1.amazonaws.com.evil.org/shop-web", made()),
                ("db", "1.dkr.ecr.eu-west-1.amazonaws.com/postgres", ImageOrigin::Pulled { reference: "p".to_owned() }),
            ],
        );
        let names: Vec<String> = built(&release, "1.dkr.ecr.eu-west-1.amazonaws.com").map(|(name, _)| name).collect();
        assert_eq!(names, ["team/shop-api"]);
    }

    #[test]
    fn what_serves_or_can_be_restored_has_not_ended() {
        let all: Vec<Release> = ["a", "b", "c"].iter().map(|subject| release(subject, &[])).collect();
        let gone = ended(&all, &[all[1].id.clone()].into(), &all[0].id);
        assert_eq!(gone.into_iter().collect::<Vec<_>>(), [all[2].id.clone()]);
    }
}
