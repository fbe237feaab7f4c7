//! The gate: a release moves only if every one of its images exists for the server's platform.

use std::collections::BTreeMap;

use crate::domain::{
    image::{PinnedImage, PlatformImage, RegistryImage},
    name::ServiceName,
    platform::Platform,
};
use crate::problem::{Code, Problem};

/// An image that was looked for, and what the registry said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sought {
    /// What was looked for.
    pub image: PinnedImage,
    /// What there is; `None` if the registry does not have it.
    pub found: Option<RegistryImage>,
}

/// Everything is there: the image of each service for the server's platform.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GateReport {
    /// By service.
    pub images: BTreeMap<ServiceName, PlatformImage>,
}

/// Why one service keeps the gate shut.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{service}: {image} {why}")]
pub struct GateFailure {
    /// Which service.
    pub service: ServiceName,
    /// Its image.
    pub image: PinnedImage,
    /// What is wrong with it.
    pub why: Shut,
}

/// What is wrong with an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Shut {
    /// The registry does not have it.
    #[error("is not in the registry")]
    Missing,
    /// It has it for other platforms.
    #[error("exists for {}", list(.offered))]
    WrongPlatform { offered: Vec<Platform> },
}

/// Opens for the whole set or for nothing.
///
/// # Errors
/// One failure for every service that lacks its image, in order of their names.
pub fn gate(images: &BTreeMap<ServiceName, Sought>) -> Result<GateReport, Vec<GateFailure>> {
    let mut report = GateReport::default();
    let mut failures = Vec::new();
    for (service, sought) in images {
        match judge(sought) {
            Ok(image) => drop(report.images.insert(service.clone(), image.clone())),
            Err(why) => failures.push(GateFailure { service: service.clone(), image: sought.image.clone(), why }),
        }
    }
    if failures.is_empty() { Ok(report) } else { Err(failures) }
}

fn judge(sought: &Sought) -> Result<&PlatformImage, Shut> {
    let found = sought.found.as_ref().ok_or(Shut::Missing)?;
    found.runs.as_ref().ok_or_else(|| Shut::WrongPlatform { offered: found.platforms.clone() })
}

/// A shut gate as people read it: all failures, one per line.
#[must_use]
pub fn problem(failures: &[GateFailure], server: &Platform) -> Problem {
    let detail = failures.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    if failures.iter().any(|f| f.why == Shut::Missing) {
        let hint = "Build them again with `plimsoll deploy`; a registry with a clean-up policy must keep what is deployed.";
        return Problem::new(Code::ImageMissing, "The registry does not have every image of the release", detail, hint);
    }
    let title = format!("Not every image of the release exists for {server}");
    let hint = format!("Build them for {server}, and choose images that exist for it where they are only pulled.");
    Problem::new(Code::WrongPlatform, title, detail, hint)
}

fn list(platforms: &[Platform]) -> String {
    if platforms.is_empty() {
        return "no platform".to_owned();
    }
    platforms.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::{
        BTreeMap, Code, GateFailure, PinnedImage, Platform, PlatformImage, RegistryImage, ServiceName, Shut, Sought, gate,
        problem,
    };
    use crate::domain::image::Digest;

    fn digest() -> Digest {
        format!("sha256:{}", "a".repeat(64)).parse().expect("a digest")
    }

    fn platform(text: &str) -> Platform {
        text.parse().expect("a platform")
    }

    fn sought(offered: Option<&[&str]>, runs: Option<&str>) -> Sought {
        let runs = runs.map(|p| PlatformImage {
            platform: platform(p),
            digest: digest(),
            layers: Vec::new(),
            diff_ids: Vec::new(),
            declared: Default::default(),
        });
        let found =
            offered.map(|all| RegistryImage { digest: digest(), platforms: all.iter().map(|p| platform(p)).collect(), runs });
        Sought { image: PinnedImage { repository: "r/a".to_owned(), digest: digest() }, found }
    }

    fn set(services: Vec<(&str, Sought)>) -> BTreeMap<ServiceName, Sought> {
        services.into_iter().map(|(name, sought)| (name.parse().expect("a name"), sought)).collect()
    }

    #[test]
    fn it_opens_for_the_whole_set() {
        let api = sought(Some(&["linux/amd64", "linux/arm64"]), Some("linux/arm64"));
        let images = set(vec![("api", api), ("web", sought(Some(&["linux/arm64"]), Some("linux/arm64")))]);
        assert_eq!(gate(&images).expect("open").images.len(), 2);
    }

    #[test]
    fn one_missing_sibling_keeps_all_of_them() {
        let api = sought(Some(&["linux/amd64"]), Some("linux/amd64"));
        let images = set(vec![("api", api), ("web", sought(None, None)), ("worker", sought(Some(&["linux/arm64"]), None))]);
        let failures = gate(&images).expect_err("shut");
        assert!(matches!(
            &failures[..],
            [GateFailure { why: Shut::Missing, .. }, GateFailure { why: Shut::WrongPlatform { .. }, .. }]
        ));
        let shown = problem(&failures, &platform("linux/amd64"));
        assert_eq!(shown.code, Code::ImageMissing);
        assert!(shown.detail.contains("exists for linux/arm64") && shown.detail.lines().count() == 2);
        assert_eq!(problem(&failures[1..], &platform("linux/amd64")).code, Code::WrongPlatform);
    }
}
