//! Which image each service of the new release gets.
//!
//! Owns: the rules of design: built ones are built once per commit and inputs, pulled ones stay pinned until their
//! line changes, services that were not asked for keep their digests.
//! Must never know: registries or builders.

use std::collections::{BTreeMap, BTreeSet};

use super::deploy::ImageAction;
use crate::domain::{
    commit::CommitId,
    name::ServiceName,
    release::{ImageOrigin, Release},
};

/// A service as the Compose file wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WantedImage {
    /// It has a build section; the hash covers that section, the build variables and the platform.
    Build {
        /// See [`ImageOrigin::Built`].
        inputs: String,
    },
    /// It is only pulled.
    Pull {
        /// The reference as the Compose file has it.
        reference: String,
    },
}

/// Which services a deployment is about.
#[derive(Debug, Clone, Copy)]
pub struct Selection<'a> {
    /// Only these; empty means all.
    pub services: &'a BTreeSet<ServiceName>,
    /// Pulled ones whose reference is resolved anew.
    pub refresh: &'a BTreeSet<ServiceName>,
}

/// What happens to a service's image, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What.
    pub action: ImageAction,
    /// Why, in words.
    pub reason: String,
}

/// Decides for every service.
#[must_use]
pub fn decide(
    wanted: &BTreeMap<ServiceName, WantedImage>,
    commit: &CommitId,
    serving: Option<&Release>,
    selection: Selection<'_>,
) -> BTreeMap<ServiceName, Decision> {
    wanted
        .iter()
        .map(|(name, image)| {
            let before = serving.and_then(|r| r.services.get(name)).map(|i| &i.origin);
            (name.clone(), one(name, image, commit, before, selection))
        })
        .collect()
}

fn one(
    name: &ServiceName,
    wanted: &WantedImage,
    commit: &CommitId,
    before: Option<&ImageOrigin>,
    selection: Selection<'_>,
) -> Decision {
    let selected = selection.services.is_empty() || selection.services.contains(name);
    match (wanted, before) {
        (_, Some(_)) if !selected => keep("not asked for, keeps its image"),
        (WantedImage::Build { inputs }, Some(ImageOrigin::Built { commit: built, inputs: with }))
            if built == commit && with == inputs =>
        {
            keep("its image was built from this commit")
        }
        (WantedImage::Build { .. }, Some(_)) => build("the commit or its build settings changed"),
        (WantedImage::Build { .. }, None) => build("never deployed before"),
        (WantedImage::Pull { .. }, Some(_)) if selection.refresh.contains(name) => pin("asked to refresh"),
        (WantedImage::Pull { reference }, Some(ImageOrigin::Pulled { reference: pinned })) if reference == pinned => {
            keep("pinned until its line changes")
        }
        (WantedImage::Pull { .. }, Some(_)) => pin("its line in the Compose file changed"),
        (WantedImage::Pull { .. }, None) => pin("never deployed before"),
    }
}

fn keep(reason: &str) -> Decision {
    Decision { action: ImageAction::Keep, reason: reason.to_owned() }
}

fn build(reason: &str) -> Decision {
    Decision { action: ImageAction::Build, reason: reason.to_owned() }
}

fn pin(reason: &str) -> Decision {
    Decision { action: ImageAction::Pin, reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::{ImageAction, Selection, WantedImage, decide};
    use crate::domain::{
        commit::{Commit, CommitId},
        image::PinnedImage,
        name::ServiceName,
        release::{ImageOrigin, Release, ReleaseImage},
    };

    fn name(text: &str) -> ServiceName {
        text.parse().unwrap()
    }

    fn commit_id(digit: char) -> CommitId {
        digit.to_string().repeat(40).parse().unwrap()
    }

    fn wanted() -> BTreeMap<ServiceName, WantedImage> {
        BTreeMap::from([
            (name("api"), WantedImage::Build { inputs: "i1".into() }),
            (name("db"), WantedImage::Pull { reference: "postgres:16".into() }),
        ])
    }

    fn serving(commit: char, inputs: &str, reference: &str) -> Release {
        let image = PinnedImage { repository: "r/x".into(), digest: format!("sha256:{}", "a".repeat(64)).parse().unwrap() };
        let origins = [
            ("api", ImageOrigin::Built { commit: commit_id(commit), inputs: inputs.into() }),
            ("db", ImageOrigin::Pulled { reference: reference.into() }),
        ];
        let services = origins.map(|(n, origin)| (name(n), ReleaseImage { image: image.clone(), origin })).into_iter().collect();
        let commit = Commit {
            id: commit_id(commit),
            subject: String::new(),
            author: String::new(),
            at: jiff::Timestamp::UNIX_EPOCH,
            branch: None,
            dirty: false,
        };
        Release::new(commit, services, String::new(), String::new(), jiff::Timestamp::UNIX_EPOCH)
    }

    fn actions(serving: Option<&Release>, only: &[&str], refresh: &[&str]) -> [ImageAction; 2] {
        let set = |names: &[&str]| names.iter().map(|n| name(n)).collect::<BTreeSet<_>>();
        let (services, refresh) = (set(only), set(refresh));
        let decided = decide(&wanted(), &commit_id('b'), serving, Selection { services: &services, refresh: &refresh });
        [decided[&name("api")].action, decided[&name("db")].action]
    }

    #[test]
    fn the_first_deployment_builds_and_pins() {
        assert_eq!(actions(None, &[], &[]), [ImageAction::Build, ImageAction::Pin]);
        assert_eq!(actions(None, &["api"], &[]), [ImageAction::Build, ImageAction::Pin], "nothing to keep yet");
    }

    #[test]
    fn a_new_commit_builds_and_leaves_the_database_alone() {
        let old = serving('a', "i1", "postgres:16");
        assert_eq!(actions(Some(&old), &[], &[]), [ImageAction::Build, ImageAction::Keep]);
        assert_eq!(actions(Some(&old), &["db"], &[]), [ImageAction::Keep, ImageAction::Keep]);
        assert_eq!(actions(Some(&old), &[], &["db"]), [ImageAction::Build, ImageAction::Pin]);
    }

    #[test]
    fn the_same_commit_is_not_built_twice_unless_its_inputs_changed() {
        assert_eq!(actions(Some(&serving('b', "i1", "postgres:16")), &[], &[])[0], ImageAction::Keep);
        assert_eq!(actions(Some(&serving('b', "i0", "postgres:16")), &[], &[])[0], ImageAction::Build);
    }

    #[test]
    fn a_changed_line_is_resolved_anew() {
        assert_eq!(actions(Some(&serving('b', "i1", "postgres:15")), &[], &[])[1], ImageAction::Pin);
    }
}
